"""The days on which rows and counts differ, and what the log says of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.counts.recounting import MOST_ALONE
from tap_clevertap.errors import GapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from tap_clevertap.counts.counted_event import CountedEvent
    from tap_clevertap.receipt.receipt import EventResult

MOST_DAYS_SHOWN = 3
READ_AGAIN = (
    "%s these days again; if they stay short, ask CleverTap's support, or set verify_tolerance"
)
NOT_COMPARABLE = (
    "these are %d of %d days, so the counts of this event may not be comparable with exports: "
    "compare a day with the dashboard"
)
NEVER = (
    "no later run reads %d of these days again; run once without state to read all days again, or "
    "set verify_tolerance"
)

logger = logging.getLogger("tap-clevertap")


class Gaps:
    """Collects differences, for one line of the log for each event.

    Args:
        today: In the project's time zone.
    """

    def __init__(self, today: date) -> None:
        self._today = today
        self._missing: dict[str, dict[date, str]] = {}
        self._surplus: dict[str, dict[date, str]] = {}

    def add(
        self,
        event_name: str,
        result: EventResult,
        missing: Mapping[date, int],
        surplus: Mapping[date, int],
    ) -> None:
        """Add the days of a window, with the number of rows by which they differ."""
        for found, days in ((self._missing, missing), (self._surplus, surplus)):
            for day in days:
                read = result.day(day)
                found.setdefault(event_name, {})[day] = f"{day}: {read.rows} of {read.counted}"

    def report(self, events: Mapping[str, CountedEvent], *, fail: bool, merges: bool) -> None:
        """Log each event with a difference.

        Args:
            events: By name; their bookmarks know the days that are read again.
            fail: Whether a gap is an error.
            merges: The setting `duplicates`.

        Raises:
            GapError: If rows are missing and `fail` is set.
        """
        for event_name, days in self._surplus.items():
            advice = "ask CleverTap's support" if merges else "set duplicates to merge"
            message = "event %s: more rows came than CleverTap counts, on %s; it repeats rows: %s"
            logger.warning(message, shown(event_name), _some(days), advice)
        for event_name, days in self._missing.items():
            event = events[event_name]
            advice = self._when_again(event, days)
            if len(days) > MOST_ALONE and 2 * len(days) > event.result.counted_days:
                advice = f"{NOT_COMPARABLE % (len(days), event.result.counted_days)}; {advice}"
            message = "event %s: fewer rows came than CleverTap counts, on %s; %s"
            logger.warning(message, shown(event_name), _some(days), advice)
        if self._missing and fail:
            raise GapError(self._error(events))

    def _error(self, events: Mapping[str, CountedEvent]) -> str:
        names = ", ".join(shown(name) for name in [*self._missing][:MOST_DAYS_SHOWN])
        is_open = any(
            not events[name].result.day(day).closed
            for name, days in self._missing.items()
            for day in days
        )
        stay = ", so their bookmarks stay before the gap" if is_open else ""
        return (
            f"verify_counts: rows are missing of {len(self._missing)} events ({names}){stay}; "
            "run again, or set verify_counts to warn"
        )

    def _when_again(self, event: CountedEvent, days: Iterable[date]) -> str:
        again = [
            event.bookmark.again_on(day) if event.result.day(day).closed else self._today
            for day in days
        ]
        if never := again.count(None):
            return NEVER % never
        last = max(filter(None, again))
        runs = f"runs from {last} on read" if last > self._today else "the next run reads"
        return READ_AGAIN % runs


def _some(days: Mapping[date, str]) -> str:
    shown_days = ", ".join(days[day] for day in sorted(days)[:MOST_DAYS_SHOWN])
    more = len(days) - MOST_DAYS_SHOWN
    return shown_days + (f" and {more} more days" if more > 0 else "")
