"""Which of the identical events of an export a row is, and whether it was emitted before."""

from __future__ import annotations

FINGERPRINT_BYTES = 16
BUCKET_BYTES = 2
"""Of a fingerprint, to choose its bucket: half a million rows are then some eight in each."""


class Fingerprints:
    """A bag of fingerprints, in some 40 bytes each for half a million; a dict takes 120."""

    def __init__(self) -> None:
        self._buckets: dict[bytes, bytearray] = {}

    def count(self, fingerprint: bytes) -> int:
        """Return how often a fingerprint is in the bag."""
        bucket = self._buckets.get(fingerprint[:BUCKET_BYTES], b"")
        found = 0
        at = bucket.find(fingerprint)
        while at >= 0:
            is_one = at % FINGERPRINT_BYTES == 0
            found += is_one
            at = bucket.find(fingerprint, at + (FINGERPRINT_BYTES if is_one else 1))
        return found

    def add(self, fingerprint: bytes) -> int:
        """Put a fingerprint into the bag, and return how often it was in it before."""
        before = self.count(fingerprint)
        bucket = self._buckets.setdefault(fingerprint[:BUCKET_BYTES], bytearray())
        bucket += fingerprint
        return before


class Occurrences:
    """Numbers identical rows, and tells the rows of a second walk from those already emitted.

    Identical events of one day are legitimate: events have no id, and a resolution of a second.
    [ING] When an export is walked again, as many of them as were emitted are passed over.
    """

    def __init__(self) -> None:
        self._emitted = Fingerprints()
        self._walked = self._emitted
        self._walk = 0

    def number(self, fingerprint: bytes, *, walk: int) -> int | None:
        """Return the ordinal of a row among its likes, or None if it was emitted before.

        Args:
            fingerprint: What identical rows have in common.
            walk: The walk of the export that the row is from.
        """
        if walk != self._walk:
            self._walk, self._walked = walk, Fingerprints()
        ordinal = self._walked.add(fingerprint)
        if self._walked is self._emitted:
            return ordinal
        if ordinal < self._emitted.count(fingerprint):
            return None
        self._emitted.add(fingerprint)
        return ordinal
