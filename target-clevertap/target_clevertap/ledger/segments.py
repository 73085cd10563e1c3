"""The segments of an open ledger: sorted names in its file, to be looked up and merged."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from target_clevertap.ledger.blocks import merged
from target_clevertap.ledger.merging import Segment
from target_clevertap.ledger.segment_tables import SegmentTables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_clevertap.ledger.file import LedgerFile
    from target_clevertap.ledger.pending import PendingNames


FEW = 32
"""So many names are looked up in all segments of a level at once; more in one after the other."""


class Segments:
    """All segments, and where a name is looked for first.

    - It has no lock: the ledger has one.
    - Each change is one transaction: a kill leaves all names in some segment or claim.
    - What cannot be read or written raises `sqlite3.Error`, and changes nothing.
    """

    def __init__(self, file: LedgerFile) -> None:
        """Read which segments there are.

        Args:
            file: Open.

        Raises:
            sqlite3.Error: When it cannot be read.
        """
        self._file = file
        self._tables = SegmentTables(file.database)
        self._segments = {each.id: each for each in self._tables.segments()}
        self._searched = [each.id for each in self if not each.is_forgotten]
        self._next_id = max(self._segments, default=0) + 1

    def __iter__(self) -> Iterator[Segment]:
        """Return all segments, oldest first."""
        return iter(list(self._segments.values()))

    @property
    def names(self) -> int:
        """How many names there are."""
        return sum(each.names for each in self if each.done is None and not each.is_forgotten)

    def known(self, names: Sequence[bytes]) -> set[bytes]:
        """Return those of the names that are in a segment."""
        found: set[bytes] = set()
        left = list(names)
        searched = list(self._searched)
        while searched and len(left) > FEW:
            number = searched.pop(0)
            hits = self._tables.known([self._segments[number]], left)
            if hits:  # the next names are most likely in the same one
                self._searched.remove(number)
                self._searched.insert(0, number)
                found.update(hits)
                left = [name for name in left if name not in found]
        if left:
            found |= self._known_few(left, searched)
        return found

    def _known_few(self, names: Sequence[bytes], searched: Sequence[int]) -> set[bytes]:
        """Return those of a few names that are in a segment: most only look known."""
        by_level: dict[int, list[Segment]] = {}
        for number in searched:
            segment = self._segments[number]
            by_level.setdefault(segment.level, []).append(segment)
        found = (self._tables.known(each, names) for each in by_level.values())
        return set().union(*found)

    def content(self, segment: Segment) -> Iterator[bytes]:
        """Return all names of a segment, end to end, a piece after the other."""
        return self._tables.content(segment)

    def blocks(self, first: int, last: int) -> list[bytes]:
        """Return the blocks of all segments that may have names of a range of prefixes.

        Args:
            first: The first prefix.
            last: The prefix after the last.
        """
        return list(chain.from_iterable(self._tables.read(each, first, last) for each in self))

    def flush(self, pending: PendingNames) -> None:
        """Make a segment of the lowest level out of delivered names, and delete their claims."""
        days = pending.first_day, pending.last_day
        made = Segment(self._next_id, 0, len(pending.names), *days, is_filtered=False)
        with self._file.transaction():
            self._tables.append(made, sorted(pending.names))
            self._tables.put(made)
            rows = ((row,) for row in pending.rows)
            self._file.database.executemany("DELETE FROM claims WHERE id = ?", rows)
        self._note([made])

    def begin_merge(self, group: Sequence[Segment]) -> Segment:
        """Begin to merge segments of one level, and return the one that they become."""
        made = Segment(
            self._next_id,
            group[0].level + 1,
            sum(each.names for each in group),
            min(each.first_day for each in group),
            max(each.last_day for each in group),
            is_filtered=False,
            done=0,
        )
        changed = [*(each._replace(into=made.id) for each in group), made]
        with self._file.transaction():
            for each in changed:
                self._tables.put(each)
        self._note(changed)
        return made

    def merge(self, made: Segment, end: int) -> None:
        """Put the names of the next range of prefixes where they are merged.

        Args:
            made: What segments are being merged into.
            end: The prefix after the last of the range.
        """
        sources = self.sources(made)
        start = made.done or 0
        found = chain.from_iterable(self._tables.read(each, start, end) for each in sources)
        with self._file.transaction():
            self._tables.append(made, merged(found, start, end))
            for each in sources:
                self._tables.drop_read(each, end)
            changed = made._replace(done=end)
            self._tables.put(changed)
        self._note([changed])

    def end_merge(self, made: Segment) -> None:
        """Drop the segments that were merged."""
        sources = self.sources(made)
        is_filtered = all(each.is_filtered for each in sources)
        changed = made._replace(done=None, is_filtered=is_filtered)
        with self._file.transaction():
            for each in sources:
                self._tables.drop(each)
            self._tables.put(changed)
        for each in sources:
            self._remove(each)
        self._note([changed])

    def sources(self, made: Segment) -> list[Segment]:
        """Return the segments that are being merged into one."""
        return [each for each in self if each.into == made.id]

    def forget(self, before: int) -> None:
        """Know nothing more of segments that are older than a day; within a transaction.

        Args:
            before: In days since 1970.
        """
        for each in self:
            if each.last_day < before and each.into is None and each.done is None:
                forgotten = each._replace(is_forgotten=True)
                self._tables.put(forgotten)
                self._note([forgotten])

    def drop_some(self, forgotten: Segment) -> None:
        """Delete some of the names of a segment that is forgotten."""
        with self._file.transaction():
            is_gone = self._tables.drop_some(forgotten)
        if is_gone:
            self._remove(forgotten)

    def mark_unfiltered(self) -> None:
        """Note that no saved filter has the names of any segment."""
        self._note([each._replace(is_filtered=False) for each in self])

    def mark_filtered(self, numbers: set[int]) -> None:
        """Note that the saved filter has the names of segments."""
        self._note([each._replace(is_filtered=True) for each in self if each.id in numbers])

    def _note(self, changed: Sequence[Segment]) -> None:
        for each in changed:
            if each.id not in self._segments:
                self._searched.insert(0, each.id)
                self._next_id = each.id + 1
            if each.is_forgotten and each.id in self._searched:
                self._searched.remove(each.id)
            self._segments[each.id] = each

    def _remove(self, segment: Segment) -> None:
        del self._segments[segment.id]
        if segment.id in self._searched:
            self._searched.remove(segment.id)
