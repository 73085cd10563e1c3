"""Days and zones as of now, asked for at each use: a run of the tests may go on past midnight."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = ("UTC", "Asia/Kolkata")
"""Of the projects of tests."""


def utc_today() -> date:
    """Return the day that it is now."""
    return datetime.now(timezone.utc).date()


def wait_for_a_day_with(seconds: float) -> None:
    """Wait for midnight if fewer seconds are left until then, in any project's zone."""
    for zone in map(ZoneInfo, ZONES):
        now = datetime.now(zone)
        midnight = (now + timedelta(1)).replace(hour=0, minute=0, second=0, microsecond=0)
        left = (midnight - now).total_seconds()
        if left < seconds:
            time.sleep(left)


def days_ago(days: int) -> date:
    """Return the day that was so many days ago."""
    return utc_today() - timedelta(days)


def zone_ahead(hours: int) -> str:
    """Return the name of a zone without clock changes that is so many hours ahead of UTC."""
    return f"Etc/GMT{-hours:+}" if hours else "Etc/UTC"
