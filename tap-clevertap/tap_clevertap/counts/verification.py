"""Compare the rows that were read with CleverTap's own totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.exports.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date

    from tap_clevertap.counts.totals import DayTotals

MOST_ALONE = 7
"""Days of a window that are counted a second time one by one."""


class DayRows(NamedTuple):
    """The rows of a day that an export had."""

    rows: int
    twins: int
    """Rows of them that are identical to an earlier one."""


@dataclass(frozen=True)
class Rules:
    """What counts as a difference."""

    tolerance: float = 0.0
    """Share of a total that may be missing."""
    merges: bool = False
    """Whether identical rows become one record."""

    def is_short(self, rows: int, counted: int) -> bool:
        """Return whether rows are missing."""
        return counted - rows > self.tolerance * counted

    def is_over(self, found: DayRows, counted: int) -> bool:
        """Return whether there are more rows than were counted."""
        return found.rows - (found.twins if self.merges else 0) > counted


@dataclass
class WindowCheck:
    """The comparison of one window that was read to its end.

    Args:
        days: Its closed days.
        rows: What was read.
        bad_rows: Rows that could not be read, of unknown days.
        totals: CleverTap's totals; a day that is not in them is not compared.
        rules: Of the run.
        unlisted: Days that CleverTap left out of its totals. With rows they are compared with a
            second count alone.
    """

    days: Window
    rows: Mapping[date, DayRows]
    bad_rows: int
    totals: DayTotals
    rules: Rules
    unlisted: AbstractSet[date] = frozenset()
    confirmed: DayTotals = field(default_factory=dict)
    """Totals that a second count gave."""

    def suspects(self) -> list[Window]:
        """Return the days to count a second time: each that differs, or all together if many do.

        With identical rows their sum would settle nothing: one could hide a missing row.
        """
        differing = sorted([*self._short(), *self._over(), *self.unknown()])
        if len(differing) > MOST_ALONE:
            together = Window(differing[0], differing[-1])
            if not any(self._found(day).twins for day in together.each()):
                return [together]
        return [Window(day, day) for day in differing]

    def settle(self, suspects: Window, count: int) -> None:
        """Compare with a second count of the days; several are as counted if their sum is."""
        if suspects.days == 1:
            self.confirmed[suspects.first] = count
            return
        rows = sum(self._found(day).rows for day in suspects.each())
        if rows <= count <= rows + self.bad_rows:
            self.confirmed |= {day: self._found(day).rows for day in suspects.each()}

    def missing(self) -> dict[date, int]:
        """Return the number of missing rows of each day with a gap."""
        return {day: self._least(day) - self._found(day).rows for day in self._short()}

    def lacking(self) -> set[date]:
        """Return the days with fewer rows than counted, within the tolerance too."""
        return {*self._short(Rules(merges=self.rules.merges))}

    def surplus(self) -> dict[date, int]:
        """Return the number of rows over CleverTap's total of each day that has some."""
        return {day: self._found(day).rows - self._counted(day) for day in self._over()}

    def counted(self, day: date) -> int | None:
        """Return the number of rows that a day has by the last count of it, or None."""
        is_unknown = day in self.unlisted and self._found(day).rows > 0
        return self.confirmed.get(day, None if is_unknown else self.totals.get(day))

    def unknown(self) -> list[date]:
        """Return the days with rows that CleverTap's totals leave out, and no second count has."""
        days = (day for day in self.days.each() if day in self.totals)
        return [day for day in days if self.counted(day) is None]

    def _short(self, rules: Rules | None = None) -> list[date]:
        rules = rules or self.rules
        short = [
            day
            for day in self._compared()
            if rules.is_short(self._found(day).rows, self._least(day))
        ]
        lacking = sum(self._least(day) - self._found(day).rows for day in short)
        # A bad row has no day, and is counted as one.
        return short if lacking > self.bad_rows else []

    def _over(self) -> list[date]:
        return [
            day
            for day in self._compared()
            if self.rules.is_over(self._found(day), self._counted(day))
        ]

    def _compared(self) -> Iterable[date]:
        return (day for day in self.days.each() if self.counted(day) is not None)

    def _counted(self, day: date) -> int:
        return self.counted(day) or 0

    def _least(self, day: date) -> int:
        """Return the smaller count: only a second one has rows that arrived after the export."""
        counted = self._counted(day)
        return counted if day in self.unlisted else min(counted, self.totals.get(day, counted))

    def _found(self, day: date) -> DayRows:
        return self.rows.get(day, DayRows(0, 0))
