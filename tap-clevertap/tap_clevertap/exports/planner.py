"""The window policy: the order in which exports are opened, and the days that each covers.

The number of rows in a day of an event is unknown until some days were read. Each event begins with
a week; its page count sizes the following windows. Large events are split into windows of a limited
number of pages: a lost cursor then costs little, and no export is left alone at the end. Small
events get long windows, because each export costs a request or two of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.exports.windows import ONE_DAY, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_clevertap.exports.export import Export

FIRST_DAYS = 7
MOST_DAYS = 31
MOST_PAGES = 40
"""Pages in one export: 200,000 rows, whose fingerprints take 4 MB."""
FEWEST_PAGES = 5
"""Smaller exports would cost more requests than they save time."""


class _EventProgress:
    """The days of one event that are not opened yet, and the page counts of its exports.

    Args:
        name: Of the event.
        days: All days to read.
    """

    def __init__(self, name: str, days: Window) -> None:
        self.name = name
        self._left = days
        self._open: list[Export] = []
        self._ended_days = 0
        self._ended_pages = 0

    @property
    def days_left(self) -> int:
        return self._left.days

    @property
    def is_opened(self) -> bool:
        return bool(self._open) or self.is_known

    @property
    def is_known(self) -> bool:
        """Whether an export of the event was read to its end."""
        return self._ended_days > 0

    @property
    def pages_left(self) -> float:
        """Estimated pages of the days left; exports that are still being read may have more."""
        days = self._ended_days + sum(export.window.days for export in self._open)
        pages = self._ended_pages + sum(export.pages for export in self._open)
        return self._left.days * pages / days if days else 0.0

    def count_ended(self) -> None:
        """Add the exports that have ended to the page counts."""
        for export in [each for each in self._open if each.has_ended]:
            self._open.remove(export)
            self._ended_days += export.window.days
            self._ended_pages += export.pages

    def next_window(self, pages: float) -> Window:
        """Return the next days to open.

        Args:
            pages: Pages that the window should have.
        """
        days = min(self.days_left, self._days_of(pages))
        window = Window(self._left.first, self._left.first + (days - 1) * ONE_DAY)
        self._left = Window(window.last + ONE_DAY, self._left.last)
        return window

    def track(self, export: Export) -> None:
        self._open.append(export)

    def _days_of(self, pages: float) -> int:
        if not self.is_known:
            return FIRST_DAYS
        if not self._ended_pages:
            return MOST_DAYS
        return max(1, min(MOST_DAYS, int(pages * self._ended_days / self._ended_pages)))


class Planner:
    """Plans the exports of a run; each is made when it is to be opened.

    - Iterate over it once. The reader does so while it holds its lock.
    - It reads `pages` and `has_ended` of the exports it made, and raises nothing.

    Args:
        days: The days to read of each event, by its name.
        make_export: Makes an export of an event and a window.
        max_in_flight: The setting.
    """

    def __init__(
        self,
        days: Mapping[str, Window],
        make_export: Callable[[str, Window], Export],
        *,
        max_in_flight: int,
    ) -> None:
        self._events = [_EventProgress(name, each) for name, each in days.items()]
        self._make_export = make_export
        self._max_in_flight = max_in_flight

    def __iter__(self) -> Iterator[Export]:
        """Yield exports that cover each day of each event exactly once."""
        while unfinished := [event for event in self._events if event.days_left]:
            for each in unfinished:
                each.count_ended()
            event = _next_event(unfinished)
            window = event.next_window(self._pages_of_one(unfinished))
            export = self._make_export(event.name, window)
            event.track(export)
            yield export

    def _pages_of_one(self, unfinished: list[_EventProgress]) -> float:
        # A share of what is left shrinks towards the end, so that no request is left alone there.
        share = sum(event.pages_left for event in unfinished) / self._max_in_flight
        return max(FEWEST_PAGES, min(MOST_PAGES, share))


def _next_event(unfinished: list[_EventProgress]) -> _EventProgress:
    """Return an event that was never opened, or else the one with most pages left."""
    for event in unfinished:
        if not event.is_opened:
            return event
    known = [event for event in unfinished if event.is_known]
    return max(known, key=lambda event: event.pages_left) if known else unfinished[0]
