"""Which of the identical events of an export a row is, and whether it was emitted before."""

from __future__ import annotations

FINGERPRINT_BYTES = 16
BUCKETS = 4096
"""Half a million rows are some 120 in each."""

MOST_PAGES_WITHOUT_NEW = 20
"""In a row; twins that are real fill no more: a page has at least 23 rows."""

FEW = 8
"""Equal ones are counted by finding each; where there are more, the count is kept."""


class Fingerprints:
    """A bag of fingerprints that lie end to end in buckets: 18 bytes each, 91 in a dict."""

    def __init__(self) -> None:
        self._buckets: list[bytearray | None] = [None] * BUCKETS
        self._many: dict[bytes, int] = {}

    def count(self, fingerprint: bytes) -> int:
        """Return how often a fingerprint is in the bag."""
        in_bucket = self._buckets[_bucket_of(fingerprint)] or b""
        return self._many.get(fingerprint) or _count(in_bucket, fingerprint)

    def add(self, fingerprint: bytes) -> int:
        """Put a fingerprint into the bag, and return how often it was in it before."""
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
        if before >= FEW:
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
        is_one = at % FINGERPRINT_BYTES == 0
        found += is_one
        at = bucket.find(fingerprint, at + (FINGERPRINT_BYTES if is_one else 1))
    return found


class Occurrences:
    """Numbers identical rows, and tells the rows of a second walk from those already emitted.

    Identical events of one day are legitimate: events have no id, and a resolution of a second.
    [ING] When an export is walked again, as many of them as were emitted are passed over.
    """

    def __init__(self, *, merge: bool = False) -> None:
        """Begin with the first walk.

        Args:
            merge: Whether only the first of identical rows is to be emitted.
        """
        self._merge = merge
        self._emitted = Fingerprints()
        self._walked = self._emitted
        self._walk = 0
        self._has_new_row = False
        self._pages_without = 0

    def number(self, fingerprint: bytes, *, walk: int) -> int | None:
        """Return the ordinal of a row among its likes, or None if it is not to be emitted.

        Args:
            fingerprint: What identical rows have in common.
            walk: The walk of the export that the row is from.
        """
        if walk != self._walk:
            self._walk, self._walked = walk, Fingerprints()
            self._pages_without = 0
        ordinal = self._walked.add(fingerprint)
        if not ordinal:
            self._has_new_row = True
        if ordinal and self._merge:
            return None
        if self._walked is self._emitted:
            return ordinal
        if ordinal < self._emitted.count(fingerprint):
            return None
        self._emitted.add(fingerprint)
        return ordinal

    def end_page(self) -> bool:
        """Return whether so many pages in a row held no row that its walk had not seen.

        Call it after the rows of each page that has some.
        """
        self._pages_without = 0 if self._has_new_row else self._pages_without + 1
        self._has_new_row = False
        return self._pages_without >= MOST_PAGES_WITHOUT_NEW
