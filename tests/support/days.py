"""Days and zones as of now, asked for at each use: a run of the tests may go on past midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone


def utc_today() -> date:
    """Return the day that it is now."""
    return datetime.now(timezone.utc).date()


def days_ago(days: int) -> date:
    """Return the day that was so many days ago."""
    return utc_today() - timedelta(days)


def zone_ahead(hours: int) -> str:
    """Return the name of a zone without clock changes that is so many hours ahead of UTC."""
    return f"Etc/GMT{-hours:+}" if hours else "Etc/UTC"
