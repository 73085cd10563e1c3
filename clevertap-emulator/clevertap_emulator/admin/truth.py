"""The truth: what a complete export contains, read without pages and cursors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from clevertap_emulator.data.calendar import day_stamp, days_between
from clevertap_emulator.data.events import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.person import Person
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings


@dataclass(frozen=True)
class TruthFilter:
    """The part of the truth to return; by default all of it."""

    names: list[str]
    first: date | None = None
    last: date | None = None
    kind: str | None = None


class Truth:
    """Lists what is stored, as multisets."""

    def __init__(
        self, settings: Settings, calendar: Calendar, people: People, store: EventStore
    ) -> None:
        self._settings = settings
        self._calendar = calendar
        self._people = people
        self._store = store

    def as_json(self, selected: TruthFilter) -> bytes:
        """Return the truth as JSON."""
        names = selected.names or self._exportable()
        days = list(
            days_between(
                selected.first or self._calendar.first_day,
                selected.last or self._calendar.current_day(),
            )
        )
        content: dict[str, object] = {
            "timezone": self._settings.timezone,
            "today": day_stamp(self._calendar.today),
            "event_names": self._exportable(),
        }
        if selected.kind != "profiles":
            content["events"] = [msgspec.Raw(event) for event in self._events(names, days)]
        if selected.kind != "events":
            content["profiles"] = [_person(person) for person in self._users_of(names, days)]
        return msgspec.json.encode(content)

    def _exportable(self) -> list[str]:
        hidden = set(self._settings.unexportable)
        return [name for name in self._store.names.spelled() if name not in hidden]

    def _events(self, names: list[str], days: list[date]) -> Iterator[bytes]:
        for name in names:
            encoded = to_json(name)
            for day in days:
                for event in self._store.events(name, day):
                    yield self._event(encoded, event)

    def _event(self, name: bytes, event: StoredEvent) -> bytes:
        person = self._people.person(event.person)
        opening, closing = event.template.props
        return (
            b'{"event_name":%b,"ts":%d,"object_id":%b,"identity":%b,"event_props":%b%b%b,"session_props":%b}'
            % (
                name,
                event.ts,
                to_json(person.devices[event.device].object_id),
                to_json(person.identity),
                opening,
                event.unique,
                closing,
                event.template.session,
            )
        )

    def _users_of(self, names: list[str], days: list[date]) -> Iterator[Person]:
        numbers = set().union(*(self._store.people_of(name, days) for name in names))
        return (self._people.person(number) for number in sorted(numbers))


def _person(person: Person) -> dict[str, object]:
    return {
        "identity": person.identity,
        "object_ids": [device.object_id for device in person.devices],
        "all_identities": list(person.all_identities) or None,
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "profile_data": person.properties,
    }
