"""Which days to read and in which order: the window policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

DAYS_PER_WINDOW = 7
"""Days in one export: a lost cursor costs a week at most, a daily run is one export an event."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The days of one export, both ends inclusive."""

    first: date
    last: date


def today_in(zone: ZoneInfo) -> date:
    """Return the current day in the project's time zone."""
    return datetime.now(zone).date()


def windows(first: date, last: date) -> Iterator[Window]:
    """Yield the windows that cover every day from first to last exactly once, oldest first."""
    while first <= last:
        end = min(last, first + (DAYS_PER_WINDOW - 1) * ONE_DAY)
        yield Window(first, end)
        first = end + ONE_DAY


def first_day_to_read(
    *,
    start: date,
    first_day: date | None,
    last_closed_day: date | None,
    today: date,
    lookback_days: int,
) -> date:
    """Return the first day a run reads of an event.

    An event without bookmark, or one whose start was moved to before the first day ever read,
    is read from its start. Otherwise the days before the first open one are read again, for
    events that arrived late.
    """
    if first_day is None or last_closed_day is None or start < first_day:
        return start
    first_open = min(today, last_closed_day + ONE_DAY)
    return first_open - lookback_days * ONE_DAY
