"""The names that were delivered last, until there are enough of them for a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NAMES = 100_000
"""They take about 10 MB. A segment of the lowest level has as many."""


class PendingNames:
    """Delivered names that are in claims in the file as they came, and here to be looked up.

    - It has no lock: the ledger has one.
    - It reads and writes nothing.
    """

    def __init__(self, rows: Iterable[tuple[int, bytes, int]] = ()) -> None:
        """Take over what earlier runs left.

        Args:
            rows: Claims, oldest first, each with its number, its names and their day.
        """
        self.rows: list[int] = []
        self.names: set[bytes] = set()
        self.first_day = self.last_day = 0
        for row, content, day in rows:
            self.append_row(row, split(content), day)

    @property
    def is_full(self) -> bool:
        """Whether a segment is to be made of them."""
        return len(self.names) >= MOST_NAMES

    def known(self, names: Iterable[bytes]) -> set[bytes]:
        """Return those of the names that were delivered."""
        return self.names.intersection(names)

    def append_row(self, row: int, names: Sequence[bytes], day: int) -> None:
        """Note names that were written to a claim.

        Args:
            row: Its number.
            names: All that it has.
            day: On which they were delivered, in days since 1970.
        """
        self.first_day = min(self.first_day, day) if self.rows else day
        self.last_day = max(self.last_day, day)
        self.rows.append(row)
        self.names.update(names)


def split(content: bytes) -> list[bytes]:
    """Return names that are given end to end."""
    return [content[at : at + NAME_BYTES] for at in range(0, len(content), NAME_BYTES)]
