"""Rows of events: users, devices and properties, as files have them [U:export-format]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from clevertap_emulator.files.values import JsonObject, object_of, without_nulls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clevertap_emulator.data.events import EventTemplate, StoredEvent
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.person import Device, Person

Kept = TypeVar("Kept")
KNOWN_USERS = 200_000
GROUP_ONE_IN, GROUPS = 6, ("Control Group 1", "Kontrollgruppe Ä")
SCREENS = ((67, 132), (65, 141), (71, 147))
DENSITIES = (320, 420, 480, 560)


class UserRow(NamedTuple):
    """A user on a device; what is unknown is absent."""

    number: int
    profile: dict[str, Any]
    device: dict[str, Any]
    control_group: str | None


class EventFileRow(NamedTuple):
    """A row of an event."""

    name: str
    ts: int
    user: UserRow
    props: JsonObject | None
    session: JsonObject | None


def keep(known: dict[tuple[int, int], Kept], key: tuple[int, int], made: Kept) -> Kept:
    """Keep what was made of a user on a device, and return it; there is room for so many."""
    if len(known) >= KNOWN_USERS:
        known.clear()
    known[key] = made
    return made


class Users:
    """The users of rows, each made once."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._known: dict[tuple[int, int], UserRow] = {}

    def row(self, person: int, device: int) -> UserRow:
        """Return a user on a device."""
        key = person, device
        found = self._known.get(key)
        return found or keep(self._known, key, user_row(self._people.person(person), device))


class Blocks:
    """The properties of events, each template read once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[EventTemplate, JsonObject | None, JsonObject | None]] = {}

    def props(self, event: StoredEvent) -> JsonObject | None:
        """Return the properties of an event."""
        _, fixed, _ = self._template(event.template)
        return fixed if not event.unique else {**(fixed or {}), **unique_of(event)}

    def fixed(self, event: StoredEvent) -> JsonObject | None:
        """Return the properties of an event without the unique one; None if it has no block."""
        found = self._template(event.template)[1]
        return {} if found is None and event.unique else found

    def session(self, event: StoredEvent) -> JsonObject | None:
        """Return the session properties of an event."""
        return self._template(event.template)[2]

    def _template(
        self, template: EventTemplate
    ) -> tuple[EventTemplate, JsonObject | None, JsonObject | None]:
        found = self._known.get(id(template))
        if found is None:
            opening, closing = template.props
            fixed = object_of(opening.removesuffix(b",") + closing)
            # The template is kept as well, so that no other one gets its id.
            found = self._known[id(template)] = template, fixed, object_of(template.session)
        return found


def unique_of(event: StoredEvent) -> JsonObject:
    """Return the property that an event shares with no other."""
    return object_of(b"{%b}" % event.unique) or {}


class Rows:
    """Makes rows of stored events."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._blocks = Blocks()

    def of(self, name: str, events: Iterable[StoredEvent]) -> Iterator[EventFileRow]:
        """Yield the rows of an event."""
        users, blocks = self._users, self._blocks
        for event in events:
            user = users.row(event.person, event.device)
            yield EventFileRow(name, event.ts, user, blocks.props(event), blocks.session(event))


def user_row(person: Person, number: int) -> UserRow:
    """Return a user on one of the user's devices."""
    device = person.devices[number]
    group = GROUPS[person.number % len(GROUPS)] if person.number % GROUP_ONE_IN == 0 else None
    profile = {
        "identity": person.identity,
        "objectId": device.object_id,
        "all_identities": list(person.all_identities) or None,
        "platform": device.platform,
        "phone": person.phone,
        "name": person.name,
        "email": person.email,
        "push_token": device.push_token,
    }
    return UserRow(person.number, without_nulls(profile), without_nulls(_device(device)), group)


def _device(device: Device) -> dict[str, Any]:
    drawn = int(device.object_id[-8:], 16)
    is_mobile = device.platform != "Web"
    width, height = SCREENS[drawn % len(SCREENS)]
    return {
        "make": device.make,
        "model": device.model,
        "appVersion": device.app_version,
        "sdkVersion": str(30_000 + drawn % 400 * 100) if is_mobile else None,
        "osVersion": device.os_version,
        "browser": None if is_mobile else f"Chrome {100 + drawn % 40}",
        "dpi": DENSITIES[drawn % len(DENSITIES)] if is_mobile else None,
        "dimensions": {"width": width, "height": height, "unit": "mm"} if is_mobile else None,
    }
