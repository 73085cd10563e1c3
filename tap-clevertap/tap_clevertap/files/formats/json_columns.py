"""The usual rows of a file at once, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.files.formats.json_shapes import shape_of
from tap_clevertap.files.rows import EventRows
from tap_clevertap.records.blocks import KnownBlocks, encode_session
from tap_clevertap.records.encoder import SESSION_BYTES, UNCOMMON
from tap_clevertap.records.event_time import KnownMinutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.files.formats.json_memory import JsonMemory
    from tap_clevertap.files.formats.line_blocks import LineBlock
    from tap_clevertap.records.blocks import Encoded

_decode_lines = msgspec.json.Decoder(dict[str, Any]).decode_lines


class CommonRows:
    """Reads the rows of a file that are as most are.

    Args:
        name: Of the event, where a row has none; it may be empty.
        zone: The project's.
        memory: Of files that were read before.
    """

    def __init__(self, name: str, zone: ZoneInfo, memory: JsonMemory) -> None:
        self._name = name
        self._users = memory.users
        self._minutes = KnownMinutes(zone)
        self._sessions = KnownBlocks(encode_session, SESSION_BYTES)
        self._seen = memory.names_of(name)
        self._shape = shape_of(self._seen.names)

    def rows(self, block: LineBlock) -> EventRows | None:
        """Return all rows of a block, or None if one is not usual."""
        try:
            rows, users = self._decoded(block.content)
            numbers: Sequence[int] = range(block.first, block.first + len(rows))
            if len(rows) != block.count:
                numbers = [number for number, _ in block.lines()]
            return self._columns(numbers, rows, users) if len(rows) == len(numbers) else None
        except UNCOMMON:
            return None

    def row(self, number: int, line: bytes) -> EventRows | None:
        """Return the row of a line, or None if it is not usual."""
        try:
            return self._columns([number], *self._decoded(line))
        except UNCOMMON:
            return None

    def _decoded(self, content: bytes) -> tuple[list[Any], list[Encoded]]:
        """Return some rows, and their users; learn the names in them if they do not decode."""
        try:
            return self._users.decoded(content, self._shape)
        except UNCOMMON:
            if not self._seen.add(_decode_lines(content)):
                raise
        self._shape = shape_of(self._seen.names)
        return self._users.decoded(content, self._shape)

    def _columns(
        self, numbers: Sequence[int], rows: Sequence[Any], users: Sequence[Encoded]
    ) -> EventRows:
        name, sessions = self._name, self._sessions
        names = [row.name or name for row in rows]
        if not all(names):
            raise KeyError
        stamps = [bytes(row.ts) for row in rows]  # only a number of 14 digits is a time
        return EventRows(
            numbers,
            names,
            stamps,
            users,
            [row.props for row in rows],
            [sessions[bytes(row.session)] for row in rows],
            self._minutes.times(stamps),
        )
