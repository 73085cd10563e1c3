"""The days to read of an event whose totals are known: no export for days without rows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.exports.windows import ONE_DAY, Window

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from tap_clevertap.counts.totals import DayTotals


class DayPlan(NamedTuple):
    """The days to read, and those that are known to be empty."""

    runs: list[Window]
    """To read, in order."""
    empty: list[Window]
    """Without rows, so they need no export."""


def plan_days(days: Window, empty: Collection[date], grown: Collection[date]) -> DayPlan:
    """Plan the days of an event.

    Args:
        days: To read, from the first one that is not closed, or of the look-back.
        empty: Those of them that are known to have no row.
        grown: Earlier days to read again. They are apart from `days` even if they are next to them,
            because the bookmark moves over windows from the first of `days` on.
    """
    again = without_gaps(grown)
    filled = [day for day in days.each() if day not in empty]
    if not filled:
        return DayPlan(again, [days])
    core = Window(filled[0], filled[-1])
    edges = (Window(days.first, core.first - ONE_DAY), Window(core.last + ONE_DAY, days.last))
    return DayPlan([*again, core], [edge for edge in edges if edge.days])


def grown_days(totals: DayTotals, kept: DayTotals) -> set[date]:
    """Return the days that have more rows than when they were read."""
    return {day for day, total in totals.items() if day in kept and total > kept[day]}


def without_gaps(days: Iterable[date]) -> list[Window]:
    """Return days as windows, in order."""
    numbered = enumerate(sorted(days))
    groups = groupby(numbered, lambda each: each[1] - ONE_DAY * each[0])
    found = ([day for _, day in group] for _, group in groups)
    return [Window(group[0], group[-1]) for group in found]
