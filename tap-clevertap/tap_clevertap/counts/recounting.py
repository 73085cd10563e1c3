"""Second counts of the days of a window that differ: of ranges, which are halved, and of days."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tap_clevertap.counts.second_counts import PAUSE
from tap_clevertap.counts.windows import without_gaps
from tap_clevertap.exports.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from tap_clevertap.counts.second_counts import SecondCounts
    from tap_clevertap.counts.verification import WindowCheck

MOST_ALONE = 7
"""Days of a window that are all counted one by one; more are counted in ranges."""


def suspects(check: WindowCheck) -> list[Window]:
    """Return the days to count a second time, in order: each that differs, or ranges of many."""
    differing = check.differing()
    return _ranges(differing, check.days_to_sum() if len(differing) > MOST_ALONE else ())


def _ranges(differing: Sequence[date], summed: Collection[date]) -> list[Window]:
    ranges = [Window(day, day) for day in differing if day not in summed]
    for days in without_gaps(summed):
        inside = [day for day in differing if days.first <= day <= days.last]
        ranges += [Window(inside[0], inside[-1])] if inside else []
    return sorted(ranges, key=lambda days: days.first)


@dataclass
class Recounting:
    """Counts the days of a window that differ from their daily totals.

    - A range whose sum is right has the rows that were read. One that differs is halved.
    - A day that differs is counted once more, after a pause.

    Args:
        event_name: The event.
        check: Of the window; it gets the counts.
        second_counts: Of the run.
        then: Is called once, when no more counts arrive.
    """

    event_name: str
    check: WindowCheck
    second_counts: SecondCounts
    then: Callable[[], None]
    _repeated: set[date] = field(default_factory=set)
    _waiting: int = 0

    def ask(self) -> None:
        """Ask for the counts; there must be a day that differs."""
        self._ask(suspects(self.check))

    def _ask(self, ranges: Sequence[Window], *, pause: float = 0.0) -> None:
        self._waiting += len(ranges)
        for days in ranges:
            then = partial(self._take, days)
            self.second_counts.ask(self.event_name, days, then, pause=pause)

    def _take(self, days: Window, count: int | None) -> bool:
        is_right = count is not None and self.check.settle(days, count)
        if count is not None and not is_right:
            self._ask_again(days)
        self._waiting -= 1
        if not self._waiting:
            self.then()
        return is_right

    def _ask_again(self, days: Window) -> None:
        if days.days > 1:
            self._ask([*self._halves(days)])
            return
        day, is_suspect = days.first, days.first in self.check.differing()
        if not is_suspect or day in self._repeated or self.second_counts.seconds_left() <= PAUSE:
            return
        self._repeated.add(day)
        self._ask([days], pause=PAUSE)

    def _halves(self, days: Window) -> Iterator[Window]:
        inside = [day for day in self.check.differing() if days.first <= day <= days.last]
        middle = len(inside) // 2
        for half in filter(None, (inside[:middle], inside[middle:])):
            yield Window(half[0], half[-1])
