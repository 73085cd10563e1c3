"""Rows that were delivered last, by their hashes, to be looked up many at once in memory."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD_BYTES = 8
SPARSE = 2
"""Words for each row at least."""


class KnownRows:
    """A set of hashes of 64 bits, 16 to 32 bytes each; of 0 it does not know anything."""

    def __init__(self, most: int) -> None:
        """Hold nothing yet.

        Args:
            most: How many there will be.
        """
        size = 1 << (SPARSE * max(most, 1)).bit_length()
        self._words = array("q", bytes(WORD_BYTES)) * size
        self._mask = size - 1
        self._room = most

    def add(self, rows: Sequence[int]) -> None:
        """Add rows, as long as there is room for them."""
        words, mask = self._words, self._mask
        rows = rows[: self._room]
        self._room -= len(rows)
        for row in rows:
            place = row & mask
            if words[place]:
                while words[place] and words[place] != row:
                    place = (place + 1) & mask
            words[place] = row

    def has(self, rows: Sequence[int]) -> list[bool]:
        """Tell which rows were added."""
        words, mask = self._words, self._mask
        found = [words[row & mask] == row for row in rows]
        if not all(found):
            for index, is_found in enumerate(found):
                if not is_found:
                    found[index] = self._is_behind(rows[index])
        return found

    def _is_behind(self, row: int) -> bool:
        """Tell whether a row is in one of the places after its own."""
        words, mask = self._words, self._mask
        place = row & mask
        while (word := words[place]) and word != row:
            place = (place + 1) & mask
        return bool(word)
