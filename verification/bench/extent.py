"""How much is measured: the whole of each case, or a little of it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_TIMES = 5
LEAST = 2_000


@dataclass(frozen=True)
class Extent:
    """What the command line asks for."""

    times: int = 3
    """Runs of which a figure is the median."""

    share: float = 1.0
    """The part of each case's rows and records; only with all of them a document is written."""

    million_records: int = 50
    million_rows: int = 20
    """Lengths of the two growth runs."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.share == 1

    def count(self, whole: int) -> int:
        """Return how many rows or records there are of so many."""
        return whole if self.is_whole else max(int(whole * self.share), LEAST)
