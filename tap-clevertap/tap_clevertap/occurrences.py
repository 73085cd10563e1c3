"""Which of the identical events of an export a row is, and whether it was emitted before."""

from __future__ import annotations


class Occurrences:
    """Numbers identical rows, and tells the rows of a second walk from those already emitted.

    Identical events of one day are legitimate: events have no id, and a resolution of a second.
    [ING] When an export is walked again, as many of them as were emitted are passed over.
    """

    def __init__(self) -> None:
        self._emitted: dict[bytes, int] = {}
        self._walked = self._emitted
        self._walk = 0

    def number(self, fingerprint: bytes, *, walk: int) -> int | None:
        """Return the ordinal of a row among its likes, or None if it was emitted before.

        Args:
            fingerprint: What identical rows have in common.
            walk: The walk of the export that the row is from.
        """
        if walk != self._walk:
            self._walk, self._walked = walk, {}
        ordinal = self._walked.get(fingerprint, 0)
        self._walked[fingerprint] = ordinal + 1
        if self._walked is self._emitted:
            return ordinal
        if ordinal < self._emitted.get(fingerprint, 0):
            return None
        self._emitted[fingerprint] = ordinal + 1
        return ordinal
