"""How a count differs from what is stored: a wrong total, a late one, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from clevertap_emulator.data.calendar import day_stamp
from clevertap_emulator.settings import CountMode

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.settings import Settings

NEVER = 10**9
"""Polls until a count is ready that never is."""

DayStamp = Annotated[int, msgspec.Meta(ge=19_700_101, le=22_851_231)]


class CountFault(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a fault changes in the totals of a count; without keys that name days, in all of them.

    Attributes:
        days: The days whose totals change, `YYYYMMDD`.
        newest_days: The last days whose totals change, today included.
        add: Is added to each total; none becomes negative.
        share: Each total is multiplied by it.
        value: Replaces each total, whatever its type.
        missing: Totals are left out.
        without_minutes: Rows that happened or arrived in the last minutes are not counted.
        not_ready: How many polls respond with `partial`.
    """

    days: list[DayStamp] | None = None
    newest_days: Annotated[int, msgspec.Meta(ge=1)] | None = None
    add: int = 0
    share: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 1.0
    value: Any = msgspec.UNSET
    missing: bool = False
    without_minutes: Annotated[float, msgspec.Meta(gt=0, le=100_000_000)] | None = None
    not_ready: Annotated[int, msgspec.Meta(ge=0)] | None = None

    def selected(self, days: list[date], today: date) -> list[date]:
        """Return those of the days whose totals change."""
        named = days if self.days is None else [day for day in days if day_stamp(day) in self.days]
        if self.newest_days is None:
            return named
        return [day for day in named if (today - day).days < self.newest_days]

    def altered(self, total: int, days: int) -> int:
        """Return a total over some days, of which `days` change."""
        return max(0, round(total * self.share) + self.add * days) if days else total


def standing_fault(settings: Settings) -> CountFault:
    """Return what `--counts` changes in all counts that no scheduled fault changes."""
    if settings.counts is CountMode.ZERO:
        return CountFault(share=0.0)
    if settings.counts is CountMode.NEVER_READY:
        return CountFault(not_ready=NEVER)
    return CountFault()
