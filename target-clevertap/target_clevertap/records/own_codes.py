"""The codes of rejects that CleverTap's table does not have: our own words, explained."""

from __future__ import annotations

from target_clevertap.records.codes import OF_ALL, OF_EVENTS, OF_PROFILES, OURS, CodeEntry
from target_clevertap.records.request_codes import OF_REQUESTS, OF_TOKENS

OF_VALUES = (
    CodeEntry(
        "identity_missing",
        "the record has no user key",
        "The column under `identity` is null or empty.",
        "Fill it at the source, name another column, or leave such rows out with a stream map.",
        OURS,
    ),
    CodeEntry(
        "identity_invalid",
        "the user key is not one",
        "It is a placeholder such as `null`, `n/a` or 0, or has 1024 characters or more. "
        "Or it is true, false, a list or an object.",
        "Correct it at the source. CleverTap would give all such rows to one user.",
        "U:csv-upload",
    ),
    CodeEntry(
        "address_missing",
        "the record has no telephone number or e-mail address",
        "The column under `identity` of a subscription or disassociation is null or empty.",
        "Fill it at the source, name another column, or leave such rows out with a stream map.",
        OURS,
    ),
    CodeEntry(
        "address_invalid",
        "the value is not an address",
        "The column under `identity` of a subscription or disassociation holds no text.",
        "Correct it at the source, or name another column.",
        OURS,
    ),
    CodeEntry(
        "status_invalid",
        "the value is not the status of a subscription",
        "The column under `status_field` is null, or holds a word that is not known.",
        "Write true or false, or a word such as `unsubscribed`, at the source or by a stream map.",
        OURS,
    ),
    CodeEntry(
        "time_missing",
        "the record has no time",
        "The column under `time` is null or empty.",
        "Fill it, or remove `time` from the rule: CleverTap then uses the time of arrival.",
        OURS,
    ),
    CodeEntry(
        "date_invalid",
        "the value is not a date, or not a possible time of an event",
        "It has another form than ISO 8601 or seconds since 1970, or is a placeholder.",
        "Change it with a stream map. `invalid: fix` turns milliseconds into seconds.",
        OURS,
    ),
    CodeEntry(
        "value_invalid",
        "the text does not fit its column",
        "The SCHEMA of the tap allows no text there, and the text is not what it allows.",
        "Correct the type in the tap's catalog, or the value at the source.",
        OURS,
    ),
    CodeEntry(
        "kind_unknown",
        "the rule has no kind for the record",
        "The column under `kind_field` holds another kind of message, such as `alias` or `group`.",
        "Leave such rows out with a stream map, or add the kind under `kinds`.",
        OURS,
    ),
    CodeEntry(
        "not_a_number",
        "the number cannot be sent",
        "It is NaN, an infinity, or larger than a double holds.",
        "Replace it with null at the source, " + "or send it as text with a stream map.",
        OURS,
    ),
    CodeEntry(
        "text_invalid",
        "the text is not valid Unicode",
        "It holds half of a surrogate pair, or bytes that are not UTF-8.",
        "Correct the encoding at the source.",
        OURS,
    ),
    CodeEntry(
        "too_deep",
        "the value is nested too deeply",
        "An object or list has hundreds of levels.",
        "Leave the column out with `others: drop`, or flatten it with a stream map.",
        OURS,
    ),
    CodeEntry(
        "value_too_long",
        "a text is too long",
        "It has more than 1024 characters, as text or as JSON text of an object or list.",
        "Set `invalid: fix` to cut it at 512 characters. For JSON text, name the parts you need "
        "with a stream map.",
        "SUR",
    ),
    CodeEntry(
        "items_invalid",
        "Items of Charged is not a list of objects",
        "The column holds something else, or text that is not JSON of such a list.",
        "Name the column with the items under `Items`, or correct it at the source.",
        "RUD",
    ),
    CodeEntry(
        "too_many_items",
        "Charged has too many Items",
        "CleverTap takes 256.",
        "Split the order at the source, or send the items as events of their own.",
        "U:platform-considerations",
    ),
    CodeEntry(
        "operation_invalid",
        "the value does not fit the operator",
        "`$incr` and `$decr` need a number, `$add`, `$remove` and `$set` a list or one value.",
        "Correct the value, or the operator under `operations`.",
        OURS,
    ),
)

