"""The days of one event that are not opened yet, and how many pages they have."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from tap_clevertap.exports.windows import ONE_DAY, Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from tap_clevertap.exports.export import Export

FIRST_DAYS = 7
MOST_DAYS = 31
MOST_COUNTED_DAYS = 365
"""Days in one export of an event whose totals are known: a rare event needs few exports."""


class EventProgress(Protocol):
    """The days of one event that are not opened yet."""

    @property
    def is_known(self) -> bool:
        """Whether the number of pages is known, or an export was read to its end."""

    @property
    def is_opened(self) -> bool:
        """Whether its number of pages can be estimated soon."""

    @property
    def days_left(self) -> int:
        """The number of days that are not opened."""

    @property
    def pages_left(self) -> float:
        """The pages of the days left, estimated or counted."""

    def count_ended(self) -> None:
        """Add the exports that have ended to the page counts."""

    def next_window(self, pages: float) -> Window:
        """Return the next days to open.

        Args:
            pages: Pages that the window should have.
        """

    def track(self, export: Export) -> None:
        """Follow an export that is opened now."""


class EstimatedProgress(EventProgress):
    """Days without known totals: the pages of earlier exports size the following windows.

    Args:
        days: All days to read.
        window_days: The setting; 0 if windows are planned.
    """

    def __init__(self, days: Window, *, window_days: int = 0) -> None:
        self._left = days
        self._window_days = window_days
        self._open: list[Export] = []
        self._ended_days = 0
        self._ended_pages = 0

    @property
    @override
    def days_left(self) -> int:
        return self._left.days

    @property
    @override
    def is_opened(self) -> bool:
        return bool(self._open) or self.is_known

    @property
    @override
    def is_known(self) -> bool:
        return self._ended_days > 0

    @property
    @override
    def pages_left(self) -> float:
        days = self._ended_days + sum(export.window.days for export in self._open)
        pages = self._ended_pages + sum(export.pages for export in self._open)
        return self._left.days * pages / days if days else 0.0

    @override
    def count_ended(self) -> None:
        for export in [each for each in self._open if each.has_ended]:
            self._open.remove(export)
            self._ended_days += export.window.days
            self._ended_pages += export.pages

    @override
    def next_window(self, pages: float) -> Window:
        days = min(self.days_left, self._window_days or self._days_of(pages))
        window = Window(self._left.first, self._left.first + (days - 1) * ONE_DAY)
        self._left = Window(window.last + ONE_DAY, self._left.last)
        return window

    @override
    def track(self, export: Export) -> None:
        self._open.append(export)

    def _days_of(self, pages: float) -> int:
        if not self.is_known:
            return FIRST_DAYS
        if not self._ended_pages:
            return MOST_DAYS
        return max(1, min(MOST_DAYS, int(pages * self._ended_days / self._ended_pages)))


class CountedProgress(EventProgress):
    """Days with known totals: windows are sized by their rows.

    Args:
        runs: Days to read, each without a gap, in order.
        pages: Pages of each day with rows.
        window_days: The setting; 0 if windows are planned.
    """

    def __init__(
        self, runs: Sequence[Window], pages: Mapping[date, float], *, window_days: int = 0
    ) -> None:
        self._runs = [*runs]
        self._pages = pages
        self._most_days = window_days or MOST_COUNTED_DAYS
        self._by_days = bool(window_days)
        self._pages_left = sum(pages.get(day, 0.0) for run in runs for day in run.each())

    @property
    @override
    def is_known(self) -> bool:
        return True

    @property
    @override
    def is_opened(self) -> bool:
        return True

    @property
    @override
    def days_left(self) -> int:
        return sum(run.days for run in self._runs)

    @property
    @override
    def pages_left(self) -> float:
        return self._pages_left

    @override
    def count_ended(self) -> None:
        pass  # the pages of exports are known

    @override
    def next_window(self, pages: float) -> Window:
        run = self._runs.pop(0)
        days = [*run.each()][: self._most_days]
        sums = [*accumulate(self._pages.get(day, 0.0) for day in days)]
        fitting = len(days) if self._by_days else sum(each <= pages for each in sums)
        window = Window(run.first, days[max(fitting, 1) - 1])
        if window.last < run.last:
            self._runs.insert(0, Window(window.last + ONE_DAY, run.last))
        self._pages_left -= sums[window.days - 1]
        return window

    @override
    def track(self, export: Export) -> None:
        pass
