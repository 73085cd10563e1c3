"""Count equal fingerprints of rows in little memory."""

from __future__ import annotations

from array import array
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_BYTES = 9
MOST_IN_BUCKET = 8
"""Equal fingerprints that a bucket holds; beyond that a count is kept."""
SHIFTS = (16, 12, 8, 4, 2)
"""What the first 16 bits are shifted by, to be the number of a bucket: 1 to 16,384 buckets."""
MOST_FOR_A_BUCKET = 64
"""Fingerprints on average; beyond that there are more buckets, so that a look-up stays short."""


class FingerprintCounts:
    """A multiset of fingerprints, of which 9 bytes are kept, end to end in buckets.

    - A fingerprint needs about 12 bytes; in a dict it would need 91. Two of five million are taken
      for one with a probability of 10^-8.
    - Only the main thread uses it; nothing is raised.
    """

    def __init__(self) -> None:
        self.size = 0
        """How many were added."""
        self._shifts = [*SHIFTS]
        self._shift = self._shifts.pop(0)
        self._buckets = [bytearray()]
        """By the first bits of their fingerprints."""
        self._many: dict[bytes, int] = {}

    def count(self, fingerprint: bytes) -> int:
        """Return the number of times a fingerprint was added."""
        return self._count(fingerprint[:KEPT_BYTES], self._buckets[self._number(fingerprint)])

    def add(self, fingerprints: Sequence[bytes]) -> list[int]:
        """Add fingerprints one by one, and return the count of each before that."""
        self.size += len(fingerprints)
        while self._shifts and self.size > MOST_FOR_A_BUCKET * len(self._buckets):
            self._make_more_buckets()
        buckets, shift = self._buckets, self._shift
        counts = []
        for fingerprint in fingerprints:
            bucket = buckets[(fingerprint[0] << 8 | fingerprint[1]) >> shift]
            kept = fingerprint[:KEPT_BYTES]
            if bucket.find(kept) >= 0:  # perhaps between two others; `in` takes twice as long
                counts.append(self._add_again(kept, bucket))
            else:
                bucket += kept
                counts.append(0)
        return counts

    def packed(self) -> bytes:
        """Return all of it as bytes for `unpacked`, but counts of more than eight."""
        lengths = array("I", map(len, self._buckets))
        return b"".join([lengths.tobytes(), *self._buckets])

    def free(self) -> None:
        """Drop what `packed` gave."""
        self._buckets = []

    def unpack(self, content: bytes) -> None:
        """Take back what `packed` gave before `free`."""
        number = 1 << 16 - self._shift
        lengths = array("I")
        start = lengths.itemsize * number
        lengths.frombytes(content[:start])
        ends = accumulate(lengths, initial=start)
        self._buckets = [bytearray(content[begin:end]) for begin, end in pairwise(ends)]

    def _number(self, fingerprint: bytes | bytearray) -> int:
        return (fingerprint[0] << 8 | fingerprint[1]) >> self._shift

    def _add_again(self, kept: bytes, bucket: bytearray) -> int:
        before = self._count(kept, bucket)
        if before >= MOST_IN_BUCKET:
            self._many[kept] = before + 1
        else:
            bucket += kept
        return before

    def _count(self, kept: bytes, bucket: bytearray) -> int:
        return self._many.get(kept) or _count(bucket, kept)

    def _make_more_buckets(self) -> None:
        few, self._shift = self._buckets, self._shifts.pop(0)
        self._buckets = [bytearray() for _ in range(1 << 16 - self._shift)]
        few.reverse()
        while few:
            bucket = few.pop()
            for at in range(0, len(bucket), KEPT_BYTES):
                kept = bucket[at : at + KEPT_BYTES]
                self._buckets[self._number(kept)] += kept


def _count(bucket: bytearray, kept: bytes) -> int:
    found = 0
    at = bucket.find(kept)
    while at >= 0:
        is_aligned = at % KEPT_BYTES == 0
        found += is_aligned
        at = bucket.find(kept, at + (KEPT_BYTES if is_aligned else 1))
    return found
