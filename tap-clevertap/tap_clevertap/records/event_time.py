"""The instant of an event, from the wall clock of the project."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.written_values import read_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

FIRST_BEYOND_ALL_YEARS = 10**14
SECONDS_OF_HOUR = 10**4
"""A `ts` is its hour, and four digits."""
HOURS_OF_DAY = 100
"""An hour is its day, and two digits."""
FIRST_YEAR = 1000
"""Earlier ones have no four digits in an instant, and no event is of them."""
LAST_MINUTE = LAST_SECOND = 59
MINUTES = [b"%02d:" % minute for minute in range(LAST_MINUTE + 1)]
MINUTE_BYTES = len(b"yyyy-MM-ddTHH:mm:")
MINUTES_OF_HOUR = {
    b"%02d" % minute: slice(minute * MINUTE_BYTES, (minute + 1) * MINUTE_BYTES)
    for minute in range(LAST_MINUTE + 1)
}
"""By the digits of a minute, where `minutes_of_hour` has its instant."""
SECONDS = {b"%02d" % second: b"%02d" % min(second, LAST_SECOND) for second in range(61)}
"""60 is a leap second, read as the second before."""
KNOWN_HOURS = 1024
"""Hours whose minutes are kept: more than a month, of 1 kB each."""


def event_time(ts: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - any JSON value
    """Return the instant of a `ts`, in UTC and ISO 8601.

    Args:
        ts: yyyyMMddHHmmss, the project's wall clock. [APP; ING]
        zone: The project's. When clocks go back, an ambiguous time is its first occurrence.

    Raises:
        BadRowError: If it is not a time, or not one of the years 1000 to 9999 in UTC.
    """
    try:
        minutes, second = divmod(_whole_number(ts), 100)
        return f"{_start_of_minute(minutes, zone)}{_valid_second(second):02}+00:00"
    except (TypeError, ValueError, OverflowError):
        message = "has a `ts` that is not a time (yyyyMMddHHmmss)"
        raise BadRowError(message) from None


def hour_of(ts: Any) -> int:  # noqa: ANN401 - any JSON value
    """Return the hour of a `ts` as `yyyyMMddHH`, or 0 if it is not a number."""
    try:
        return _whole_number(ts) // SECONDS_OF_HOUR
    except (TypeError, ValueError, OverflowError):
        return 0


def starts_of_minutes(hour: int, zone: ZoneInfo) -> list[bytes]:
    """Return the instants of an hour's 60 minutes, each up to its seconds, as `event_time` does.

    Args:
        hour: yyyyMMddHH, the project's wall clock.
        zone: The project's.

    Raises:
        ValueError: If it is not an hour, or not one of the years 1000 to 9999 in UTC.
    """
    local = datetime.strptime(f"{hour:010}", "%Y%m%d%H").replace(tzinfo=zone)
    try:
        first = local.astimezone(timezone.utc)
        last = local.replace(minute=LAST_MINUTE).astimezone(timezone.utc)
    except OverflowError:
        raise ValueError from None
    if first.year < FIRST_YEAR:
        raise ValueError
    if last - first != timedelta(minutes=LAST_MINUTE) or first.second:  # clocks change, or odd zone
        minutes = range(hour * 100, hour * 100 + len(MINUTES))
        return [_start_of_minute(minute, zone).encode() for minute in minutes]
    begun, next_hour = (each.strftime("%Y-%m-%dT%H:").encode() for each in (first, last))
    minutes_of_begun, others = MINUTES[first.minute :], MINUTES[: first.minute]
    return [*(begun + each for each in minutes_of_begun), *(next_hour + each for each in others)]


def minutes_of_hour(hour: bytes, zone: ZoneInfo) -> bytes:
    """Return the instants of an hour's 60 minutes, end to end; see `MINUTES_OF_HOUR`.

    Args:
        hour: yyyyMMddHH, the project's wall clock.
        zone: The project's.

    Raises:
        ValueError: As that of `starts_of_minutes`.
    """
    return b"".join(starts_of_minutes(int(hour), zone))


class KnownMinutes(dict[bytes, bytes]):
    """The instants of the minutes of hours, by `yyyyMMddHH` of the wall clock.

    A look-up of what is not an hour raises a `ValueError`.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def times(self, stamps: Iterable[bytes]) -> list[bytes]:
        """Return the instant of each `ts`, in ISO 8601 without offset.

        Args:
            stamps: Of 14 digits.

        Raises:
            ValueError, KeyError: If one is not a time.
        """
        minutes, seconds = MINUTES_OF_HOUR, SECONDS
        return [self[ts[:10]][minutes[ts[10:12]]] + seconds[ts[12:]] for ts in stamps]

    def __missing__(self, hour: bytes) -> bytes:
        found = minutes_of_hour(hour, self._zone)
        if len(self) >= KNOWN_HOURS:
            self.clear()
        self[hour] = found
        return found


def _whole_number(ts: Any) -> int:  # noqa: ANN401 - any JSON value
    if isinstance(ts, Decimal) and ts.copy_abs() >= FIRST_BEYOND_ALL_YEARS:
        raise ValueError  # compared first: int() of 1e99999999 would take hours
    return read_whole(ts) if isinstance(ts, str) else int(ts)


@lru_cache(maxsize=4096)
def _start_of_minute(minutes: int, zone: ZoneInfo) -> str:
    rest, minute = divmod(minutes, 100)
    rest, hour = divmod(rest, 100)
    rest, day = divmod(rest, 100)
    year, month = divmod(rest, 100)
    local = datetime(year, month, day, hour, minute, tzinfo=zone)
    instant = local.astimezone(timezone.utc)
    if instant.year < FIRST_YEAR:
        raise ValueError
    return instant.strftime("%Y-%m-%dT%H:%M:")


def _valid_second(second: int) -> int:
    if second > LAST_SECOND + 1:
        raise ValueError
    return min(second, LAST_SECOND)
