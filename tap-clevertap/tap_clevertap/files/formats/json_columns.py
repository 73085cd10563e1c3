"""The usual rows of a file at once, as columns."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from tap_clevertap.files.formats.json_names import SeenNames
from tap_clevertap.files.formats.json_shapes import shape_of
from tap_clevertap.files.rows import EventRows
from tap_clevertap.records.blocks import KnownBlocks, encode_session
from tap_clevertap.records.encoder import SESSION_BYTES, UNCOMMON
from tap_clevertap.records.event_time import KnownMinutes
from tap_clevertap.records.events import UserFields
from tap_clevertap.records.exact_json import canonical_lines, encode_json_lines, lines_in
from tap_clevertap.records.values import as_object, as_text, as_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.files.formats.line_blocks import LineBlock
    from tap_clevertap.records.blocks import Encoded

CONVERTERS: tuple[Callable[[Any], Any], ...] = (
    *(as_text, as_text, as_texts, as_text, as_text, as_text, as_text, as_object),
)
"""Of the first fields in `KEYS_OF_USER`."""
_decode_lines = msgspec.json.Decoder(dict[str, Any]).decode_lines


class CommonRows:
    """Reads the rows of a file that are as most are.

    Args:
        name: Of the event, where a row has none.
        zone: The project's.
    """

    def __init__(self, name: str | None, zone: ZoneInfo) -> None:
        self._name = name
        self._minutes = KnownMinutes(zone)
        self._sessions = KnownBlocks(encode_session, SESSION_BYTES)
        self._seen = SeenNames()
        self._shape = shape_of(self._seen.names)

    def rows(self, block: LineBlock) -> EventRows | None:
        """Return all rows of a block, or None if one is not usual."""
        try:
            rows = self._decoded(block.content)
            numbers: Sequence[int] = range(block.first, block.first + len(rows))
            if len(rows) != len(block):
                numbers = [number for number, _ in block.lines()]
            return self._columns(numbers, rows) if len(rows) == len(numbers) else None
        except UNCOMMON:
            return None

    def row(self, number: int, line: bytes) -> EventRows | None:
        """Return the row of a line, or None if it is not usual."""
        try:
            return self._columns([number], self._decoded(line))
        except UNCOMMON:
            return None

    def _decoded(self, content: bytes) -> list[Any]:
        try:
            return self._shape.decode_lines(content)
        except UNCOMMON:
            if not self._seen.add(_decode_lines(content)):
                raise
        self._shape = shape_of(self._seen.names)
        return self._shape.decode_lines(content)

    def _columns(self, numbers: Sequence[int], rows: Sequence[Any]) -> EventRows:
        name, sessions = self._name or "", self._sessions
        names = [row.name or name for row in rows]
        if not all(names):
            raise KeyError
        stamps = [b"%d" % row.ts for row in rows]
        return EventRows(
            numbers,
            names,
            stamps,
            self._users(rows),
            [row.props for row in rows],
            [sessions[bytes(row.session)] for row in rows],
            self._minutes.times(stamps),
        )

    def _users(self, rows: Sequence[Any]) -> list[Encoded]:
        shape = self._shape
        profiles: list[Any] = [row.profile or shape.nobody for row in rows]
        apps = [row.device or shape.app() for row in rows]
        for attribute in shape.moved:
            _move(map(attrgetter(attribute), profiles), apps, attribute, absent=UNSET)
        for attribute in shape.added:
            _move(map(attrgetter(attribute), rows), apps, attribute, absent=None)
        columns: list[Sequence[Any]] = [
            [profile.objectId for profile in profiles],
            [profile.identity for profile in profiles],
            [profile.all_identities for profile in profiles],
            [profile.name for profile in profiles],
            [profile.email for profile in profiles],
            [profile.phone for profile in profiles],
            [profile.platform for profile in profiles],
            [profile.profileData for profile in profiles],
        ]
        object_ids = lines_in(canonical_lines(columns[0]))
        for position in shape.loose:
            columns[position] = [*map(CONVERTERS[position], columns[position])]
        if shape.empty_app in apps:
            apps = [None if app == shape.empty_app else app for app in apps]
        encoded = lines_in(encode_json_lines([*map(UserFields, *columns, apps)]))
        return [*zip(object_ids, [line[1:-1] for line in encoded], strict=True)]


def _move(values: Iterable[Any], apps: Sequence[Any], attribute: str, *, absent: object) -> None:
    for app, value in zip(apps, values, strict=True):
        if value is not absent:
            setattr(app, attribute, value)
