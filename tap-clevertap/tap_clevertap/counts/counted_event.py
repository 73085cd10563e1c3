"""One event of a run: the days to read, what is counted of them, what is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.counts.gap_days import first_retry, next_retry
from tap_clevertap.exports.windows import Window

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet
    from datetime import date

    from tap_clevertap.counts.gap_days import Retry
    from tap_clevertap.counts.tasks import Counted
    from tap_clevertap.counts.totals import DayTotals
    from tap_clevertap.counts.verification import Rules
    from tap_clevertap.receipt.receipt import EventResult
    from tap_clevertap.state.bookmarks import Bookmark

DAYS_OF_DELAY = 2
"""Closed days whose rows CleverTap may not have counted yet. A later run finds their rows, if the
state keeps the totals of so many days."""


class CountSettings(NamedTuple):
    """The settings of the counts of a run."""

    mode: str
    """`off`, `warn` or `fail`."""
    rules: Rules
    verify_days: int
    window_days: int
    page_size: int
    today: date

    @property
    def is_on(self) -> bool:
        """Whether CleverTap is asked for counts."""
        return self.mode != "off"

    @property
    def fails(self) -> bool:
        """Whether the run fails if rows are missing."""
        return self.mode == "fail"


@dataclass
class CountedEvent:
    """An event, its bookmark, and its totals once they are there.

    Args:
        name: Of the event.
        days: To read, as the bookmark and the settings want.
        bookmark: Of the event.
        result: Of the receipt.
        verify_days: The setting.
    """

    name: str
    days: Window
    bookmark: Bookmark
    result: EventResult
    verify_days: int
    counted: Counted | None = None
    planned_days: int = 0
    """Days to read that can close."""
    planned_rows: int | None = None
    """Rows to read, by the totals; None until they are known."""
    closed_days: int = 0
    unproved: set[date] = field(default_factory=set)
    """Earlier days, without which no day to read closes: the state would forget the earliest."""
    _held: list[tuple[Window, date]] = field(default_factory=list)
    """Windows that were read to their end, and when, until those days are proved."""

    @property
    def totals(self) -> DayTotals:
        """CleverTap's totals of this run; empty if it has none."""
        return (self.counted and self.counted.totals) or {}

    @property
    def unlisted(self) -> AbstractSet[date]:
        """Days that CleverTap left out of its totals."""
        return self.counted.unlisted if self.counted is not None else frozenset()

    @property
    def has_rows(self) -> bool:
        """Whether a total of this run or of the state has rows."""
        return any(self.totals.values()) or any(self.bookmark.totals.values())

    def is_known_gap(self, day: date) -> bool:
        """Return whether an earlier run left a gap on a day, and this one reads it for that."""
        return self.result.day(day).late and day in self.bookmark.gaps

    def gaps_due(self) -> set[date]:
        """Return the earlier days with a gap that this run reads again."""
        due = {day for day, retry in self.bookmark.gaps.items() if retry.due <= self.bookmark.today}
        return {day for day in due if day < self.days.first}

    def empty_days(self) -> set[date]:
        """Return the days to read that are known to have no row, so they need no export.

        - A total of 0 is believed if a later run would see the day grow: if the state keeps it.
        - A day that had rows before is read.
        - A day that the totals leave out is read, unless CleverTap counts no row of the event.
        - Of an event without rows, days before those that the state keeps are read: one response
          without rows would lose them for good.
        """
        before = self.bookmark.totals
        if self.verify_days < DAYS_OF_DELAY:
            return set()
        empty = {day for day in self.days.each() if not self.totals[day] and not before.get(day)}
        if self.has_rows:
            return empty - self.unlisted
        return {day for day in empty if (self.days.last - day).days < self.verify_days}

    def days_over(self, window: Window, closed_through: date | None) -> Window:
        """Return the days of a window that were over when they were counted and read."""
        counted_through = self.counted.closed_through if self.counted is not None else None
        ends = [each for each in (closed_through, counted_through) if each is not None]
        return Window(window.first, min(window.last, *ends))

    def plan(self, days: Collection[date], today: date) -> None:
        """Note the days to read, and their rows if all of them are counted."""
        self.planned_days = sum(day < today for day in days)
        is_counted = all(day in self.totals for day in days)
        self.planned_rows = sum(self.totals[day] for day in days) if is_counted else None

    def close(self, window: Window, closed_through: date | None) -> bool:
        """Close the days of a window that were over; return whether the state changed.

        With totals, they must have been over when they were counted too.
        """
        if closed_through is None or not window.days:
            return False
        if self.unproved and window.first >= self.days.first:
            self._held.append((window, closed_through))
            return False
        has_changed = self._close(window, closed_through)
        self.unproved.difference_update(window.each())
        while self._held and not self.unproved:
            has_changed |= self._close(*self._held.pop(0))
        return has_changed

    def _close(self, window: Window, closed_through: date) -> bool:
        closed = self.days_over(window, closed_through)
        for day in closed.each():
            self.result.day(day).closed = True
        self.closed_days += closed.days
        numbers = {day: self._to_remember(day) for day in closed.each()}
        totals = {day: number for day, number in numbers.items() if number is not None}
        has_moved = self.bookmark.close_window(window, closed_through=closed.last)
        has_gaps = self.bookmark.keep_gaps({day: self._retry_of(day) for day in closed.each()})
        return self.remember(totals) or has_gaps or has_moved

    def remember(self, totals: DayTotals) -> bool:
        """Keep totals of closed days in the state; return whether that changed it."""
        doubted = {day for day, total in totals.items() if total < self.totals.get(day, 0)}
        return self.bookmark.keep_totals(totals, verify_days=self.verify_days, doubted=doubted)

    def _to_remember(self, day: date) -> int | None:
        """Return the total to keep of a closed day, or None.

        - It is the last count of the day. If fewer rows came, it is their number: also within the
          tolerance, or else they would not be looked for.
        - Rows that only a second count has arrived late, so they are not in the number.
        - So a daily total that has more is seen as growth, and the next run reads the day again. If
          that gives the same number, the daily total is kept where it caused the doubt, or is less.
        """
        found, before = self.result.day(day), self.bookmark.totals.get(day)
        number = found.rows if found.lacking else found.counted
        if number is not None and day in self.totals.keys() - self.unlisted:
            number = min(number, max(found.rows, self.totals[day]))
        total = self.totals.get(day)
        if found.late and found.lacking and before == total:
            return total  # it did not grow, and was read again for its gap
        if total and found.late and number == before:
            was_doubted = day in self.bookmark.doubted
            return total if was_doubted else min(total, number or 0)
        return number

    def _retry_of(self, day: date) -> Retry | None:
        """Return when a closed day is read again, if it has a gap; a day without count stays."""
        found, known = self.result.day(day), self.bookmark.gaps.get(day)
        if found.counted is None or not found.missing:
            return known if found.counted is None else None
        if known is None:
            return first_retry(self.bookmark.today)
        return next_retry(known, self.bookmark.today) if found.late else known
