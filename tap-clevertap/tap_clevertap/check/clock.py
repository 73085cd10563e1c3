"""Whether a time zone looks right: the newest events of a project against the present.

`ts` is the project's wall clock, and nothing in the API names the zone. Read in the right zone, no
event is in the future. If no event is of the last hours, yesterday shows whether that is usual.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
AHEAD = timedelta(minutes=15)
"""Clocks of servers and devices differ by minutes; zones differ by half an hour or more."""
BEHIND = timedelta(minutes=45)
"""Events arrive minutes after they happened."""
PART = timedelta(minutes=15)
USUAL_PARTS = 0.9
"""Share of the quarter hours of yesterday that had events: a campaign's burst fills only some."""
EXPECTED = 20.0
"""Events that were to be expected, where none came."""
STRAY_SHARE = 500
FEW = 20
"""One row in 500 may have a wrong time, and one of 20 or more: some devices have wrong clocks."""
LEAST_AHEAD = 3
"""Events in the future that show a wrong zone: fewer may be of one device."""


class Verdict(Enum):
    """What the newest event shows of the time zone."""

    AHEAD = "it is in the future"
    RIGHT = "it is of just now"
    BEHIND = "it is hours old, while yesterday had events in the same hours"
    UNKNOWN = "it is hours old, as it may be in a quiet project"


@dataclass(frozen=True)
class Clock:
    """The verdict, and how far the newest event is from the present."""

    verdict: Verdict
    distance: timedelta = timedelta()
    """Positive or zero: ahead of the present, or behind it."""


def instants(stamps: Iterable[Any], zone: ZoneInfo) -> list[datetime]:
    """Return the instants of `ts` values, in order; values that are not times are left out."""
    found = (_instant(ts, zone) for ts in stamps)
    return sorted(instant for instant in found if instant is not None)


def _instant(ts: Any, zone: ZoneInfo) -> datetime | None:  # noqa: ANN401 - any JSON value
    try:
        return datetime.fromisoformat(event_time(ts, zone))
    except BadRowError:
        return None


def judge(
    times: Sequence[datetime], *, now: datetime, midnight: datetime, is_complete: bool
) -> Clock:
    """Return what the newest events show of the time zone.

    Args:
        times: The instants of events of yesterday and today, in the zone of the settings, in order.
        now: The present.
        midnight: The start of today.
        is_complete: Whether these are all events. Else a lag shows nothing.
    """
    strays = max(len(times) // STRAY_SHARE, int(len(times) >= FEW))
    ahead = sum(time - now > AHEAD for time in times)
    if strays < ahead < LEAST_AHEAD:
        return Clock(Verdict.UNKNOWN)
    reliable = times[: len(times) - strays]
    if not reliable:
        return Clock(Verdict.UNKNOWN)
    newest = reliable[-1]
    if newest - now > AHEAD:
        return Clock(Verdict.AHEAD, newest - now)
    lag = max(now - newest, timedelta())
    if lag < BEHIND:
        return Clock(Verdict.RIGHT, lag)
    is_unusual = is_complete and newest >= midnight and _is_unusual(reliable, now, midnight)
    return Clock(Verdict.BEHIND if is_unusual else Verdict.UNKNOWN, lag)


def _is_unusual(times: Sequence[datetime], now: datetime, midnight: datetime) -> bool:
    """Return whether many events were to be expected since the newest one, all the time.

    Yesterday had them in these hours, and today had many in as many hours before.
    """
    newest = times[-1]
    begin, end = newest - ONE_DAY, now - ONE_DAY
    usual = times[bisect_right(times, begin) : bisect_left(times, min(end, midnight))]
    parts = (end - begin) // PART
    filled = {(time - begin) // PART for time in usual if time < begin + parts * PART}
    if len(filled) < USUAL_PARTS * parts:
        return False
    yesterday = _count(times, midnight - ONE_DAY, begin)
    pace = min(1.0, _count(times, midnight, newest) / max(1, yesterday))
    return min(pace * len(usual), _count(times, newest - (now - newest), newest)) >= EXPECTED


def _count(times: Sequence[datetime], first: datetime, last: datetime) -> int:
    return bisect_right(times, last) - bisect_left(times, first)


def spelled(span: timedelta) -> str:
    """Return a span in words, like `5 h 20 min`."""
    hours, minutes = divmod(round(span / timedelta(minutes=1)), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
