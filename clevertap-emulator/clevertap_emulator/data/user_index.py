"""Which entries of a growing list belong to a user, in little memory."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

NONE_BEFORE = -1


class UserIndex:
    """The positions of each user's entries in one list, the newest first."""

    def __init__(self) -> None:
        self._last: dict[Hashable, int] = {}
        self._previous = array("q")
        self.counts: Counter[Hashable] = Counter()

    def add(self, user: Hashable) -> None:
        """Note whose the next entry of the list is."""
        self._previous.append(self._last.get(user, NONE_BEFORE))
        self._last[user] = len(self._previous) - 1
        self.counts[user] += 1

    def newest(self, user: Hashable) -> Iterator[int]:
        """Yield the positions of a user's entries, the newest first."""
        position = self._last.get(user, NONE_BEFORE)
        while position != NONE_BEFORE:
            yield position
            position = self._previous[position]
