"""In which order exports are opened, and how many days each covers: the window policy.

How many rows a day of an event has is not known before some were read. So each event begins with
a week; what its pages were says how many days the next exports take. Large events are cut so that
a lost cursor costs little and that none is left alone at the end; small ones are read in few
exports, since each export costs a request or two of its own.
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
"""Pages in one export: 200,000 rows, whose fingerprints are 4 MB."""
FEWEST_PAGES = 5
"""Smaller ones would cost more requests than they save time."""


class _Event:
    """The days of one event that are still to be opened, and what its opened exports were like."""

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
        """Whether an export of it was read to its end."""
        return self._ended_days > 0

    @property
    def pages_left(self) -> float:
        """Pages of the days left, at least: exports that are being read may have more."""
        days = self._ended_days + sum(export.window.days for export in self._open)
        pages = self._ended_pages + sum(export.pages for export in self._open)
        return self._left.days * pages / days if days else 0.0

    def look(self) -> None:
        """Take note of the exports that have ended."""
        for export in [each for each in self._open if each.has_ended]:
            self._open.remove(export)
            self._ended_days += export.window.days
            self._ended_pages += export.pages

    def cut(self, pages: float) -> Window:
        """Return the next days to open."""
        days = min(self.days_left, self._days_of(pages))
        window = Window(self._left.first, self._left.first + (days - 1) * ONE_DAY)
        self._left = Window(window.last + ONE_DAY, self._left.last)
        return window

    def opened(self, export: Export) -> None:
        self._open.append(export)

    def _days_of(self, pages: float) -> int:
        if not self.is_known:
            return FIRST_DAYS
        if not self._ended_pages:
            return MOST_DAYS
        return max(1, min(MOST_DAYS, int(pages * self._ended_days / self._ended_pages)))


class Schedule:
    """The exports of a run, each made when it is to be opened."""

    def __init__(
        self,
        days: Mapping[str, Window],
        export: Callable[[str, Window], Export],
        *,
        max_in_flight: int,
    ) -> None:
        """Open nothing yet.

        Args:
            days: The days to read of each event.
            export: Makes an export of an event and a window.
            max_in_flight: Requests in flight at most.
        """
        self._events = [_Event(name, each) for name, each in days.items()]
        self._export = export
        self._max_in_flight = max_in_flight

    def __iter__(self) -> Iterator[Export]:
        """Yield exports that cover every day of every event exactly once."""
        while waiting := [event for event in self._events if event.days_left]:
            for each in waiting:
                each.look()
            event = _next(waiting)
            window = event.cut(self._pages_for_one(waiting))
            export = self._export(event.name, window)
            event.opened(export)
            yield export

    def _pages_for_one(self, waiting: list[_Event]) -> float:
        # A share of what is left becomes small towards the end: all requests have work until then.
        share = sum(event.pages_left for event in waiting) / self._max_in_flight
        return max(FEWEST_PAGES, min(MOST_PAGES, share))


def _next(waiting: list[_Event]) -> _Event:
    """Return an event that was never opened, else the one with most pages left."""
    for event in waiting:
        if not event.is_opened:
            return event
    known = [event for event in waiting if event.is_known]
    return max(known, key=lambda event: event.pages_left) if known else waiting[0]
