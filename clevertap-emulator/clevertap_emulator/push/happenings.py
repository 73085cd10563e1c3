"""The events that messages are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.files.rows import Blocks, Users
from clevertap_emulator.files.settings import ExportSettings
from clevertap_emulator.files.world import World

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.person import Person
    from clevertap_emulator.files.rows import UserRow
    from clevertap_emulator.files.values import JsonObject
    from clevertap_emulator.settings import Settings

MESSAGES_OF_A_DAY = 1_000
"""So many messages in a row are about the events of one day."""


class Happening(NamedTuple):
    """An event and its user."""

    name: str
    ts: int
    """Of the project's wall clock: `20260831093000`."""
    person: Person
    user: UserRow
    props: JsonObject | None
    session: JsonObject | None


class Happenings:
    """Draws events of the history, those included that only files and messages have."""

    def __init__(self, history: Settings) -> None:
        self.world = World(history, ExportSettings())
        self._users = Users(self.world.people)
        self._blocks = Blocks()
        self._day: date | None = None
        self._events: list[tuple[str, StoredEvent]] = []

    def draw(self, rng: Random, number: int) -> Happening:
        """Return an event for a message of this number."""
        name, event = rng.choice(self._of_day(number))
        return Happening(
            name,
            event.ts,
            self.world.people.person(event.person),
            self._users.row(event.person, event.device),
            self._blocks.props(event),
            self._blocks.session(event),
        )

    def _of_day(self, number: int) -> list[tuple[str, StoredEvent]]:
        days = self.world.days
        start = number // MESSAGES_OF_A_DAY
        for offset in range(len(days)):
            day = days[(start + offset) % len(days)]
            if day != self._day:
                names = self.world.event_names
                self._events = [(name, e) for name in names for e in self.world.events(name, day)]
                self._day = day
            if self._events:
                return self._events
        message = "the history has no events to push; use a larger --events-per-day"
        raise ValueError(message)
