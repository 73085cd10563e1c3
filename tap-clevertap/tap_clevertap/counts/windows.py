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
    """To read, each without a gap and with rows on its first and last day."""
    empty: list[Window]
    """Without rows, so they need no export."""
    pages: dict[date, float]
    """Pages of each day with rows; a day of unknown size counts as one page."""


def plan_days(days: Collection[date], totals: DayTotals, *, page_size: int) -> DayPlan:
    """Plan the days of an event.

    Args:
        days: To read, in any order.
        totals: CleverTap's; a day that is not in them is read.
        page_size: The setting.
    """
    pages = {day: totals[day] / page_size if day in totals else 1.0 for day in days}
    runs, empty = [], []
    for run in without_gaps(days):
        filled = [day for day in run.each() if pages[day]]
        if not filled:
            empty.append(run)
            continue
        core = Window(filled[0], filled[-1])
        runs.append(core)
        edges = (Window(run.first, core.first - ONE_DAY), Window(core.last + ONE_DAY, run.last))
        empty += [edge for edge in edges if edge.days]
    return DayPlan(runs, empty, pages)


def grown_days(totals: DayTotals, kept: DayTotals) -> set[date]:
    """Return the days that have more rows than when they were read."""
    return {day for day, total in totals.items() if day in kept and total > kept[day]}


def without_gaps(days: Iterable[date]) -> list[Window]:
    """Return days as windows, in order."""
    numbered = enumerate(sorted(days))
    groups = groupby(numbered, lambda each: each[1] - ONE_DAY * each[0])
    found = ([day for _, day in group] for _, group in groups)
    return [Window(group[0], group[-1]) for group in found]
