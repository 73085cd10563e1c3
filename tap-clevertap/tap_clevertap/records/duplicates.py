"""Number identical rows, across repeated reads of an export."""

from __future__ import annotations

FINGERPRINT_BYTES = 16
BUCKETS = 4096
"""Half a million rows are about 120 in each bucket."""

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
        self._buckets: list[bytearray | None] = [None] * BUCKETS
        self._many: dict[bytes, int] = {}

    def count(self, fingerprint: bytes) -> int:
        """Return the number of times a fingerprint was added."""
        in_bucket = self._buckets[_bucket_of(fingerprint)] or b""
        return self._many.get(fingerprint) or _count(in_bucket, fingerprint)

    def increment(self, fingerprint: bytes) -> int:
        """Add a fingerprint, and return its count before that."""
        many = self._many.get(fingerprint)
        if many is not None:
            self._many[fingerprint] = many + 1
            return many
        number = _bucket_of(fingerprint)
        bucket = self._buckets[number]
        if bucket is None:
            self._buckets[number] = bytearray(fingerprint)
            return 0
        before = _count(bucket, fingerprint)
        if before >= MOST_IN_BUCKET:
            self._many[fingerprint] = before + 1
        else:
            bucket += fingerprint
        return before


def _bucket_of(fingerprint: bytes) -> int:
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
    - The main thread calls `number` for each row of a page, then `end_page`; nothing is raised.

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

    def number(self, fingerprint: bytes, *, walk: int) -> int | None:
        """Return the ordinal of a row among identical rows, or None for a row to leave out.

        Args:
            fingerprint: Of the row.
            walk: The walk of the export that the row is from, counted from 0.
        """
        if walk != self._walk:
            self._walk, self._in_walk = walk, FingerprintCounts()
            self._pages_without_new = 0
        ordinal = self._in_walk.increment(fingerprint)
        if not ordinal:
            self._has_new_row = True
        if ordinal and self._merge:
            return None
        if self._in_walk is self._emitted:
            return ordinal
        if ordinal < self._emitted.count(fingerprint):
            return None
        self._emitted.increment(fingerprint)
        return ordinal

    def end_page(self) -> bool:
        """Return whether too many pages in a row had no row that is new in its walk.

        Call it after the rows of each page that has rows.
        """
        self._pages_without_new = 0 if self._has_new_row else self._pages_without_new + 1
        self._has_new_row = False
        return self._pages_without_new >= MOST_PAGES_WITHOUT_NEW
