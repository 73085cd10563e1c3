"""Number identical rows, across repeated reads of an export."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import compress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PAGES_WITHOUT_NEW = 20
"""In a row. Real duplicates do not fill more pages: a page has at least 23 rows."""

KEPT_BYTES = 9
MOST_IN_FEW_BUCKETS = 1_000_000
"""Fingerprints in 4,096 buckets; beyond that there are 16,384, so that a look-up stays short."""
SHIFT_OF_FEW, SHIFT_OF_MANY = 4, 2
"""What the first 16 bits are shifted by, to be the number of a bucket."""
MOST_IN_BUCKET = 8
"""Equal fingerprints that a bucket holds; beyond that a count is kept."""


class FingerprintCounts:
    """A multiset of fingerprints, of which 9 bytes are kept, end to end in buckets.

    - A fingerprint needs about 10 bytes; in a dict it would need 91. Two of five million are taken
      for one with a probability of 10^-8.
    - Only the main thread uses it; nothing is raised.
    """

    def __init__(self) -> None:
        self._buckets: defaultdict[int, bytearray] = defaultdict(bytearray)
        """By the first 12 bits of their fingerprints, or 14."""
        self._kept = slice(1, KEPT_BYTES)
        """What a bucket has of a fingerprint."""
        self._shift = SHIFT_OF_FEW
        self._many: dict[bytes, int] = {}
        self._added = 0

    def count(self, fingerprint: bytes) -> int:
        """Return the number of times a fingerprint was added."""
        number = (fingerprint[0] << 8 | fingerprint[1]) >> self._shift
        bucket = self._buckets.get(number, b"")
        return self._count(fingerprint, bucket)

    def add(self, fingerprints: Sequence[bytes]) -> list[int]:
        """Add fingerprints one by one, and return the count of each before that."""
        self._added += len(fingerprints)
        if self._added > MOST_IN_FEW_BUCKETS and self._shift == SHIFT_OF_FEW:
            self._split()
        buckets, part, shift = self._buckets, self._kept, self._shift
        counts = []
        for fingerprint in fingerprints:
            bucket = buckets[(fingerprint[0] << 8 | fingerprint[1]) >> shift]
            kept = fingerprint[part]
            if bucket.find(kept) >= 0:  # perhaps between two others; `in` takes twice as long
                counts.append(self._add_again(fingerprint, bucket))
            else:
                bucket += kept
                counts.append(0)
        return counts

    def _add_again(self, fingerprint: bytes, bucket: bytearray) -> int:
        before = self._count(fingerprint, bucket)
        if before >= MOST_IN_BUCKET:
            self._many[fingerprint[:KEPT_BYTES]] = before + 1
        else:
            bucket += fingerprint[self._kept]
        return before

    def _count(self, fingerprint: bytes, bucket: bytes | bytearray) -> int:
        many = self._many.get(fingerprint[:KEPT_BYTES])
        return many or _count(bucket, fingerprint[self._kept])

    def _split(self) -> None:
        """Make four buckets of each, by two bits of its first byte, which is then dropped."""
        few, self._buckets = self._buckets, defaultdict(bytearray)
        length = KEPT_BYTES - self._kept.start
        while few:
            number, bucket = few.popitem()
            for at in range(0, len(bucket), length):
                self._buckets[number << 2 | bucket[at] >> 2 & 3] += bucket[at + 1 : at + length]
        self._kept, self._shift = slice(2, KEPT_BYTES), SHIFT_OF_MANY


def _count(bucket: bytes | bytearray, kept: bytes) -> int:
    found = 0
    at = bucket.find(kept)
    while at >= 0:
        is_aligned = at % len(kept) == 0
        found += is_aligned
        at = bucket.find(kept, at + (len(kept) if is_aligned else 1))
    return found


class DuplicateNumbering:
    """Numbers the identical rows of one export, and recognizes rows that were already emitted.

    - Identical events of one day are legitimate: events have no id, and `ts` counts seconds. [ING]
    - When an export is read again, as many identical rows are left out as were emitted before.
    - The main thread calls `number` for some rows of a page at a time, then `end_page`; nothing is
      raised.
    - `rows` and `twins` count the rows of the current walk, by the day of their `ts`.

    Args:
        merge: Emit only the first of identical rows.
    """

    def __init__(self, *, merge: bool = False) -> None:
        self._merge = merge
        self._emitted = FingerprintCounts()
        self._in_walk = self._emitted
        self._walk = 0
        self._has_new_row = False
        self._pages_without_new = 0
        self.rows: Counter[int] = Counter()
        self.twins: Counter[int] = Counter()
        """Rows that are identical to an earlier one."""

    def number(
        self, fingerprints: Sequence[bytes], days: Sequence[int], *, walk: int
    ) -> Sequence[int | None]:
        """Return the ordinal of each row among identical rows, or None for a row to leave out.

        Args:
            fingerprints: Of the rows, in their order.
            days: Of the `ts` of each row, as `yyyyMMdd`.
            walk: The walk of the export that the rows are from, counted from 0.
        """
        if walk != self._walk:
            self._walk, self._in_walk = walk, FingerprintCounts()
            self._pages_without_new = 0
            self.rows, self.twins = Counter(), Counter()
        ordinals = self._in_walk.add(fingerprints)
        self.rows.update(days)
        if any(ordinals):
            self.twins.update(compress(days, ordinals))
        self._has_new_row = self._has_new_row or 0 in ordinals
        if self._in_walk is self._emitted and not self._merge:
            return ordinals
        return list(map(self._unless_left_out, fingerprints, ordinals))

    def _unless_left_out(self, fingerprint: bytes, ordinal: int) -> int | None:
        if ordinal and self._merge:
            return None
        if self._in_walk is self._emitted:
            return ordinal
        if ordinal < self._emitted.count(fingerprint):
            return None
        self._emitted.add([fingerprint])
        return ordinal

    def days(self) -> dict[int, tuple[int, int]]:
        """Return the rows and twins of each day of the current walk, by `yyyyMMdd`."""
        rows = [*self.rows.items()]  # a copy: a thread may ask after a signal
        return {day: (count, self.twins[day]) for day, count in rows}

    def end_page(self) -> bool:
        """Return whether too many pages in a row had no row that is new in its walk.

        Call it after the rows of each page that has rows.
        """
        self._pages_without_new = 0 if self._has_new_row else self._pages_without_new + 1
        self._has_new_row = False
        return self._pages_without_new >= MOST_PAGES_WITHOUT_NEW
