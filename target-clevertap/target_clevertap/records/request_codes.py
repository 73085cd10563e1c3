"""CleverTap's codes of device tokens and of whole requests, explained."""

from __future__ import annotations

from target_clevertap.records.codes import API_ERRORS, CodeEntry

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
        404,
        "CleverTap does not know the address",
        "`api_url` leads elsewhere, or the region is wrong.",
        "Correct `region`, and remove `api_url` unless you need it.",
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
    CodeEntry(
        500,
        "CleverTap had an error of its own",
        "Nobody knows whether it processed the request.",
        "Nothing: the setting `uncertain` decides whether the target sends it again.",
        API_ERRORS,
    ),
    CodeEntry(
        503,
        "CleverTap is not available",
        "Nobody knows whether it processed the request.",
        "Nothing: the setting `uncertain` decides whether the target sends it again.",
        API_ERRORS,
    ),
)
