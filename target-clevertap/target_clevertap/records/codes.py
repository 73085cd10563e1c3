"""What each code of a reject means, what causes it and how to fix it: CleverTap's and ours.

`target-clevertap explain` shows these, and docs/codes.md is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from target_clevertap.records.record_status import Code


class CodeEntry(NamedTuple):
    """A code, explained."""

    code: Code
    meaning: str
    cause: str
    fix: str
    source: str

    @property
    def is_ours(self) -> bool:
        """Whether the target gives it a name, not CleverTap."""
        return isinstance(self.code, str)


API_ERRORS = "D:api-errors"
OURS = "target-clevertap"
STREAM_MAP = "or change the value with a stream map"

OF_EVENTS = (
    CodeEntry(
        509,
        "the event has no name",
        "The column that `event_field` names is null, empty or not text.",
        "Fill the column at the source, or leave such rows out with a stream map.",
        API_ERRORS,
    ),
    CodeEntry(
        512,
        "the data of the event have the wrong structure",
        "A text is longer than this account allows: 512 characters in most documents. "
        "Or a value is nested, or `Items` is not a list of flat objects.",
        "Shorten the text at the source, or set `invalid: fix` in the rule to cut it at 512 "
        "characters.",
        API_ERRORS,
    ),
    CodeEntry(
        513,
        "only CleverTap itself may raise this event",
        "The name is one of CleverTap's own, such as `App Launched`.",
        "Choose another name under `event`. For tap-clevertap's streams, list such events under "
        "the tap's `excluded_events`.",
        API_ERRORS,
    ),
    CodeEntry(
        522,
        "the record has too many properties",
        "CleverTap takes 256 properties; some accounts take 100.",
        "Name the columns you need under `properties`, and set `others: drop`.",
        API_ERRORS,
    ),
    CodeEntry(
        528,
        "the event is discarded in this account",
        "Someone discarded this event in the dashboard, under Settings, Schema.",
        "Restore the event there, or leave the stream out.",
        API_ERRORS,
    ),
)

OF_PROFILES = (
    CodeEntry(
        514,
        "Gender is not valid",
        "CleverTap takes M and F.",
        "Set `invalid: fix` in the rule to turn words such as `female` into F, " + STREAM_MAP + ".",
        API_ERRORS,
    ),
    CodeEntry(
        515,
        "Email is not valid",
        "The value under Email is not an e-mail address.",
        "Correct it at the source. `invalid: fix` removes spaces around it; nothing else can be "
        "fixed without a guess.",
        "VCR",
    ),
    CodeEntry(
        516,
        "Phone is not valid",
        "CleverTap takes text with + and the country code, such as +14155551234. A number, or text "
        "without a country code, may belong to any country.",
        "Set `invalid: fix` in the rule, and `default_country` to the country of numbers without "
        "one.",
        API_ERRORS,
    ),
    CodeEntry(
        517,
        "Employed is not Y or N",
        "The column holds another word, or true and false.",
        "Set `invalid: fix` in the rule to turn yes, no, true and false into Y and N.",
        "VCR",
    ),
    CodeEntry(
        518,
        "Education is not School, College or Graduate",
        "The column holds another word, or the same in another case.",
        "Set `invalid: fix` in the rule to correct the case. Rename the column under `properties` "
        "to keep other words.",
        "VCR",
    ),
    CodeEntry(
        519,
        "Married is not Y or N",
        "The column holds another word, or true and false.",
        "Set `invalid: fix` in the rule to turn yes, no, true and false into Y and N.",
        "VCR",
    ),
    CodeEntry(
        520,
        "Age is not valid",
        "The value is not a whole number, or no age: CleverTap's emulator takes 1 to 120.",
        "Correct the column at the source, or rename it under `properties`.",
        API_ERRORS,
    ),
)

OF_ALL = (
    CodeEntry(
        523,
        "the record has no user",
        "CleverTap found no valid identity, object id, FBID or GPID.",
        "Name the column with the user key under `identity`, and fill it at the source.",
        API_ERRORS,
    ),
    CodeEntry(
        524,
        "the record has no valid type",
        "CleverTap takes events, profiles and tokens.",
        "Report it: target-clevertap sends no others.",
        API_ERRORS,
    ),
    CodeEntry(
        525,
        "the time is not in seconds since 1970",
        "The time is 0, before 1970 or after 2286, or it counts milliseconds.",
        "Name another column under `time`. `invalid: fix` turns milliseconds into seconds.",
        "VCR",
    ),
    CodeEntry(
        526,
        "the object id is not valid",
        "The column under `identity` does not hold CleverTap's own ids.",
        "Correct `identity_type`, or name the column with the object ids.",
        API_ERRORS,
    ),
    CodeEntry(
        555,
        "CleverTap had an error of its own",
        "It was transient, and still there after five more tries.",
        "Send the rejects again later.",
        API_ERRORS,
    ),
)

OF_TOKENS = (
    CodeEntry(
        530,
        "the object id of a device token is not valid",
        "A token belongs to a device, and the column holds another kind of id.",
        "Name the column with CleverTap's object id.",
        API_ERRORS,
    ),
    CodeEntry(
        531,
        "the token is not an object",
        "`tokenData` is missing or not an object.",
        "Correct the columns of the rule.",
        API_ERRORS,
    ),
    CodeEntry(
        532,
        "the token has no id",
        "The column with the token is null or empty.",
        "Fill it at the source, or leave such rows out.",
        API_ERRORS,
    ),
    CodeEntry(
        533,
        "the token has no type",
        "The column with the type is null or empty.",
        "Fill it: apns, fcm, gcm, wns, mpns or chrome.",
        API_ERRORS,
    ),
    CodeEntry(
        534,
        "the type of the token does not fit the object id",
        "Object ids begin with `__` on Android, `-` on iOS and `~` on Windows.",
        "Correct the type or the object id at the source.",
        API_ERRORS,
    ),
    CodeEntry(
        535,
        "the token is not valid",
        "The type is unknown, the id is not text, or a chrome token has no keys.",
        "Correct it at the source.",
        API_ERRORS,
    ),
)

OF_REQUESTS = (
    CodeEntry(
        400,
        "CleverTap could not read the request",
        "One record of it may have a form that CleverTap does not expect.",
        "Nothing: the target sends its records one by one, and rejects that one as `malformed`.",
        "UPL",
    ),
    CodeEntry(
        401,
        "CleverTap refuses the credentials",
        "The account id, the passcode or the region is wrong.",
        "Correct `account_id`, `passcode` and `region`. Another region refuses a right passcode "
        "too.",
        "EVA",
    ),
    CodeEntry(
        403,
        "CleverTap does not allow the request",
        "The passcode has no right to upload.",
        "Create a passcode with that right in the dashboard.",
        API_ERRORS,
    ),
    CodeEntry(
        413,
        "the request is too large",
        "Its body has more bytes than CleverTap takes.",
        "Lower `max_request_bytes`. A record that is too large alone is a reject, `too_large`.",
        "CT",
    ),
    CodeEntry(
        429,
        "too many requests are in flight",
        "Other programs use the same account, and CleverTap allows 15 uploads at once.",
        "Nothing: the target tries again with fewer requests. Lower `max_in_flight` if it lasts.",
        "D:api-request-limit",
    ),
)
