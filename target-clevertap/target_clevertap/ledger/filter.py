"""Which names a ledger certainly does not hold: a Bloom filter of all it holds, in memory."""

from __future__ import annotations

from array import array
from functools import cache
from hashlib import blake2b
from sys import byteorder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CELL_BYTES = 8
PLACE_BITS = 32
"""Of a name, to choose a cell."""
BITS_SET = 4
"""In a name's cell. With eight names in each, one new name in 25 looks known."""
MASKS = 4096
MOST_IN_A_CELL = 8
SMALLEST = 1 << 17
"""Cells: 1 MB, for a million names. It has to be a power of two."""
GROWTH = 4
PART_BYTES = 1 << 20
"""Of the filter in the ledger's file; the smallest filter is one part."""


class NameFilter:
    """A set of names that may say yes by mistake, and never no.

    - A name is a hash: its first four bytes choose a cell, the next four the bits in it. So sorted
      names are added to one cell after the other, which is fast.
    - Nothing leaves it, so that it may be written down while it changes.
    - It has no lock: the ledger has one.
    """

    def __init__(self, words: array[int], names: int = 0) -> None:
        """Hold what the words say; `empty` and `load` make them.

        Args:
            words: The cells. There is a power of two of them.
            names: How often a name was added.
        """
        self.names = names
        """How often a name was added since it was made."""

        self._words = words
        self._shift = PLACE_BITS + 1 - len(words).bit_length()
        self._masks = _masks()

    @classmethod
    def empty(cls, cells: int) -> NameFilter:
        """Return a filter that holds nothing.

        Args:
            cells: How many it has, from `cells_for`.
        """
        return cls(array("Q", bytes(CELL_BYTES)) * cells)

    @classmethod
    def load(cls, parts: Iterable[bytes], names: int) -> NameFilter:
        """Return a filter as it was written down.

        Args:
            parts: All of them, in order.
            names: How many had been added.
        """
        words = array("Q")
        for part in parts:
            words.frombytes(part)
        return cls(words, names)

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return len(self._words)

    @property
    def is_full(self) -> bool:
        """Whether so many names were added that it says yes too often."""
        return self.names > self.cells * MOST_IN_A_CELL

    @property
    def parts(self) -> int:
        """How many parts it is written down in."""
        return self.cells * CELL_BYTES // PART_BYTES

    def part(self, number: int) -> bytes:
        """Return a part, from 0."""
        size = PART_BYTES // CELL_BYTES
        return self._words[number * size : (number + 1) * size].tobytes()

    def add(self, names: bytes) -> None:
        """Hold names, which are given end to end."""
        places, bits = _numbers(names)
        words, masks, shift = self._words, self._masks, self._shift
        for place, chosen in zip(places, bits, strict=True):
            words[place >> shift] |= masks[chosen & 4095]
        self.names += len(places)

    def possible(self, names: Sequence[bytes]) -> list[bytes]:
        """Return those of the names that it may hold."""
        places, bits = _numbers(b"".join(names))
        words, masks, shift = self._words, self._masks, self._shift
        return [
            name
            for name, place, chosen in zip(names, places, bits, strict=True)
            if words[place >> shift] & (mask := masks[chosen & 4095]) == mask
        ]


def cells_for(names: int) -> int:
    """Return how many cells a filter for so many names has, with room for as many again."""
    cells = SMALLEST
    while cells * MOST_IN_A_CELL < names:
        cells *= GROWTH
    return cells


def _numbers(names: bytes) -> tuple[array[int], array[int]]:
    """Return the first and the second four bytes of each name, as numbers."""
    numbers = array("I", names)
    if byteorder == "little":  # sorted names have sorted numbers
        numbers.byteswap()
    return numbers[::4], numbers[1::4]


@cache
def _masks() -> list[int]:
    """Return the bits that a name sets in its cell, by twelve bits of the name; part of the format.

    Shape: 4,096 numbers of 64 bits, each with four bits set.
    """
    return [_mask(number) for number in range(MASKS)]


def _mask(number: int) -> int:
    places: dict[int, None] = {}
    for byte in blake2b(number.to_bytes(2, "big")).digest():
        places[byte & 63] = None
        if len(places) == BITS_SET:
            break
    return sum(1 << place for place in places)
