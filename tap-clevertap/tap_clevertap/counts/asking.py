"""Ask for the totals of each event, and plan the days to read from them."""

from __future__ import annotations

import logging
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.config.event_names import list_names
from tap_clevertap.counts.question import LATE, NOT_OF_EVENT
from tap_clevertap.counts.second_counts import MOST_LATE
from tap_clevertap.counts.smaller_totals import SmallerTotals
from tap_clevertap.counts.tasks import Counted, EventCount
from tap_clevertap.counts.windows import grown_days, plan_days, without_gaps
from tap_clevertap.exports.progress import CountedProgress, EstimatedProgress
from tap_clevertap.exports.windows import ONE_DAY, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_clevertap.counts.counted_event import CountedEvent, CountSettings
    from tap_clevertap.counts.second_counts import SecondCounts
    from tap_clevertap.counts.totals import DayTotals
    from tap_clevertap.exports.progress import EventProgress
    from tap_clevertap.exports.reader import ExportReader

MOST_REFUSED = 3
"""Counts that fail, without one that succeeds, until no more are asked for."""
ZERO = "CleverTap counts no row of any event"
LEFT_OUT = "CleverTap's totals leave out days with rows"
MOST_WINDOWS_SHOWN = 3
GREW = "have more rows than when they were read"
SHORT = "had fewer rows than CleverTap counts"

logger = logging.getLogger("tap-clevertap")


