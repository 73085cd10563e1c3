"""Events of each day, generated and uploaded, counted in between other requests."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clevertap_emulator.data.calendar import days_between

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.project import Project

LISTED_NAMES = 200
COUNTED_IN_A_GO = 500
"""Names and days between two looks at requests that wait."""


@dataclass
class _Totals:
    """Generated and uploaded events of each day; `unknown` are days of which some are not drawn."""

    generated: list[int]
    uploaded: list[int]
    unknown: set[int] = field(default_factory=set)


async def event_days(project: Project, name: str | None) -> dict[str, object]:
    """Count the events of each day of the history and after it.

    Args:
        project: Whose events.
        name: The event whose days to return; None for all events together.
    """
    days = list(days_between(project.calendar.first_day, project.calendar.current_day()))
    names, outside = _uploaded(project, days)
    totals = _Totals([0] * len(days), [0] * len(days))
    listed, counted = [], 0
    for each in dict.fromkeys([*project.store.names.spelled(), *names]):
        uploaded = names.get(each, {})
        generated: list[int | None] = []
        for day in days:
            generated.append(project.store.known_generated(each, day))
            counted += 1
            if counted % COUNTED_IN_A_GO == 0:
                await asyncio.sleep(0)
        if name is None or each == name:
            _add(totals, generated, [uploaded.get(day, 0) for day in days])
        known = sum(size for size in generated if size is not None)
        listed.append((each, known, sum(uploaded.values())))
    listed.sort(key=lambda each: (-each[2], -each[1], each[0]))
    return {
        "event_name": name,
        "days": [day.isoformat() for day in days],
        "generated": totals.generated,
        "uploaded": totals.uploaded,
        "unknown": [days[place].isoformat() for place in sorted(totals.unknown)],
        "outside": outside if name is None else sum(_outside(names.get(name, {}), days)),
        "names": [
            {"name": each, "generated": known, "uploaded": uploaded}
            for each, known, uploaded in listed[:LISTED_NAMES]
        ],
        "left_out": max(0, len(listed) - LISTED_NAMES),
    }


def _uploaded(project: Project, days: list[date]) -> tuple[dict[str, dict[date, int]], int]:
    """Return the uploaded events by name and day, and how many are on other days."""
    by_name: dict[str, dict[date, int]] = defaultdict(dict)
    for name, day, size in project.store.uploaded_sizes():
        by_name[name][day] = size
    return by_name, sum(sum(_outside(sizes, days)) for sizes in by_name.values())


def _outside(sizes: dict[date, int], days: list[date]) -> list[int]:
    return [size for day, size in sizes.items() if not days[0] <= day <= days[-1]]


def _add(totals: _Totals, generated: list[int | None], uploaded: list[int]) -> None:
    for place, size in enumerate(generated):
        if size is None:
            totals.unknown.add(place)
        totals.generated[place] += size or 0
        totals.uploaded[place] += uploaded[place]
