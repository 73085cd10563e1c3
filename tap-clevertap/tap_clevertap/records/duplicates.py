"""Number identical rows, across repeated reads of an export."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import compress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FINGERPRINT_BYTES = 16
MOST_PAGES_WITHOUT_NEW = 20
"""In a row. Real duplicates do not fill more pages: a page has at least 23 rows."""

MOST_IN_BUCKET = 8
"""Equal fingerprints that a bucket holds; beyond that a count is kept."""


class FingerprintCounts:
    """A multiset of fingerprints, stored end to end in buckets.

    - A fingerprint needs 18 bytes; in a dict it would need 91.
    - Only the main thread uses it; nothing is raised.
    """

    def __init__(self) -> None:
        self._buckets: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._many: dict[bytes, int] = {}

    def count(self, fingerprint: bytes) -> int:
        """Return the number of times a fingerprint was added."""
        in_bucket = self._buckets.get(_bucket_of(fingerprint), b"")
        return self._many.get(fingerprint) or _count(in_bucket, fingerprint)

    def add(self, fingerprints: Iterable[bytes]) -> list[int]:
        """Add fingerprints one by one, and return the count of each before that."""
        buckets = self._buckets
        counts = []
        for fingerprint in fingerprints:
            bucket = buckets[_bucket_of(fingerprint)]
            if fingerprint in bucket:  # perhaps between two others
                counts.append(self._add_again(fingerprint, bucket))
            else:
                bucket += fingerprint
                counts.append(0)
        return counts

    def _add_again(self, fingerprint: bytes, bucket: bytearray) -> int:
        before = self._many.get(fingerprint) or _count(bucket, fingerprint)
        if before >= MOST_IN_BUCKET:
            self._many[fingerprint] = before + 1
        else:
            bucket += fingerprint
        return before


def _bucket_of(fingerprint: bytes) -> int:
    """Return one of 4096 numbers; half a million rows are about 120 in each bucket."""
    return fingerprint[0] << 4 | fingerprint[1] & 15


def _count(bucket: bytes | bytearray, fingerprint: bytes) -> int:
    found = 0
    at = bucket.find(fingerprint)
    while at >= 0:
        is_aligned = at % FINGERPRINT_BYTES == 0
        found += is_aligned
        at = bucket.find(fingerprint, at + (FINGERPRINT_BYTES if is_aligned else 1))
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
