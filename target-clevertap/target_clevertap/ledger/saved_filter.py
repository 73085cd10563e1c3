"""The filter of a ledger's names, and its copy in the file, which the next run starts with."""

from __future__ import annotations

import re
import sys
import zlib
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.ledger import filter as filters
from target_clevertap.ledger.blocks import PREFIXES, next_prefix
from target_clevertap.ledger.filter import PART_BYTES, NameFilter, cells_for
from target_clevertap.ledger.merging import is_filtered

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from target_clevertap.ledger.file import LedgerFile
    from target_clevertap.ledger.segments import Segments

FACT = "filter"
"""Which filter is saved: byte order, cells, names."""
FEWEST_TO_SAVE = 200_000
CELLS_FOR_A_NAME = 4
"""The filter is saved once the saved one lacks a quarter as many names as it has cells. A run that
starts reads the missing ones; saving writes the whole filter."""
NAMES_AT_ONCE = 32_768
"""About as many are added to a new filter at once."""
ROOM = 1.25
"""A filter that is made anew has room for a quarter more names than there are."""


class Growth(NamedTuple):
    """A filter that is being made anew."""

    filter: NameFilter
    done: int
    """The prefix of names that are all in it."""


class Saving(NamedTuple):
    """A filter that is being written down."""

    part: int
    """What to write next."""

    filtered: set[int]
    """The segments whose names it has."""


class SavedFilter:
    """The filter that holds all names of a ledger.

    - It has no lock: the ledger has one.
    - A saved part may hold more names than when saving began, and never fewer.
    - What cannot be read or written raises `sqlite3.Error`.
    """

    def __init__(self, file: LedgerFile, segments: Segments) -> None:
        """Load what is saved, and add the names of segments that it lacks.

        Args:
            file: Open.
            segments: All of it.

        Raises:
            sqlite3.Error: When it cannot be read.
        """
        self._file = file
        self._segments = segments
        saved = _load(file.database, segments.names)
        if saved is None:
            segments.mark_unfiltered()
        self._filter = saved or NameFilter.empty(cells_for(int(segments.names * ROOM)))
        self._saved_cells = 0 if saved is None else saved.cells
        self._others = 0
        self._growth: Growth | None = None
        self._saving: Saving | None = None
        for segment in segments:
            if not is_filtered(segment, segments):
                for content in segments.content(segment):
                    self._filter.add(content)

    def hold(self, names: Sequence[bytes]) -> None:
        """Have names held."""
        content = b"".join(names)
        self._filter.add(content)
        if self._growth is not None:
            self._growth.filter.add(content)

    def possible(self, names: Sequence[bytes]) -> list[bytes]:
        """Return those of the names that may be held."""
        return self._filter.possible(names)

    @property
    def is_due(self) -> bool:
        """Whether it is to be made anew: it says yes too often."""
        return self._growth is None and self._filter.is_full

    def begin_growth(self, others: Sequence[bytes]) -> None:
        """Begin to make it anew, with room for what there is.

        Args:
            others: Names that are in no segment.
        """
        made = NameFilter.empty(cells_for(int((self._segments.names + len(others)) * ROOM)))
        made.add(b"".join(others))
        self._others = len(others)
        self._growth = Growth(made, 0)

    def grow(self) -> bool:
        """Go on to make it anew, and tell whether there was anything to do."""
        if self._growth is None:
            return False
        made, done = self._growth
        end = next_prefix(done, self._segments.names, NAMES_AT_ONCE)
        for block in self._segments.blocks(done, end):
            made.add(block)
        self._growth = Growth(made, end)
        if end == PREFIXES:  # the blocks at the ends of ranges came twice
            made.names = self._segments.names + self._others
            self._filter, self._growth, self._saving = made, None, None
        return True

    def save(self) -> bool:
        """Write down a part, if the saved filter lacks many names, and tell whether it does."""
        if self._saving is None and self._is_outdated():
            self._saving = Saving(0, {each.id for each in self._segments})
        if self._saving is None:
            return False
        part, filtered = self._saving
        is_last = part + 1 == self._filter.parts
        with self._file.transaction():
            self._write_part(part)
            if is_last:
                self._finish(filtered)
        self._saving = self._saving._replace(part=part + 1)
        if is_last:
            self._segments.mark_filtered(filtered)
            self._saved_cells, self._saving = self._filter.cells, None
        return True

    def merged(self, made: int, sources: Sequence[int]) -> None:
        """Note that segments were merged into one while the filter may be being saved."""
        if self._saving is not None and self._saving.filtered.issuperset(sources):
            self._saving.filtered.add(made)

    def _is_outdated(self) -> bool:
        segments = list(self._segments)
        missing = sum(each.names for each in segments if not is_filtered(each, segments))
        least = max(FEWEST_TO_SAVE, self._filter.cells // CELLS_FOR_A_NAME)
        return missing >= least or (
            bool(self._saved_cells) and self._saved_cells != self._filter.cells
        )

    def _write_part(self, part: int) -> None:
        words = self._filter.part(part)
        row = (self._filter.cells, part, _checksum(words), words)
        self._file.database.execute("INSERT OR REPLACE INTO filter VALUES (?, ?, ?, ?)", row)

    def _finish(self, filtered: set[int]) -> None:
        """Say that it is saved, and which segments' names it has."""
        fact = (FACT, f"{sys.byteorder} {self._filter.cells} {self._filter.names}")
        database = self._file.database
        database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)
        database.execute("DELETE FROM filter WHERE cells <> ?", (self._filter.cells,))
        numbers = ((number,) for number in filtered)
        database.executemany("UPDATE segments SET is_filtered = 1 WHERE id = ?", numbers)


def _load(database: sqlite3.Connection, held: int) -> NameFilter | None:
    """Return the saved filter; None where there is none that this machine can read.

    A filter that is too full is none: short runs would never end making it anew.

    Args:
        database: Of the ledger.
        held: How many names it has to hold.
    """
    fact = database.execute("SELECT value FROM facts WHERE key = ?", (FACT,)).fetchone()
    found = re.fullmatch(rf"{sys.byteorder} (\d{{1,10}}) (\d{{1,18}})", str(fact and fact[0]))
    if found is None:
        return None
    cells, names = map(int, found.groups())
    if cells * filters.MOST_IN_A_CELL < max(held, names):
        return None
    try:
        loaded = NameFilter.load(_parts(database, cells), names)
    except ValueError:
        return None
    return loaded if cells.bit_count() == 1 and loaded.cells == cells else None


def _parts(database: sqlite3.Connection, cells: int) -> Iterator[bytes]:
    """Yield the parts of a saved filter, one at a time: a large one would fill the memory twice.

    Raises:
        ValueError: If one is damaged, or has another size.
    """
    query = "SELECT crc, words FROM filter WHERE cells = ? ORDER BY part"
    for crc, part in database.execute(query, (cells,)):
        if not _is_part(part) or crc != _checksum(part):
            raise ValueError
        yield part


def _checksum(words: bytes) -> int:
    """Return the checksum of a part, which is another where numbers have another byte order."""
    return zlib.crc32(words, int(sys.byteorder == "big"))


def _is_part(part: object) -> bool:
    return isinstance(part, bytes) and len(part) == PART_BYTES