class CountAsking:
    """Asks for totals, and tells the reader which days to read.

    - `CountCheck` calls `begin`, then `take` for each result. Only the main thread uses it.
    - An event without totals is read as if there were no counts. So are all events of a project
      whose counts fail, or are zero everywhere.

    Args:
        settings: Of the run.
        second_counts: Of the run.
        events: By name.
        close_empty: Closes days without rows, which need no export.
    """

    def __init__(
        self,
        settings: CountSettings,
        second_counts: SecondCounts,
        events: Mapping[str, CountedEvent],
        close_empty: Callable[[CountedEvent, Window], None],
    ) -> None:
        self._settings = settings
        self._second_counts = second_counts
        self._events = events
        self._close_empty = close_empty
        self._reader: ExportReader
        self._counting: set[str] = set()
        self._empty: list[CountedEvent] = []
        """Events with no row in any total, until another one has rows."""
        self._without_rows: list[str] = []
        self._failures: list[str] = []
        self._late = 0
        self._has_rows = False
        """Whether a total of this run has rows: the project's counts work."""
        self._is_wanted = True
        self._is_zero_everywhere = False

    def begin(self, reader: ExportReader) -> None:
        """Give the reader its first tasks."""
        self._reader = reader
        if not self._settings.is_on:
            for event in self._events.values():
                self._read_uncounted(event)
            return
        tasks = [self._task(event) for event in self._events.values() if event.days.days]
        self._counting = {task.event_name for task in tasks}
        with reader.planning() as planner:
            for name in self._counting:
                planner.expect(name)
            planner.add(tasks)

    def take(self, counted: Counted) -> None:
        """Plan the days of an event whose totals arrived, or are known not to arrive."""
        if counted.event_name not in self._counting:
            return
        self._counting.discard(counted.event_name)
        event = self._events[counted.event_name]
        event.counted = counted
        self._late = self._late + 1 if counted.failure == LATE else 0
        if counted.totals is None:
            self._read_uncounted(event)
            self._give_up(counted.failure)
        elif any(counted.totals.values()):
            self._has_rows = True
            self._plan(event)
        else:
            self._empty.append(event)
        if self._has_rows or not self._counting:
            self._plan_empty()

    def note_failure(self, failure: str) -> None:
        """Note why some days have no counts."""
        self._failures.append(failure)

    def report(self) -> None:
        """Log the events without rows, and warn once of those that have no counts."""
        if self._without_rows:
            message = "CleverTap counts no row of %d events (%s), so they are not read"
            logger.info(message, len(self._without_rows), list_names(self._without_rows))
        if self._is_zero_everywhere and self._has_read_rows():
            self._failures.append(ZERO)
        if self._failures:
            message = (
                "verify_counts: some events have no counts (%s), so what was read of them is not "
                "proved; set verify_counts to off if your project has no counts"
            )
            logger.warning(message, ", ".join(dict.fromkeys(self._failures)))

    def _task(self, event: CountedEvent) -> EventCount:
        first, bookmark = event.days.first, event.bookmark
        if bookmark.first_day is not None and bookmark.last_closed_day is not None:
            closed = bookmark.last_closed_day
            back = min(self._settings.verify_days - 1, (closed - date.min).days)
            remembered = closed - back * ONE_DAY
            first = min(first, max(bookmark.first_day, remembered), *event.gaps_due())
        days = Window(first, event.days.last)
        options = self._second_counts.options
        return EventCount(event.name, days, options, lambda: self._is_wanted)

    def _give_up(self, failure: str) -> None:
        """Note why an event has no counts; ask for no more if none succeeds, or many are late."""
        if failure == NOT_OF_EVENT:  # its export is the one to say so
            return
        self.note_failure(failure)
        is_refused = not (self._has_rows or self._empty) and len(self._failures) >= MOST_REFUSED
        if not is_refused and self._late < MOST_LATE:
            return
        self._is_wanted = False
        with self._reader.planning() as planner:
            planner.cancel()
        for name in self._counting:
            self._read_uncounted(self._events[name])
        self._counting.clear()

    def _plan_empty(self) -> None:
        """Plan the events without rows: as such, or by reading where every total is zero."""
        empty, self._empty = self._empty, []
        for event in empty:
            if self._has_rows:
                self._plan(event)
            else:
                event.counted, self._is_zero_everywhere = None, True
                self._read_uncounted(event)

    def _plan(self, event: CountedEvent) -> None:
        """Plan the days of an event, once it is known which of the earlier ones grew."""
        first = event.days.first
        grown = {day for day in grown_days(event.totals, event.bookmark.totals) if day < first}
        if grown:
            _log_again(GREW, event, grown)
        short = event.gaps_due() - grown
        if short:
            _log_again(SHORT, event, short)
        grown |= short
        smaller = _remember_unread(event, grown)
        if smaller:
            then = partial(self._read_counted, event, grown)
            SmallerTotals(event, smaller, then).ask(self._second_counts)
        else:
            self._read_counted(event, grown, set())

    def _read_counted(self, event: CountedEvent, grown: set[date], perhaps: set[date]) -> None:
        """Plan the days with rows, and those that grew; close the days without rows."""
        if perhaps:
            _log_again(GREW, event, perhaps)
        grown |= perhaps
        for day in grown:
            event.result.day(day).late = True
        if self._settings.fails:
            event.unproved = grown - event.bookmark.gaps.keys()  # which the state remembers
        event.plan([*event.days.each(), *grown], self._settings.today)
        plan = plan_days(event.days, event.empty_days(), grown)
        pages = {day: total / self._settings.page_size for day, total in event.totals.items()}
        window_days = self._settings.window_days
        self._read(event, CountedProgress(plan.runs, pages, window_days=window_days))
        for window in plan.empty:
            self._close_empty(event, window)
        if not (plan.runs or event.has_rows):
            self._without_rows.append(event.name)

    def _read_uncounted(self, event: CountedEvent) -> None:
        event.plan([*event.days.each()], self._settings.today)
        self._read(event, EstimatedProgress(event.days, window_days=self._settings.window_days))

    def _read(self, event: CountedEvent, progress: EventProgress) -> None:
        with self._reader.planning() as planner:
            planner.read(event.name, progress)

    def _has_read_rows(self) -> bool:
        results = [event.result for event in self._events.values()]
        return any(day.rows for result in results for day in result.days.values())


def _remember_unread(event: CountedEvent, grown: set[date]) -> DayTotals:
    """Keep the totals of closed days that are not read again: later growth shows in them.

    Returns:
        Those that are smaller than before, which are not kept. Else all days would seem to grow
        after a run in which CleverTap counted too few rows.
    """
    closed = event.bookmark.last_closed_day
    if closed is None:
        return {}
    last = min(closed, event.days.first - ONE_DAY)
    unread = {day: total for day, total in event.totals.items() if day <= last and day not in grown}
    kept = event.bookmark.totals
    smaller = {day: total for day, total in unread.items() if total < kept.get(day, 0)}
    event.remember({day: unread[day] for day in unread.keys() - smaller.keys()})
    return smaller


def _log_again(why: str, event: CountedEvent, days: set[date]) -> None:
    windows = without_gaps(days)
    some = ", ".join(str(each) for each in windows[:MOST_WINDOWS_SHOWN])
    more = " and more" if len(windows) > MOST_WINDOWS_SHOWN else ""
    message = "event %s: %d days %s (%s%s); reading them again"
    logger.info(message, shown(event.name), len(days), why, some, more)
