"""Recognize rows that came before, in little memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_PAGES_WITHOUT_NEW = 20
"""In a row. Real duplicates do not fill more pages: a page has at least 23 rows."""

LARGEST_SAMPLE = 8192
"""Fingerprints that are kept of a walk, 1 MB; sixteen exports may be open."""

BUCKET_BYTES = 2
"""65,536 buckets; with five million keys each has 76."""
KEPT_BYTES = 12


class WalkRepeats:
    """Tells when the last pages of a walk had no row that is new in it.

    - It keeps all fingerprints of a small walk. Of a larger one it keeps those that end with some
      zero bits, so a page may tell nothing; but rows that are new are never taken for known ones.
    - Only the main thread uses it; nothing is raised.
    """

    def __init__(self) -> None:
        self._walk = 0
        self._mask = 0
        self._kept: set[bytes] = set()
        self._pages_without_new = 0

    def end_page(self, fingerprints: Collection[bytes], *, walk: int) -> bool:
        """Return whether too many pages in a row had no row that is new in its walk.

        Args:
            fingerprints: Of the rows of a page.
            walk: The walk of the export that the page is from, counted from 0.
        """
        if walk != self._walk:
            self._walk, self._mask, self._pages_without_new = walk, 0, 0
            self._kept.clear()
        sample = set(filter(self._is_kept, fingerprints))
        if not sample:
            return False
        self._pages_without_new = self._pages_without_new + 1 if sample <= self._kept else 0
        self._kept |= sample
        while len(self._kept) > LARGEST_SAMPLE:
            self._mask = self._mask << 1 | 1
            self._kept = set(filter(self._is_kept, self._kept))
        return self._pages_without_new >= MOST_PAGES_WITHOUT_NEW

    def _is_kept(self, fingerprint: bytes) -> bool:
        return not int.from_bytes(fingerprint[-4:], "big") & self._mask


class SeenKeys:
    """A set of keys of 16 bytes, of which 12 are kept.

    - A key needs about 15 bytes; in a set it would need 90. Two of five million keys are taken for
      one with a probability of 10^-16.
    - Only the main thread uses it; nothing is raised.
    """

    def __init__(self) -> None:
        self._buckets: defaultdict[bytes, bytearray] = defaultdict(bytearray)
        """By the first two bytes; each has the following bytes of its keys, end to end."""

    def add(self, key: bytes) -> bool:
        """Add a key; return whether it is new."""
        bucket = self._buckets[key[:BUCKET_BYTES]]
        kept = key[BUCKET_BYTES:KEPT_BYTES]
        if _has(bucket, kept):
            return False
        bucket += kept
        return True

    def __contains__(self, key: bytes) -> bool:
        """Return whether a key was added."""
        return _has(self._buckets.get(key[:BUCKET_BYTES], b""), key[BUCKET_BYTES:KEPT_BYTES])


def _has(bucket: bytes | bytearray, kept: bytes) -> bool:
    at = bucket.find(kept)
    while at % len(kept) and at >= 0:  # found between two others
        at = bucket.find(kept, at + 1)
    return at >= 0
