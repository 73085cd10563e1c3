"""CSV files: a header of dotted names, which may differ from file to file [U:export-format]."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING, Any

from clevertap_emulator.files.json_lines import ROWS_AT_A_TIME
from clevertap_emulator.files.rows import Rows
from clevertap_emulator.files.values import listed, plain_text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import EventFileRow, Users

FIXED = (
    *("ts", "eventName", "profile.identity", "profile.objectId", "profile.all_identities"),
    *("profile.platform", "profile.phone", "profile.name", "profile.email", "profile.push_token"),
    *("deviceInfo.make", "deviceInfo.model", "deviceInfo.appVersion", "deviceInfo.sdkVersion"),
    *("deviceInfo.osVersion", "deviceInfo.browser", "deviceInfo.dpi"),
    *("deviceInfo.dimensions.width", "deviceInfo.dimensions.height"),
    *("deviceInfo.dimensions.unit", "controlGroupName"),
)
"""The columns that every file has, in their order."""


class CsvEvents:
    """Writes events as CSV."""

    def __init__(self, users: Users, columns: ChosenColumns) -> None:
        self._columns = columns
        self._rows = Rows(users)
        self._users: dict[tuple[int, str | None], dict[str, str]] = {}

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""
        props, session = set[str](), set[str]()
        ordered: dict[str, None] = {}
        for row in self._rows.of(name, events):
            _collect(ordered, props, "eventProps.", row.props)
        for row in self._rows.of(name, events):
            _collect(ordered, session, "sessionProps.", row.session)
        header = self._columns.flat({each: each for each in (*FIXED, *ordered)}, key)
        yield from table(header, map(self._cells, self._rows.of(name, events)))

    def _cells(self, row: EventFileRow) -> dict[str, str]:
        cells = {"ts": str(row.ts), "eventName": row.name, **self._user(row)}
        cells.update((f"eventProps.{name}", text) for name, text in texts(row.props).items())
        cells.update((f"sessionProps.{name}", text) for name, text in texts(row.session).items())
        return cells

    def _user(self, row: EventFileRow) -> dict[str, str]:
        user = row.user
        key = user.number, user.profile.get("objectId")
        found = self._users.get(key)
        if found is None:
            cells = {f"profile.{name}": value for name, value in user.profile.items()}
            if identities := user.profile.get("all_identities"):
                cells["profile.all_identities"] = listed(identities, user.number)
            cells |= {f"deviceInfo.{name}": value for name, value in _flat(user.device).items()}
            cells["controlGroupName"] = user.control_group or ""
            found = self._users[key] = {
                name: plain_text(value) or "" for name, value in cells.items()
            }
        return found


def table(header: dict[str, str], rows: Iterable[dict[str, str]]) -> Iterator[bytes]:
    """Yield a header, and the cells of rows; a cell that a row lacks is empty.

    Args:
        header: From the names in the file to those that rows have.
        rows: Cells by name.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(header)
    names = [*header.values()]
    remaining = iter(rows)
    while True:
        yield written.getvalue().encode()
        written.seek(0)
        written.truncate()
        some = [*islice(remaining, ROWS_AT_A_TIME)]
        if not some:
            return
        writer.writerows([[row.get(name, "") for name in names] for row in some])


def _flat(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members of objects under dotted names."""
    found: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            found[name] = value
    return found


def _collect(
    ordered: dict[str, None], seen: set[str], prefix: str, block: dict[str, Any] | None
) -> None:
    """Add the names of a block that were not seen yet."""
    if block and not seen.issuperset(block):
        seen.update(block)
        ordered.update(dict.fromkeys(prefix + name for name in block))
