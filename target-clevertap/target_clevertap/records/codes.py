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
        "Choose another name under `event`. Without a rule, such events of tap-clevertap's streams "
        "are counted as not transferable.",
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
