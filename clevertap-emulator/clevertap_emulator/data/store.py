"""All events, generated and uploaded, by name and day."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.data.events import StoredEvent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from clevertap_emulator.data.catalogue import EventNames
    from clevertap_emulator.data.history import History

SHARDS = 23


class ExportChange(NamedTuple):
    """Rows of a day that exports lack, and rows they have twice, from an arrival on."""

    arrival: int
    hidden: int = 0
    repeated: int = 0


NO_CHANGE = ExportChange(0)
Shards = list[list[StoredEvent]]


class EventStore:
    """Events by name and day; uploaded events are numbered in order of arrival."""

    def __init__(self, names: EventNames, history: History) -> None:
        self.names = names
        self._history = history
        self._uploaded: dict[tuple[str, date], list[tuple[int, StoredEvent]]] = defaultdict(list)
        self._export_changes: dict[tuple[str, date], list[ExportChange]] = defaultdict(list)
        self._arrived = array("d")

    @property
    def arrivals(self) -> int:
        """The number of uploaded events and of changes of exports."""
        return len(self._arrived)

    def arrivals_until(self, moment: float) -> int:
        """Return how many events were uploaded up to a moment, in monotonic seconds."""
        return bisect_right(self._arrived, moment)

    def drop_uploaded(self) -> None:
        """Drop the uploaded events and the changes of exports."""
        self._uploaded.clear()
        self._export_changes.clear()
        self._arrived = array("d")

    def add(self, name: str, day: date, event: StoredEvent) -> None:
        """Add an uploaded event; `name` has its stored spelling."""
        self._arrived.append(time.monotonic())
        self._uploaded[name, day].append((self.arrivals, event))

    def events(self, name: str, day: date, until: int | None = None) -> list[StoredEvent]:
        """Return one day's events of one name, uploaded ones up to the arrival `until`."""
        kind = self.names.kinds.get(name)
        generated = [] if kind is None else self._history.events(kind, day)
        uploaded = self._uploaded.get((name, day))
        if not uploaded:
            return generated
        limit = self.arrivals if until is None else until
        return generated + [event for arrival, event in uploaded if arrival <= limit]

    def size(self, name: str, day: date) -> int:
        """Return the number of one day's events of one name, without drawing them again."""
        kind = self.names.kinds.get(name)
        generated = 0 if kind is None else self._history.size(kind, day)
        return generated + len(self._uploaded.get((name, day), ()))

    def known_generated(self, name: str, day: date) -> int | None:
        """Return the number of one day's generated events; None if too many are not drawn yet."""
        kind = self.names.kinds.get(name)
        return 0 if kind is None else self._history.known_size(kind, day)

    def uploaded_sizes(self) -> list[tuple[str, date, int]]:
        """Return the names and days of uploaded events, and the number of each."""
        return [(name, day, len(rows)) for (name, day), rows in self._uploaded.items() if rows]

    def change_exports(
        self, name: str, day: date, *, hidden: int | None, repeated: int | None
    ) -> None:
        """Hide or repeat rows in the exports opened from now on; None changes nothing."""
        self._arrived.append(time.monotonic())
        changes = self._export_changes[name, day]
        last = changes[-1] if changes else NO_CHANGE
        changes.append(
            ExportChange(
                self.arrivals,
                last.hidden if hidden is None else hidden,
                last.repeated if repeated is None else repeated,
            )
        )

    def exported(self, name: str, day: date, until: int | None = None) -> list[StoredEvent]:
        """Return what an export has of a day: `events`, unless some are hidden or repeated."""
        events = self.events(name, day, until)
        changes = self._export_changes.get((name, day))
        if not changes:
            return events
        limit = self.arrivals if until is None else until
        change = max((each for each in changes if each.arrival <= limit), default=NO_CHANGE)
        first = max(0, min(len(events) // 2, len(events) - change.hidden))
        kept = events[:first] + events[first + change.hidden :]
        return kept + kept[: change.repeated]

    def rename(self, old: str, new: str) -> None:
        """Move what was uploaded under a name to another."""
        for changed in (self._uploaded, self._export_changes):
            for name, day in [key for key in changed if key[0] == old]:
                changed[new, day] = changed.pop((name, day))  # type: ignore[assignment]

    def expected(self, name: str) -> float:
        """Return the average number of generated events of a name in a day."""
        kind = self.names.kinds.get(name)
        return 0.0 if kind is None else self._history.expected(kind)

    def is_once_each(self, name: str) -> bool:
        """Return whether no user has an event of a name on two days."""
        kind = self.names.kinds.get(name)
        return kind is not None and kind.everyone and not self._uploaded

    def people_of(self, name: str, days: Iterable[date]) -> set[int]:
        """Return the numbers of the users with an event on these days."""
        return {event.person for day in days for event in self.events(name, day)}


def shard_of(person: int) -> int:
    """Return the shard of a user."""
    return (person * 2_654_435_761 >> 9) % SHARDS


def split_by_shard(events: list[StoredEvent]) -> Shards:
    """Return the events of each shard, in order of time."""
    shards: Shards = [[] for _ in range(SHARDS)]
    for event in events:
        shards[shard_of(event.person)].append(event)
    return shards
