"""CSV files: a header of dotted names, which may differ from file to file [U:export-format]."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING, Any

from clevertap_emulator.files.json_lines import ROWS_AT_A_TIME
from clevertap_emulator.files.rows import Blocks, keep, unique_of
from clevertap_emulator.files.values import listed, plain_text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import UserRow, Users

Cells = dict[str, str]
OF_EVENT = ("ts", "eventName")
OF_USER = (
    *("profile.identity", "profile.objectId", "profile.all_identities", "profile.platform"),
    *("profile.phone", "profile.name", "profile.email", "profile.push_token"),
    *("deviceInfo.make", "deviceInfo.model", "deviceInfo.appVersion", "deviceInfo.sdkVersion"),
    *("deviceInfo.osVersion", "deviceInfo.browser", "deviceInfo.dpi"),
    *("deviceInfo.dimensions.width", "deviceInfo.dimensions.height"),
    *("deviceInfo.dimensions.unit", "controlGroupName"),
)
"""The columns that every file has behind those, in their order."""
PROPS, SESSION = "eventProps.", "sessionProps."


class CsvEvents:
    """Writes events as CSV."""

    def __init__(self, users: Users, columns: ChosenColumns) -> None:
        self._columns = columns
        self._blocks = Blocks()
        self._users = users
        self._cells_of_users: dict[tuple[int, int], Cells] = {}

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""
        templates = {id(event.template): event for event in events}
        cells = {each: self._of_template(event) for each, event in templates.items()}
        unique = next((PROPS + name for each in events for name in unique_of(each)), "")
        blocks = dict.fromkeys(name for each in cells.values() for name in each)
        if unique:
            blocks[unique] = None
        ordered = sorted(blocks, key=lambda each: each.startswith(SESSION))
        header = self._columns.flat({n: n for n in (*OF_EVENT, *OF_USER, *ordered)}, key)
        rows = (
            {
                "ts": str(event.ts),
                "eventName": name,
                **self._of_user(event),
                **cells[id(event.template)],
                unique: event.unique.rpartition(b":")[2].decode(),
            }
            for event in events
        )
        yield from table(header, rows)

    def _of_template(self, event: StoredEvent) -> Cells:
        """Return the cells of the properties that an event has in common with others."""
        props, session = self._blocks.fixed(event), self._blocks.session(event)
        found = {PROPS + name: text for name, text in texts(props).items()}
        return found | {SESSION + name: text for name, text in texts(session).items()}

    def _of_user(self, event: StoredEvent) -> Cells:
        key = event.person, event.device
        found = self._cells_of_users.get(key)
        return found or keep(self._cells_of_users, key, cells_of(self._users.row(*key)))


def cells_of(user: UserRow) -> Cells:
    """Return the cells of a user."""
    values: dict[str, Any] = {f"profile.{name}": each for name, each in user.profile.items()}
    if identities := user.profile.get("all_identities"):
        values["profile.all_identities"] = listed(identities, user.number)
    values |= {f"deviceInfo.{name}": each for name, each in _flat(user.device).items()}
    values["controlGroupName"] = user.control_group
    return {name: plain_text(value) or "" for name, value in values.items()}


def table(header: dict[str, str], rows: Iterable[Cells]) -> Iterator[bytes]:
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
