"""Compare the rows that were read with CleverTap's own totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date

    from tap_clevertap.counts.totals import DayTotals
    from tap_clevertap.exports.windows import Window


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

    def differing(self) -> list[date]:
        """Return the days that differ from their totals, in order."""
        return sorted([*self._short(), *self._over(), *self.unknown()])

    def days_to_sum(self) -> set[date]:
        """Return the days that may be counted together: their rows are known, and none is a twin.

        A twin could hide a missing row of another day. A bad row has no day.
        """
        if self.bad_rows:
            return set()
        return {day for day in self.days.each() if not self.found(day).twins}

    def settle(self, days: Window, count: int) -> bool:
        """Compare with a second count; return whether it is the number of rows."""
        rows = {day: self.found(day).rows for day in days.each()}
        is_right = count == sum(rows.values())
        if days.days == 1:
            self.confirmed[days.first] = count
        elif is_right:
            self.confirmed |= rows
        return is_right

    def missing(self) -> dict[date, int]:
        """Return the number of missing rows of each day with a gap."""
        return {day: self._least(day) - self.found(day).rows for day in self._short()}

    def lacking(self) -> set[date]:
        """Return the days with fewer rows than counted, within the tolerance too."""
        return {*self._short(Rules(merges=self.rules.merges))}

    def surplus(self) -> dict[date, int]:
        """Return the number of rows over CleverTap's total of each day that has some."""
        return {day: self.found(day).rows - self._counted(day) for day in self._over()}

    def counted(self, day: date) -> int | None:
        """Return the number of rows that a day has by the last count of it, or None."""
        is_unknown = day in self.unlisted and self.found(day).rows > 0
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
            if rules.is_short(self.found(day).rows, self._least(day))
        ]
        lacking = sum(self._least(day) - self.found(day).rows for day in short)
        # A bad row has no day, and is counted as one.
        return short if lacking > self.bad_rows else []

    def _over(self) -> list[date]:
        return [
            day
            for day in self._compared()
            if self.rules.is_over(self.found(day), self._counted(day))
        ]

    def _compared(self) -> Iterable[date]:
        return (day for day in self.days.each() if self.counted(day) is not None)

    def _counted(self, day: date) -> int:
        return self.counted(day) or 0

    def _least(self, day: date) -> int:
        """Return the smaller count: only a second one has rows that arrived after the export."""
        counted = self._counted(day)
        return counted if day in self.unlisted else min(counted, self.totals.get(day, counted))

    def found(self, day: date) -> DayRows:
        """Return what was read of a day."""
        return self.rows.get(day, DayRows(0, 0))
