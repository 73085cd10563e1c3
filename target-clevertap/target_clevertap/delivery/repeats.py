"""Records of a batch with one name in the ledger: the first is sent, the others repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_clevertap.records.entries import Entry


class Repeats:
    """Which records of a batch repeat which; places are those in the batch.

    - One thread uses it.
    - A repeat ends as its first does, and is not sent.
    - A repeat with other content is a substitute: it is sent where CleverTap refused its first.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Find the repeats.

        Args:
            entries: Of the batch.
        """
        self.firsts: dict[bytes, int] = {}
        """By name, the first of its records."""

        self._first_of: dict[int, int] = {}
        self._substitutes: dict[int, list[int]] = {}
        names = [name for entry in entries if (name := entry.name) is not None]
        firsts = dict(zip(names, range(len(names)), strict=True))
        if len(firsts) == len(entries):  # mostly each has a name of its own
            self.firsts = firsts
            return
        for place, entry in enumerate(entries):
            if entry.name is None:
                continue
            first = self.firsts.setdefault(entry.name, place)
            if first == place:
                continue
            self._first_of[place] = first
            if entry.payload != entries[first].payload:
                self._substitutes.setdefault(first, []).append(place)

    def __bool__(self) -> bool:
        """Tell whether there are repeats."""
        return bool(self._first_of)

    def __contains__(self, place: int) -> bool:
        """Tell whether a record repeats another one."""
        return place in self._first_of

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Return the repeats, each with its first."""
        return iter(self._first_of.items())

    def has_substitute(self, first: int) -> bool:
        """Tell whether another record can be sent in place of a refused one."""
        return first in self._substitutes

    def replace(self, is_refused: Callable[[int], bool]) -> list[int]:
        """Put a substitute in place of each refused first, and return the substitutes.

        Args:
            is_refused: Of a record's place.
        """
        replaced = []
        for first in [place for place in self._substitutes if is_refused(place)]:
            substitute, *others = self._substitutes.pop(first)
            del self._first_of[substitute]
            self._first_of.update(dict.fromkeys(others, substitute))
            if others:
                self._substitutes[substitute] = others
            replaced.append(substitute)
        return replaced
