"""The counts of a run: asked for first, then the plan of the days to read, then their proof."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.counts.asking import LEFT_OUT, CountAsking
from tap_clevertap.counts.counted_event import CountedEvent, CountSettings
from tap_clevertap.counts.gaps import Gaps
from tap_clevertap.counts.recounting import Recounting
from tap_clevertap.counts.second_counts import SecondCounts
from tap_clevertap.counts.tasks import Counted, Recounted
from tap_clevertap.counts.verification import DayRows, WindowCheck
from tap_clevertap.exports.windows import ONE_DAY, Window

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tap_clevertap.counts.tasks import CountOptions
    from tap_clevertap.exports.export import Export
    from tap_clevertap.exports.reader import ExportReader
    from tap_clevertap.receipt.receipt import Receipt
    from tap_clevertap.state.bookmarks import Bookmark


class Planned(NamedTuple):
    """What a run reads of all events, and what it has closed of that."""

    rows: int | None
    """None if one of the totals is not known."""
    days: int
    """Days that can close."""
    closed_days: int


class CountCheck:
    """Plans the days of each event from its counts, and closes days that are proved.

    - The stream calls `begin`, then `take` and `end_window` as results come, then `end`.
    - Only the main thread uses it. It tells the reader what to open.
    - Days that differ are counted a second time, and once more after a pause, before they close.
    - Without counts, days are read and closed as CleverTap gives them.

    Args:
        settings: Of the run.
        options: What the requests for counts share.
        receipt: Gets the rows of each day.
        events: The days to read, and the bookmark, of each event.
    """

    def __init__(
        self,
        settings: CountSettings,
        options: CountOptions,
        receipt: Receipt,
        events: Mapping[str, tuple[Window, Bookmark]],
    ) -> None:
        self._settings = settings
        self._events = {
            name: CountedEvent(name, days, bookmark, receipt.event(name), settings.verify_days)
            for name, (days, bookmark) in events.items()
        }
        self._second_counts = SecondCounts(options)
        self._asking = CountAsking(settings, self._second_counts, self._events, self._close_empty)
        self._gaps = Gaps(settings.today)
        self._has_closed = False

    def begin(self, reader: ExportReader) -> None:
        """Give the reader its first tasks."""
        self._second_counts.begin(reader)
        self._asking.begin(reader)

    def take(self, result: Counted | Recounted) -> None:
        """Take a count that arrived."""
        if isinstance(result, Counted):
            self._asking.take(result)
        else:
            self._second_counts.take(result)

    def end_window(self, export: Export, rows: Mapping[date, DayRows], bad_rows: int) -> None:
        """Compare a window that was read to its end, and close its days if nothing differs.

        Args:
            export: Of the window.
            rows: The rows of each day.
            bad_rows: Rows that could not be read.
        """
        event = self._events[export.event_name]
        for day in export.window.each():
            result = event.result.day(day)
            result.rows, result.twins = rows.get(day, DayRows(0, 0))
        days = event.days_over(export.window, export.closed_through)
        check = WindowCheck(
            days, rows, bad_rows, event.totals, self._settings.rules, event.unlisted
        )
        then = partial(self._close, export, check)
        if check.differing():
            Recounting(event.name, check, self._second_counts, then).ask()
        else:
            then()

    def took_closed_days(self) -> bool:
        """Return whether days were closed since the last call."""
        has_closed, self._has_closed = self._has_closed, False
        return has_closed

    def planned(self) -> Planned:
        """Return what is to be read; another thread may call it."""
        events = self._events.values()
        rows = [event.planned_rows for event in events]
        return Planned(
            rows=None if None in rows else sum(filter(None, rows)),
            days=sum(event.planned_days for event in events),
            closed_days=sum(event.closed_days for event in events),
        )

    def end(self) -> None:
        """Log what differs, once all was read.

        Raises:
            GapError: If rows are missing, and `verify_counts` is `fail`.
        """
        self._asking.report()
        self._gaps.report(
            self._events, fail=self._settings.fails, merges=self._settings.rules.merges
        )

    def _close(self, export: Export, check: WindowCheck) -> None:
        event = self._events[export.event_name]
        missing, lacking, surplus = check.missing(), check.lacking(), check.surplus()
        for day in check.days.each():
            result = event.result.day(day)
            result.counted = check.counted(day)
            result.missing, result.surplus = day in missing, day in surplus
            result.lacking = day in lacking
        self._gaps.add(event.name, event.result, missing, surplus)
        if check.unknown():
            self._asking.note_failure(LEFT_OUT)
        last = export.window.last
        opened = [day for day in missing if not event.is_known_gap(day)]
        if opened and self._settings.fails:
            last = min(opened) - ONE_DAY
        window = Window(export.window.first, last)
        self._has_closed |= event.close(window, export.closed_through)

    def _close_empty(self, event: CountedEvent, window: Window) -> None:
        """Close days that CleverTap counts no row in, if they are over."""
        for day in window.each():
            event.result.day(day).counted = 0
        if event.counted is not None:
            self._has_closed |= event.close(window, event.counted.closed_through)