OF_NAMES = (
    CodeEntry(
        "name_forbidden",
        "CleverTap does not take the name of a property",
        "It has a forbidden character, more than 120 characters, or none.",
        "Give the column another name under `properties`.",
        "U:platform-considerations",
    ),
    CodeEntry(
        "names_clash",
        "two properties have one name for CleverTap",
        "CleverTap ignores case and spaces in names, and would lose one of the two values.",
        "Rename one of the columns under `properties`, or leave it out.",
        "U:platform-considerations",
    ),
    CodeEntry(
        "user_key_forbidden",
        "a property would be a key of its user",
        "The property is named identity, objectId, FBID or GPID, and may join two users.",
        "To join users, name the column under `properties`. Otherwise rename it there.",
        "RUD",
    ),
)

OF_DELIVERY = (
    CodeEntry(
        "import_failed",
        "CleverTap did not import the row of a file",
        "`rejects import` read it in the CSV that CleverTap mails after an import of a file.",
        "Follow the reason. The row is sent again by `rejects replay`.",
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "too_large",
        "the record is too large",
        "Alone it has more bytes than `max_request_bytes`, or CleverTap answered 413.",
        "Leave large columns out with `others: drop`.",
        OURS,
    ),
    CodeEntry(
        "malformed",
        "CleverTap could not read this record",
        "CleverTap answered 400 to a request with this record alone.",
        "Compare it with records that were taken; leave its columns out one by one.",
        "UPL",
    ),
    CodeEntry(
        "unmatched",
        "CleverTap's response does not account for the record",
        "CleverTap may have it, and the response names too few or too many records.",
        "Look for it in the dashboard before you send it again.",
        OURS,
    ),
    CodeEntry(
        "uncertain",
        "nobody knows whether CleverTap has the record",
        "Its request had no certain end, and `uncertain: skip` does not send it again.",
        "Look for it in the dashboard, then replay the rejects with this code.",
        OURS,
    ),
    CodeEntry(
        "unknown",
        "CleverTap refused the record without a code",
        "The reason next to it is all that CleverTap's response has.",
        "Follow the reason, and report it: CleverTap documents no such response.",
        OURS,
    ),
)

BY_API = "Send such records in a run of their own with `method: api`."

OF_FILES = (
    CodeEntry(
        "file_items",
        "files cannot have Items of the event Charged",
        "With `method: files` the event has Items, which are a list of objects.",
        BY_API,
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "file_nested",
        "files cannot have the list or object",
        "With `method: files` a property is nested, or its list holds values of several types.",
        BY_API,
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "file_operation",
        "files do not have the operation",
        "Files cannot add to numbers. They have no row for an empty list. Files for the dashboard "
        "have no operations at all.",
        BY_API,
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "file_name",
        "the name of a property means something else in a file",
        "The property is named like a user key, `ts` or `evtName`, or ends in `.operation`. Or two "
        "properties differ only in case and spaces.",
        "Name the column otherwise under `properties`, or leave it out.",
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "file_text",
        "the text cannot be in a file",
        "A profile's text is empty, which a file cannot tell from none. Or it has a NUL "
        "character. Or a flag, such as `MSG-sms`, is not true or false.",
        "Replace empty text with null by a stream map, or use `method: api`.",
        OURS,
    ),
    CodeEntry(
        "file_number",
        "the number is too large for a file",
        "A whole number needs more than 64 bits.",
        "Send it as text with a stream map.",
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "file_properties",
        "the event has too many properties for a file",
        "It has more than 100, which is what the import of files takes.",
        "Leave columns out with `others: drop`, or use `method: api`.",
        "U:imports-via-sftp",
    ),
    CodeEntry(
        "file_user_key",
        "files for the dashboard do not know the user key",
        "They know users by identity or objectId, not by FBID or GPID.",
        "Use `files_for: sftp` or `method: api`.",
        "U:csv-upload",
    ),
    CodeEntry(
        "file_kind",
        "files have no such records",
        "The record is neither a plain event nor a plain profile.",
        BY_API,
        "U:imports-via-sftp",
    ),
)

CODES = (
    *(*OF_EVENTS, *OF_PROFILES, *OF_ALL, *OF_TOKENS, *OF_REQUESTS),
    *(*OF_VALUES, *OF_NAMES, *OF_FILES, *OF_DELIVERY),
)
"""All codes: CleverTap's in groups, then ours."""

BY_CODE = {str(entry.code): entry for entry in CODES}
