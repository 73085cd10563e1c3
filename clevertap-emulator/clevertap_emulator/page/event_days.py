"""Events of each day, generated and uploaded, counted in between other requests."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.data.calendar import days_between

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from datetime import date

    from clevertap_emulator.project import Project

LISTED_NAMES = 200
COUNTED_IN_A_GO = 500
"""Names and days between two looks at requests that wait."""


class _Named(NamedTuple):
    """The events of one name, over all days."""

    name: str
    generated: int
    uploaded: int


@dataclass
class _Totals:
    """Generated and uploaded events of each day; `unknown` are days of which some are not drawn."""

    generated: Counter[date] = field(default_factory=Counter)
    uploaded: Counter[date] = field(default_factory=Counter)
    unknown: set[date] = field(default_factory=set)

    def add(self, generated: Mapping[date, int | None], uploaded: Mapping[date, int]) -> None:
        """Add the events of one name."""
        for day, size in generated.items():
            if size is None:
                self.unknown.add(day)
            self.generated[day] += size or 0
        for day, size in uploaded.items():
            self.uploaded[day] += size

    def by_day(self, days: list[date]) -> dict[str, object]:
        """Return the figures of the days, and how many uploaded events are on others."""
        uploaded = [self.uploaded[day] for day in days]
        return {
            "days": [day.isoformat() for day in days],
            "generated": [self.generated[day] for day in days],
            "uploaded": uploaded,
            "unknown": [day.isoformat() for day in days if day in self.unknown],
            "outside": self.uploaded.total() - sum(uploaded),
        }


async def event_days(project: Project, name: str | None) -> dict[str, object]:
    """Count the events of each day of the history and after it.

    Args:
        project: Whose events.
        name: The event whose days to return; None for all events together.
    """
    calendar = project.calendar
    days = list(days_between(calendar.first_day, max(calendar.today, calendar.current_day())))
    uploads = _uploads(project)
    totals = _Totals()
    counted: list[_Named] = []
    names = dict.fromkeys([*project.store.names.spelled(), *uploads])
    async for each, generated in _generated(project, names, days):
        uploaded = uploads.get(each, {})
        if name is None or each == name:
            totals.add(generated, uploaded)
        known = sum(size for size in generated.values() if size)
        counted.append(_Named(each, known, sum(uploaded.values())))
    return {"event_name": name, **totals.by_day(days), **_listed(counted, name)}


def _uploads(project: Project) -> dict[str, dict[date, int]]:
    """Return the uploaded events by name and day."""
    by_name: dict[str, dict[date, int]] = defaultdict(dict)
    for name, day, size in project.store.uploaded_sizes():
        by_name[name][day] = size
    return by_name


async def _generated(
    project: Project, names: Iterable[str], days: list[date]
) -> AsyncIterator[tuple[str, dict[date, int | None]]]:
    """Yield each name with its generated events of each day; None are too many to be drawn."""
    turns = count(1)
    for name in names:
        sizes: dict[date, int | None] = {}
        for day in days if name in project.names.kinds else ():
            sizes[day] = project.store.known_generated(name, day)
            await _serve_others(turns)
        await _serve_others(turns)
        yield name, sizes


async def _serve_others(turns: Iterator[int]) -> None:
    if next(turns) % COUNTED_IN_A_GO == 0:
        await asyncio.sleep(0)


def _listed(counted: list[_Named], name: str | None) -> dict[str, object]:
    """Return the names with the most events, and the one that is asked for."""
    counted.sort(key=lambda each: (-each.uploaded, -each.generated, each.name))
    further = (each for each in counted[LISTED_NAMES:] if each.name == name)
    listed = [*counted[:LISTED_NAMES], *further]
    return {
        "names": [each._asdict() for each in listed],
        "left_out": len(counted) - len(listed),
    }
