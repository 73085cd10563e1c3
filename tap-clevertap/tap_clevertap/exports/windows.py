"""Windows of days, and the first day that a run reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days of one export, both ends inclusive."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of days; 0 if it ends before it begins."""
        return max(0, (self.last - self.first).days + 1)

    def each(self) -> Iterator[date]:
        """Yield the days."""
        return (self.first + ONE_DAY * offset for offset in range(self.days))

    @override
    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def today_in(zone: ZoneInfo) -> date:
    """Return the current day in the project's time zone."""
    return datetime.now(zone).date()


def last_day_over(instant: float, zone: ZoneInfo) -> date:
    """Return the last day that was over at an instant, in epoch seconds."""
    return datetime.fromtimestamp(instant, zone).date() - ONE_DAY


def day_number(day: date) -> int:
    """Return a day as the API has it: YYYYMMDD."""
    return int(day.strftime("%Y%m%d"))


def first_day_to_read(
    *,
    start: date,
    first_day: date | None,
    last_closed_day: date | None,
    today: date,
    lookback_days: int,
) -> date:
    """Return the first day of an event that a run reads.

    Without a bookmark that is `start`, also if `start` is now before the first day ever read.
    Otherwise it is `lookback_days` before the first day that is not closed, for late events.

    Args:
        start: The setting `start_date`.
        first_day: The first day ever read of the event, from its bookmark.
        last_closed_day: From its bookmark.
        today: In the project's time zone.
        lookback_days: The setting.
    """
    if first_day is None or last_closed_day is None or start < first_day:
        return start
    first_open = min(today, last_closed_day + ONE_DAY)
    return first_open - min(lookback_days, (first_open - date.min).days) * ONE_DAY


def split(days: Window, most: int) -> Iterator[Window]:
    """Yield windows of at most some days that cover all days."""
    first = days.first
    while first <= days.last:
        last = min(days.last, first + (most - 1) * ONE_DAY)
        yield Window(first, last)
        first = last + ONE_DAY
