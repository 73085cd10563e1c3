"""The project's calendar: days, wall-clock stamps and the clock, all in its time zone."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.settings import Settings

DAY_SECONDS = 86_400
WALL_CLOCK = tuple(
    hour * 10_000 + minute * 100 + second
    for hour in range(24)
    for minute in range(60)
    for second in range(60)
)
ONE_DAY = timedelta(days=1)


def day_stamp(day: date) -> int:
    """Write a day as the API does, `YYYYMMDD`."""
    return day.year * 10_000 + day.month * 100 + day.day


def parse_day(value: object) -> date | None:
    """Read `YYYYMMDD`, a number or a string of digits; None if it is not a day."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if not re.fullmatch(r"\d{8}", str(value), re.ASCII):
        return None
    digits = str(value)
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield each day, both ends included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


class Calendar:
    """Days of one time zone, and the instant at which the generated history ends.

    A fixed `--today` starts the clock at noon of that day; otherwise it is the real one.
    """

    def __init__(self, settings: Settings) -> None:
        self.zone = ZoneInfo(settings.timezone)
        real = time.time()
        self.start = real if settings.today is None else self._noon(settings.today)
        self._shift = self.start - real
        self.today = self.day_of(self.start)
        self.first_day = self.today - timedelta(days=settings.days - 1)

    def _noon(self, today: str) -> float:
        day = date.fromisoformat(today)
        return datetime(day.year, day.month, day.day, 12, tzinfo=self.zone).timestamp()

    def now(self) -> float:
        """Return the present in epoch seconds, by this project's clock."""
        return time.time() + self._shift

    def current_day(self) -> date:
        """Return the day of `now()`: after `today` once the process runs past midnight."""
        return self.day_of(self.now())

    def day_of(self, instant: float) -> date:
        """Return the day that an instant (epoch seconds) falls on."""
        return self._local(instant).date()

    def stamp(self, instant: float) -> int:
        """Write an instant as `yyyyMMddHHmmss` of the wall clock, without offset [ING, APP]."""
        moment = self._local(instant)
        clock = moment.hour * 10_000 + moment.minute * 100 + moment.second
        return day_stamp(moment.date()) * 1_000_000 + clock

    def bounds(self, day: date) -> tuple[int, int]:
        """Return first instant and first instant after a day; equal where the zone skipped it."""
        return self._midnight(day), self._midnight(day + ONE_DAY)

    def stamps(self, day: date, instants: list[int]) -> list[int]:
        """Write many instants of one day at once."""
        first, after = self.bounds(day)
        if after - first != DAY_SECONDS:
            return [self.stamp(instant) for instant in instants]
        base = day_stamp(day) * 1_000_000
        return [base + WALL_CLOCK[instant - first] for instant in instants]

    def _midnight(self, day: date) -> int:
        # A midnight inside a gap reads with the offset before it: exactly the gap's instant.
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def _local(self, instant: float) -> datetime:
        return datetime.fromtimestamp(instant, timezone.utc).astimezone(self.zone)
