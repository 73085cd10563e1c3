"""The names that were delivered last, until they are put among all others in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.entries import NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NAMES = 100_000
"""They take about 10 MB, and as much again while they are moved."""
NAMES_AT_ONCE = 1200
"""More than are delivered at once, so that moving ends before as many have come again."""
HEADS = 256
"""First bytes of names."""


class Move(NamedTuple):
    """Names to put among all others."""

    names: list[bytes]
    heads: int
    needless_rows: list[int]
    """Rows that nothing has to be read from any more."""


class Recent:
    """Delivered names that lie in the file as they came, and here to be looked up.

    Names are spread over the whole table: put there as they come, each would have a page of the
    file written. When there are many they are moved in their order, and neighbours share a page.
    """

    def __init__(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take over what earlier runs left.

        Args:
            rows: Of the file, oldest first, each with its number and names.
        """
        self._rows: list[int] = []
        self._names: set[bytes] = set()
        self._by_head = _by_head()
        self._moving: set[bytes] = set()
        self._left: list[list[bytes]] = []
        self._moving_rows: list[int] = []
        for row, content in rows:
            self.add(row, _split(content))

    def known(self, names: Sequence[bytes]) -> set[bytes]:
        """Return those of the names that were delivered."""
        return self._names.intersection(names) | self._moving.intersection(names)

    def add(self, row: int, names: Sequence[bytes]) -> None:
        """Note names that were written to a row."""
        self._rows.append(row)
        self._names.update(names)
        for name in names:
            self._by_head[name[0]].append(name)
        if len(self._names) >= MOST_NAMES and not self._left:
            self._moving, self._names = self._names, set()
            self._left, self._by_head = self._by_head, _by_head()
            self._moving_rows, self._rows = self._rows, []

    def next_move(self) -> Move:
        """Return which names to move next, if any."""
        names: list[bytes] = []
        heads = 0
        while heads < len(self._left) and len(names) < NAMES_AT_ONCE:
            names += sorted(self._left[heads])
            heads += 1
        is_last = 0 < heads == len(self._left)
        return Move(names, heads, self._moving_rows if is_last else [])

    def moved(self, move: Move) -> None:
        """Forget names that are among all others now."""
        del self._left[: move.heads]
        if not self._left:
            self._moving = set()


def _by_head() -> list[list[bytes]]:
    return [[] for _ in range(HEADS)]


def _split(content: bytes) -> list[bytes]:
    return [content[at : at + NAME_BYTES] for at in range(0, len(content), NAME_BYTES)]
