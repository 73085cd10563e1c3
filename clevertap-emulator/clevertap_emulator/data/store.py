"""All events there are: generated history and uploads, read by name and day."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from clevertap_emulator.data.events import StoredEvent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from clevertap_emulator.data.catalogue import EventNames
    from clevertap_emulator.data.history import History

SHARDS = 23
Shards = list[list[StoredEvent]]


class EventStore:
    """Events by name and day; uploaded ones carry the number of their arrival."""

    def __init__(self, names: EventNames, history: History) -> None:
        self.names = names
        self._history = history
        self._uploaded: dict[tuple[str, date], list[tuple[int, StoredEvent]]] = defaultdict(list)
        self.arrivals = 0

    def drop_uploaded(self) -> None:
        """Drop what uploads brought."""
        self._uploaded.clear()
        self.arrivals = 0

    def add(self, name: str, day: date, event: StoredEvent) -> None:
        """Store an uploaded event under its stored spelling."""
        self.arrivals += 1
        self._uploaded[name, day].append((self.arrivals, event))

    def events(self, name: str, day: date, until: int | None = None) -> list[StoredEvent]:
        """Return one day's events of one name, of uploads those arrived up to `until`."""
        kind = self.names.kinds.get(name)
        generated = [] if kind is None else self._history.events(kind, day)
        uploaded = self._uploaded.get((name, day))
        if not uploaded:
            return generated
        limit = self.arrivals if until is None else until
        return generated + [event for arrival, event in uploaded if arrival <= limit]

    def expected(self, name: str) -> float:
        """Return about how many generated events of a name a day has."""
        kind = self.names.kinds.get(name)
        return 0.0 if kind is None else self._history.expected(kind)

    def people_of(self, name: str, days: Iterator[date]) -> set[int]:
        """Return the numbers of the users who did an event on these days."""
        return {event.person for day in days for event in self.events(name, day)}


def shard_of(person: int) -> int:
    """Return the shard a user lives on."""
    return (person * 2_654_435_761 >> 9) % SHARDS


def sharded(events: list[StoredEvent]) -> Shards:
    """Spread rows over the shards of their users, each keeping the order of time."""
    shards: Shards = [[] for _ in range(SHARDS)]
    for event in events:
        shards[(event.person * 2_654_435_761 >> 9) % SHARDS].append(event)
    return shards
