"""The CSV that is uploaded in the dashboard [U:csv-upload; OLD:csv-upload].

Whoever uploads it names the columns there. Here the header says all: `evtName` makes it a file of
events, and `Born<dd/MM/yyyy>` is a date. All other cells are text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clevertap_emulator.drops.data_file import (
    DataFileError,
    check_data_file,
    open_data_file,
    read_rows,
)
from clevertap_emulator.drops.manifest import ColumnMeaning, Manifest
from clevertap_emulator.drops.texts import NO_USER, UNREADABLE

if TYPE_CHECKING:
    from pathlib import Path

MOST_DASHBOARD_BYTES = 1_000_000_000
USER_NAMES = frozenset(["identity", "objectId"])
_DATE_HEADER = re.compile(r"(.+)<([^<>]+)>")


def dashboard_manifest(path: Path) -> Manifest | str:
    """Return what the header of a CSV means, or why it is refused."""
    try:
        check_data_file(path, MOST_DASHBOARD_BYTES)
        with open_data_file(path) as file:
            header = read_rows(file).header
    except DataFileError:
        return UNREADABLE
    columns = {column: _meaning(column) for column in header}
    names = {meaning.name for meaning in columns.values()}
    if not names & USER_NAMES:
        return NO_USER
    return Manifest("event" if "evtName" in names else "profile", path.name, None, columns)


def _meaning(column: str) -> ColumnMeaning:
    dated = _DATE_HEADER.fullmatch(column)
    return ColumnMeaning(dated[1], "DATE", dated[2]) if dated else ColumnMeaning(column)
