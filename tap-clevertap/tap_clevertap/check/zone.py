"""The findings about `timezone`: what the newest events and a refused day show."""

from __future__ import annotations

import time
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.findings import Finding, fine
from tap_clevertap._plugin.shown import shown
from tap_clevertap.check.clock import Clock, Verdict, instants, judge, spelled
from tap_clevertap.exports.windows import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clevertap.check.probe import Probe, Sample
    from tap_clevertap.config.settings import TapSettings

CHECK = "timezone"
ADVICE = "set timezone to the project's (Settings, Project in the dashboard)"
UNSET = f"{ADVICE}, else every event_time may be shifted"


def dates_refused(settings: TapSettings) -> Finding:
    """Return the finding of a day that has not begun where the project is."""
    message = (
        f"{shown(settings.timezone)} looks wrong: CleverTap refuses {settings.end} as a day that "
        "has not begun"
    )
    return Finding(CHECK, "day_refused", message, f"{ADVICE}, and check this machine's clock")


def zone_finding(probe: Probe, samples: Sequence[Sample], *, is_unset: bool) -> Finding:
    """Return what the newest events show of the time zone.

    Args:
        probe: Has the settings, and the time by CleverTap's clock.
        samples: The `ts` of events of the last two days.
        is_unset: Whether `timezone` has its default.
    """
    settings = probe.settings
    name = shown(settings.timezone)
    if settings.end < settings.today:
        return _unknown(f"{name} cannot be checked, as end_date is past", is_unset=is_unset)
    now = time.time() if probe.server_time is None else probe.server_time
    clock = _clock(samples, settings, datetime.fromtimestamp(now, timezone.utc))
    distance = spelled(clock.distance)
    if clock.verdict is Verdict.AHEAD:
        message = f"{name} looks wrong: the newest event is {distance} in the future"
        return Finding(CHECK, "ahead", message, ADVICE)
    if clock.verdict is Verdict.BEHIND:
        message = (
            f"{name} looks wrong: the newest event is {distance} old, although many came in the "
            "same hours of yesterday"
        )
        advice = f"{ADVICE}; if it is right, find out why no event arrived since"
        return Finding(CHECK, "behind", message, advice)
    if clock.verdict is Verdict.UNKNOWN:
        are = "few" if all(sample.is_complete for sample in samples) else "many"
        return _unknown(f"{name} cannot be checked: too {are} events to tell", is_unset=is_unset)
    return fine(CHECK, f"{name} looks right: the newest event is {distance} old")


def _clock(samples: Sequence[Sample], settings: TapSettings, now: datetime) -> Clock:
    """Return the first verdict of any sample, in the order of `Verdict`."""
    today = settings.today
    midnight = datetime(today.year, today.month, today.day, tzinfo=settings.zone)
    clocks = [
        judge(
            instants(sample.stamps, settings.zone),
            now=now,
            midnight=midnight,
            is_complete=sample.is_complete,
        )
        for sample in samples
    ]
    order = [*Verdict]
    none = Clock(Verdict.UNKNOWN)
    return min(clocks, key=lambda clock: order.index(clock.verdict), default=none)


def _unknown(message: str, *, is_unset: bool) -> Finding:
    return fine(CHECK, message, code="unknown", advice=UNSET if is_unset else "")


def day_with_rows(stamps: Sequence[Any], settings: TapSettings) -> date | None:
    """Return the first day with rows, of the last two days to read."""
    days = {int(day.strftime("%Y%m%d")): day for day in (settings.end - ONE_DAY, settings.end)}
    found = {ts // 1_000_000 for ts in stamps if isinstance(ts, int)} & days.keys()
    return days[min(found)] if found else None
