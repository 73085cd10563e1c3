"""The texts that an import of a file fails with.

Documented ones are in [U:imports-via-sftp] and [U v6 manifest-file-errors]; the others are our own.
"""

from __future__ import annotations

from clevertap_emulator.api.record_checks import error_text

NO_DATA_FILE = "No data file found"
UNREADABLE = "File couldn't be read"
INFRASTRUCTURE = "Internal infra error"
WRONG_MANIFEST = "Incorrect details in manifest file"
COLUMNS_DIFFER = "Columns don't match"
COLUMNS_UNNAMED = "Column names missing"
NO_USER = "Atleast one of identity / fbId / gpId / objectId is mandatory under 1024 chars"
NO_EVENT_NAME = "Event name is mandatory"
RESTRICTED_NAME = "Event name belongs to CleverTap restricted system events"
TOO_MANY_PROPERTIES = "Cannot have more than 100 event properties"
WRONG_OPERATION = "Profile operation must be one of $add, $set, $remove, $delete"

NOT_A_MANIFEST = "The manifest is not valid; no mail is sent"
NO_ITEMS = "Items of Charged are not supported in files"
_OF_CODES = {
    509: NO_EVENT_NAME,
    513: RESTRICTED_NAME,
    522: TOO_MANY_PROPERTIES,
    523: NO_USER,
}


def text_of(code: int) -> str:
    """Return the text of a code of the upload API."""
    return _OF_CODES.get(code) or error_text(code, None)


def not_of_type(column: str, data_type: str) -> str:
    """Return the text for a cell that its column's type cannot hold."""
    return f"Value of column {column} is not of data type {data_type}"


def other_width(cells: int, columns: int) -> str:
    """Return the text for a row that has not one cell for each column."""
    return f"Row has {cells} values for {columns} columns"
