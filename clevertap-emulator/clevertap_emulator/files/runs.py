"""The recurring runs of an export, and which rows are in the files of each."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.data.calendar import DAY_SECONDS
from clevertap_emulator.files.names import RunName
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.settings import ExportSettings
    from clevertap_emulator.files.world import World

HOUR = 3600
SPREAD = 2_654_435_761
MOST_RUNS_A_DAY = 6
"""An export of events runs every 4 hours at most [U:profile-exports]."""


class ExportRun(NamedTuple):
    """One run: it delivers the events from one moment to another, the second excluded."""

    number: int
    """From 1."""
    name: RunName
    first: int
    """A wall-clock stamp, like `ts`."""
    after: int

    def covers(self, day: date) -> bool:
        """Return whether events of a day can be in it."""
        return self.first // 1_000_000 <= _stamp(day) <= self.after // 1_000_000

    def positions(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        """Return the positions of its rows among the events of a day."""
        first, after = self.first, self.after
        if events and first <= events[0].ts and events[-1].ts < after:
            return range(len(events))
        return [number for number, event in enumerate(events) if first <= event.ts < after]


def runs_of(world: World, settings: ExportSettings) -> list[ExportRun]:
    """Return the runs that are to be written, the earliest first.

    Raises:
        ValueError: A run is not one of them, or they are more than one every four hours.
    """
    cuts = _cuts(world.calendar, settings.runs)
    overlap = settings.overlap_days * DAY_SECONDS
    zone, account = world.calendar.zone, world.settings.account_id
    start = world.calendar.bounds(world.calendar.first_day)[0]
    runs = [
        ExportRun(
            number,
            RunName(account, settings.export_id, after, zone),
            world.calendar.stamp(max(start, first - overlap)),
            world.calendar.stamp(after),
        )
        for number, (first, after) in enumerate(pairwise(cuts), 1)
    ]
    return [runs[number - 1] for number in _wanted(settings)]


def _wanted(settings: ExportSettings) -> list[int]:
    """Return the numbers of the runs to write."""
    numbers = {str(number): number for number in range(1, settings.runs + 1)}
    for given in settings.only_run:
        if given not in numbers:
            message = f"--only-run: {shown(given)} is not a run; use 1 to {settings.runs}"
            raise ValueError(message)
    return sorted({numbers[given] for given in settings.only_run} or numbers.values())


def _cuts(calendar: Calendar, runs: int) -> list[int]:
    """Return the instants between which runs deliver: midnights, or hours of a shorter history."""
    days = (calendar.today - calendar.first_day).days + 1
    last = int(calendar.start)
    if runs <= days:
        apart = [calendar.first_day + timedelta(days * number // runs) for number in range(runs)]
        return [*(calendar.bounds(day)[0] for day in apart), last]
    first = calendar.bounds(calendar.first_day)[0]
    step = (last - first) // runs // HOUR * HOUR
    if step * MOST_RUNS_A_DAY < DAY_SECONDS:
        message = f"--runs: {runs} runs are more than one every four hours; ask for fewer"
        raise ValueError(message)
    return [*range(first, first + step * runs, step), last]


def split(
    events: Sequence[StoredEvent], positions: Sequence[int], day: date, settings: ExportSettings
) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield the database and the positions of the rows of each file of an event and a day.

    Users are in one database each. On every second day rows go to the databases in turn, so that
    equal rows are in several.
    """
    count, size = settings.databases, settings.rows_per_file
    for database in range(count):
        if count == 1:
            chosen = positions
        elif day.toordinal() % 2:
            chosen = [each for each in positions if each % count == database]
        else:
            chosen = [
                each for each in positions if database_of(events[each].person, count) == database
            ]
        for start in range(0, len(chosen), size):
            yield database, chosen[start : start + size]


def database_of(person: int, count: int) -> int:
    """Return the database of a user, of so many."""
    return (person * SPREAD >> 9) % count


def _stamp(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
