"""What is known of a run's progress, and how a line shows it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap._plugin.shown import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_EVENTS_SHOWN = 3
LONGEST_NAME = 24
RATE_SECONDS = 30.0
"""The rate is that of the last half minute, as pages come unevenly."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Figures(NamedTuple):
    """What a stream has read, and is going to read."""

    stream: str = ""
    rows: int = 0
    planned_rows: int | None = None
    """By CleverTap's totals; None if one of them is not known."""
    closed_days: int = 0
    planned_days: int = 0
    """Days that can close, of all events; 0 if the stream closes none."""
    events: Sequence[str] = ()
    """The events whose rows are being read."""


@dataclass
class Rate:
    """Rows per second of one stream over the last half minute.

    One thread uses it.
    """

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def per_second(self, rows: int, now: float) -> float:
        """Return the rate, and remember the number of rows.

        Args:
            rows: Rows until now.
            now: Monotonic, in seconds.
        """
        self._seen.append((now, rows))
        while len(self._seen) > 2 and now - self._seen[1][0] >= RATE_SECONDS:  # noqa: PLR2004 - both ends
            self._seen.popleft()
        first_at, first_rows = self._seen[0]
        return (rows - first_rows) / (now - first_at) if now > first_at else 0.0


def progress_line(figures: Figures, rate: float) -> str:
    """Return a line about the progress.

    Args:
        figures: At this moment.
        rate: Rows per second.
    """
    parts = [f"{figures.stream}: {figures.rows:,} rows", f"{rate:,.0f} rows/s"]
    if figures.planned_days:
        parts.append(f"{figures.closed_days:,} of {figures.planned_days:,} days closed")
    if figures.planned_rows is not None and figures.planned_rows > figures.rows and rate:
        left = (figures.planned_rows - figures.rows) / rate
        parts.append(f"{_duration(left)} left")
    if figures.events:
        parts.append(_names(figures.events))
    return ", ".join(parts)


def _names(events: Sequence[str]) -> str:
    some = ", ".join(map(_name, events[:MOST_EVENTS_SHOWN]))
    more = len(events) - MOST_EVENTS_SHOWN
    return f"{some} and {more} more" if more > 0 else some


def _name(event: str) -> str:
    text = visible(event)
    return f"`{text}`" if len(text) <= LONGEST_NAME else f"`{text[: LONGEST_NAME - 1]}…`"


def _duration(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < DAY:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / DAY:.1f} days"
