"""The tables of segments in a ledger's file, and of their blocks of names."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from target_clevertap.ledger.blocks import PREFIX_BYTES, PREFIXES, blocks, holds, prefix
from target_clevertap.ledger.merging import Segment
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX_BITS = 8 * PREFIX_BYTES
AT_ONCE = 256
"""Blocks that are read at once to look up names, 1 MB."""
BLOCKS_DROPPED = 64
PUT = "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
ADD = "INSERT INTO blocks_{} VALUES (?, ?)"
FIND = """
SELECT key, (SELECT names FROM blocks_{} WHERE id <= value ORDER BY id DESC LIMIT 1)
FROM json_each(?)
"""
READ = """
SELECT names FROM blocks_{level} WHERE id < :last AND id >= (
  SELECT coalesce(max(id), :first) FROM blocks_{level} WHERE id BETWEEN :lowest AND :first
) ORDER BY id
"""
DROP_READ = """
DELETE FROM blocks_{level} WHERE id >= :lowest AND id < (
  SELECT max(id) FROM blocks_{level} WHERE id BETWEEN :lowest AND :last
)
"""
DROP_SOME = """
DELETE FROM blocks_{level} WHERE id IN (
  SELECT id FROM blocks_{level} WHERE id BETWEEN :lowest AND :highest ORDER BY id LIMIT :most
)
"""
"""Each level has a table of blocks. It grows only at its end, where its newest segment is: SQLite
fills page after page there."""


class SegmentTables:
    """Reads and changes segments and their blocks.

    - It has no lock, and begins no transaction.
    - What cannot be read or written raises `sqlite3.Error`.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        """Read nothing yet.

        Args:
            database: Of an open ledger.
        """
        self._database = database

    def segments(self) -> list[Segment]:
        """Return all segments."""
        rows = self._database.execute("SELECT * FROM segments ORDER BY id").fetchall()
        return [Segment._make((*row[:5], bool(row[5]), *row[6:8], bool(row[8]))) for row in rows]

    def put(self, segment: Segment) -> None:
        """Write down what is known of a segment."""
        self._database.execute(PUT, segment)

    def append(self, segment: Segment, names: Sequence[bytes]) -> None:
        """Write names behind all others of a segment, which is the newest of its level.

        Args:
            segment: That they are for.
            names: Sorted.
        """
        base = segment.id << PREFIX_BITS
        rows = ((base | first, block) for first, block in blocks(names))
        self._database.executemany(ADD.format(segment.level), rows)

    def read(self, segment: Segment, first: int, last: int) -> list[bytes]:
        """Return the blocks that may have names of a range of prefixes.

        Args:
            segment: That has them.
            first: The first prefix.
            last: The prefix after the last.
        """
        base = segment.id << PREFIX_BITS
        given = {"lowest": base, "first": base | first, "last": base + last}
        found = self._database.execute(READ.format(level=segment.level), given)
        return [checked(block) for (block,) in found.fetchall()]

    def content(self, segment: Segment) -> Iterator[bytes]:
        """Return all names of a segment, end to end, a piece after the other."""
        base = segment.id << PREFIX_BITS
        found = self._database.execute(
            f"SELECT names FROM blocks_{segment.level} WHERE id BETWEEN ? AND ?",  # noqa: S608
            (base, base | PREFIXES - 1),
        )
        while rows := found.fetchmany(AT_ONCE):
            yield b"".join([checked(block) for (block,) in rows])

    def drop_read(self, segment: Segment, last: int) -> None:
        """Delete the blocks that have no name from a prefix on."""
        base = segment.id << PREFIX_BITS
        self._database.execute(
            DROP_READ.format(level=segment.level), {"lowest": base, "last": base + last}
        )

    def drop_some(self, segment: Segment) -> bool:
        """Delete some blocks of a segment, or the segment if that were all; tell which."""
        base = segment.id << PREFIX_BITS
        given = {"lowest": base, "highest": base | PREFIXES - 1, "most": BLOCKS_DROPPED}
        dropped = self._database.execute(DROP_SOME.format(level=segment.level), given).rowcount
        is_last = dropped < BLOCKS_DROPPED
        if is_last:
            self._database.execute("DELETE FROM segments WHERE id = ?", (segment.id,))
        return is_last

    def drop(self, segment: Segment) -> None:
        """Delete a segment with all its blocks."""
        while not self.drop_some(segment):
            pass

    def known(self, segments: Sequence[Segment], names: Sequence[bytes]) -> set[bytes]:
        """Return those of the names that segments of one level have."""
        query = FIND.format(segments[0].level)
        bases = [each.id << PREFIX_BITS for each in segments]
        prefixes = [prefix(name) for name in names]
        known: set[bytes] = set()
        for first in range(0, len(names), AT_ONCE):
            last = first + AT_ONCE
            asked = names[first:last]
            ids = [base | each for base in bases for each in prefixes[first:last]]
            found = self._database.execute(query, (json.dumps(ids),))
            for at, block in found:
                name = asked[at % len(asked)]
                if block and holds(checked(block), name):
                    known.add(name)
        return known


def checked(block: Any) -> bytes:  # noqa: ANN401 - a damaged file may hold anything
    """Return a block if it is one.

    Raises:
        sqlite3.DatabaseError: Else.
    """
    if isinstance(block, bytes) and not len(block) % NAME_BYTES:
        return block
    message = "malformed block of names"
    raise sqlite3.DatabaseError(message)
