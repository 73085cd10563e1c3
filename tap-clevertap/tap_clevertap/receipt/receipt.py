"""The receipt of a run: the rows of each day of each event, next to CleverTap's totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(slots=True)
class DayResult:
    """What was read of a day."""

    rows: int = 0
    counted: int | None = None
    """By CleverTap; None if it is not known."""
    twins: int = 0
    """Rows that are identical to an earlier one."""
    closed: bool = False
    missing: bool = False
    """Whether fewer rows were read than counted, beyond the tolerance."""


@dataclass(slots=True)
class EventResult:
    """What was read of an event."""

    skipped: str | None = None
    """Why it was left out."""
    days: dict[date, DayResult] = field(default_factory=dict)

    def day(self, day: date) -> DayResult:
        """Return the result of a day, new if there is none."""
        return self.days.setdefault(day, DayResult())


@dataclass
class Receipt:
    """What a run read of the events stream; only the main thread uses it."""

    events: dict[str, EventResult] = field(default_factory=dict)

    def event(self, name: str) -> EventResult:
        """Return the result of an event, new if there is none."""
        return self.events.setdefault(name, EventResult())
