"""What a ledger does next to its work, a step at a time, so that its size is not felt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.ledger.blocks import PREFIXES, next_prefix
from target_clevertap.ledger.merging import (
    FILTERED_FROM,
    LEVELS,
    needs_saved_filter,
    next_merge,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_clevertap.ledger.saved_filter import SavedFilter
    from target_clevertap.ledger.segments import Segments

NAMES_AT_ONCE = 65_536
"""About as many a step takes."""
NAMES_A_STEP = 9600
"""For so many delivered names there is a step. Each name is merged two or three times, and a step
takes more than that many."""
NAMES_A_LARGE_STEP = 32_768
"""The same for a step of a large merge, which so takes two names for each delivered one. A name is
in one such merge below 400 million names, and in two up to six billion."""


class Upkeep:
    """Merges segments, renews and saves the filter, deletes what is forgotten.

    - It has no lock: the ledger has one.
    - What cannot be read or written raises `sqlite3.Error`.
    """

    def __init__(
        self,
        segments: Segments,
        names: SavedFilter,
        others: Callable[[], Sequence[bytes]],
        ledger_days: int,
    ) -> None:
        """Do nothing yet.

        Args:
            segments: All of a ledger.
            names: The filter that holds all names.
            others: Returns the names that are in no segment.
            ledger_days: After which names are forgotten; 0 is never.
        """
        self._segments = segments
        self._filter = names
        self._others = others
        self._ledger_days = ledger_days
        self._due = 0

    def advance(self, names: int) -> None:
        """Make the steps that are due once so many more names are delivered."""
        self._due += names
        while self._due >= NAMES_A_STEP:
            self._due -= self.step() or self._due

    def closing_step(self) -> bool:
        """Make a step at the end of a run, and tell whether to make another if there is time.

        After one of a large merge there is none: the next runs go on with it.
        """
        return self.step() == NAMES_A_STEP

    def step(self) -> int:
        """Make a step, and return for how many delivered names; 0 if there was none to make.

        Small merges come first, for without them segments pile up. Large ones take long, so the
        filter does not wait for them. They wait for it: it is saved soon, as it lacks their names.
        """
        group = next_merge(self._segments, self._ledger_days)
        if group and not needs_saved_filter(group):
            self._segments.begin_merge(group)
            return NAMES_A_STEP
        if self._filter.is_due:
            self._filter.begin_growth(self._others())
        if self._merge(FILTERED_FROM) or self._filter.grow() or self._filter.save():
            return NAMES_A_STEP
        if self._merge(LEVELS):
            return NAMES_A_LARGE_STEP
        return NAMES_A_STEP if self._drop_forgotten() else 0

    def _merge(self, highest: int) -> bool:
        """Go on with the merge of the lowest level, and tell whether there is one.

        Args:
            highest: The level up to which to look for one: the higher, the longer it takes.
        """
        begun = [each for each in self._segments if each.done is not None and each.level <= highest]
        if not begun:
            return False
        made = min(begun, key=lambda each: each.level)
        if made.done == PREFIXES:
            sources = [each.id for each in self._segments.sources(made)]
            self._segments.end_merge(made)
            self._filter.merged(made.id, sources)
        else:
            self._segments.merge(made, next_prefix(made.done or 0, made.names, NAMES_AT_ONCE))
        return True

    def _drop_forgotten(self) -> bool:
        forgotten = next((each for each in self._segments if each.is_forgotten), None)
        if forgotten is not None:
            self._segments.drop_some(forgotten)
        return forgotten is not None
