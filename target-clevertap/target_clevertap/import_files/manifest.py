"""The manifest of a data file: its kind, and the property and type of each column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.import_files.cells import CellType
from target_clevertap.import_files.table import SMALL_BITS, header_of, is_operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.import_files.table import Column

DATA_TYPES = {
    CellType.TEXT: "STRING",
    CellType.NONE: "STRING",
    CellType.DECIMAL: "FLOAT",
    CellType.FLAG: "BOOLEAN",
}
OTHER_NAMES = {"MSG-dndPhone": "MSG-dndSMS"}
"""Properties of profiles that the import spells otherwise than the API [U:imports-via-sftp]."""


def manifest(file_name: str, kind: str, email: str, columns: Iterable[Column]) -> bytes:
    """Return the manifest of a data file as JSON [U:imports-via-sftp].

    Args:
        file_name: Of the data file.
        kind: `event` or `profile`.
        email: Who gets CleverTap's mail about the import.
        columns: Of the file.
    """
    described: dict[str, Any] = {
        header_of(column): {
            "ctName": _property(column.name, kind),
            "dataType": data_type(column),
        }
        for column in columns
        if not is_operation(column)
    }
    content = {"fileName": file_name, "type": kind, "clientEmail": email, "columns": described}
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def data_type(column: Column) -> str:
    """Return the type of a column in CleverTap's words."""
    if column.type == CellType.WHOLE:
        return "INTEGER" if column.bits <= SMALL_BITS else "LONG"
    return DATA_TYPES[CellType(column.type)]


def _property(name: str, kind: str) -> str:
    return OTHER_NAMES.get(name, name) if kind == "profile" else name
