"""Daily totals that are smaller than those in the state: a second count says what that means."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tap_clevertap.counts.windows import without_gaps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tap_clevertap.counts.counted_event import CountedEvent
    from tap_clevertap.counts.second_counts import SecondCounts
    from tap_clevertap.counts.totals import DayTotals
    from tap_clevertap.exports.windows import Window


@dataclass
class SmallerTotals:
    """Finds out whether days whose daily totals are smaller than before have more rows or fewer.

    Args:
        event: Of the days.
        totals: The daily totals that are smaller than those in the state.
        then: Is called once, with the days that may have more rows than before.
    """

    event: CountedEvent
    totals: DayTotals
    then: Callable[[set[date]], None]
    _grown: set[date] = field(default_factory=set)
    _waiting: int = 0

    def ask(self, second_counts: SecondCounts) -> None:
        """Ask for a second count of each range of days."""
        ranges = without_gaps(self.totals)
        self._waiting = len(ranges)
        for days in ranges:
            second_counts.ask(self.event.name, days, partial(self._take, days))

    def _take(self, days: Window, count: int | None) -> bool:
        self._waiting -= 1
        is_settled = count is not None and self._compare(days, count)
        if not self._waiting:
            self.then(self._grown)
        return is_settled

    def _compare(self, days: Window, count: int) -> bool:
        """Return whether the count tells what happened."""
        now = {day: self.totals[day] for day in days.each()}
        before = sum(self.event.bookmark.totals[day] for day in now)
        if count > before:
            self._grown |= now.keys()
        elif count == sum(now.values()):
            self.event.remember(now)
        elif count == before:
            # Their daily totals are lower than exports, so growth shows only in comparison with
            # them. A total of 0 tells nothing: the day is only not counted yet.
            self.event.remember({day: total for day, total in now.items() if total})
        else:
            return False
        return True
