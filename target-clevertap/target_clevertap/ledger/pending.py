"""The names that were delivered last, until they are put among all others in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.records.entries import NAME_BYTES

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
    done: int
    """First bytes of names, from 0, whose names are all moved by then."""

    begun_rows: list[int]
    """Rows to mark: with this move their names begin to be moved."""

    needless_rows: list[int]
    """Rows that nothing has to be read from any more."""


class PendingNames:
    """Delivered names that are in the file as they came, and here to be looked up.

    Names are spread over the whole table: put there as they come, each would have a page of the
    file written. When there are many they are moved in their order, and neighbours share a page.

    - It has no lock: the ledger has one.
    - It reads and writes nothing: `next_move` says what to write, `moved` that it is written.
    """

    def __init__(
        self,
        rows: Iterable[tuple[int, bytes]],
        begun_rows: Iterable[tuple[int, bytes]] = (),
        done: int = 0,
    ) -> None:
        """Take over what earlier runs left.

        Args:
            rows: Of the file, oldest first, each with its number and names.
            begun_rows: Those that an earlier run began to move.
            done: First bytes of names, from 0, whose names it moved of these.
        """
        self._rows: list[int] = []
        self._names: set[bytes] = set()
        self._by_head = _by_head()
        self._moving: set[bytes] = set()
        self._left: list[list[bytes]] = []
        self._moving_rows: list[int] = []
        for row, content in begun_rows:
            self._note(row, [name for name in _split(content) if name[0] >= done])
        if self._rows:
            self._begin_move(done)
        for row, content in rows:
            self.append_row(row, _split(content))

    def known(self, names: Sequence[bytes]) -> set[bytes]:
        """Return those of the names that were delivered."""
        return self._names.intersection(names) | self._moving.intersection(names)

    def append_row(self, row: int, names: Sequence[bytes]) -> None:
        """Note names that were written to a row."""
        self._note(row, names)
        if len(self._names) >= MOST_NAMES and not self._left:
            self._begin_move(0)

    def move_all(self) -> None:
        """Have what is left moved next, however little it is."""
        if self._rows and not self._left:
            self._begin_move(0)

    def next_move(self) -> Move:
        """Return which names to move next, if any."""
        names: list[bytes] = []
        heads = 0
        while heads < len(self._left) and len(names) < NAMES_AT_ONCE:
            names += sorted(self._left[heads])
            heads += 1
        is_last = 0 < heads == len(self._left)
        is_first = heads and len(self._left) == HEADS
        return Move(
            names,
            heads,
            HEADS - len(self._left) + heads,
            self._moving_rows if is_first and not is_last else [],
            self._moving_rows if is_last else [],
        )

    def moved(self, move: Move) -> None:
        """Forget names that are among all others now."""
        del self._left[: move.heads]
        if not self._left:
            self._moving = set()

    def _note(self, row: int, names: Sequence[bytes]) -> None:
        self._rows.append(row)
        self._names.update(names)
        for name in names:
            self._by_head[name[0]].append(name)

    def _begin_move(self, heads: int) -> None:
        self._moving, self._names = self._names, set()
        self._left, self._by_head = self._by_head[heads:], _by_head()
        self._moving_rows, self._rows = self._rows, []


def _by_head() -> list[list[bytes]]:
    return [[] for _ in range(HEADS)]


def _split(content: bytes) -> list[bytes]:
    return [content[at : at + NAME_BYTES] for at in range(0, len(content), NAME_BYTES)]
