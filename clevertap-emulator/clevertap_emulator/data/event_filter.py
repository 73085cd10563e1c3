"""The events that satisfy a query."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.data.calendar import days_between
from clevertap_emulator.data.catalogue import folded
from clevertap_emulator.data.places import is_in, is_near, place_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from clevertap_emulator.data.conditions import Condition
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.person import Device, Person
    from clevertap_emulator.data.query import FilterQuery, PastEvent, ProfileCondition
    from clevertap_emulator.data.store import EventStore

PLATFORMS = {"Android": "AndroidApp", "iOS": "iOSApp", "Web": "Web"}


class EventFilter:
    """Selects stored events by a query; what it finds out about users it keeps.

    Users and past events are those of the moment when it is made. So all pages of an export have
    the rows of its opening, whatever is uploaded in between. The profiles in them are as of now.
    """

    def __init__(self, query: FilterQuery, store: EventStore, people: People) -> None:
        self.query = query
        self._store = store
        self._people = people
        self._arrivals = store.arrivals
        self._version = people.version if query.asks_of_users else None
        self._users: dict[tuple[int, int], bool] = {}
        self._counts: dict[int, Counter[int]] = {}

    @property
    def content(self) -> Hashable:
        """What determines the events that it selects, next to those that are stored."""
        return repr(self.query), self._version

    def keep_users(self) -> None:
        """Make sure that later changes of users change nothing, as far as they matter."""
        if self._version is not None:
            self._people.keep_present()

    def keep(self, events: list[StoredEvent]) -> list[StoredEvent]:
        """Return the events that satisfy the query, in their order."""
        query = self.query
        return [
            event
            for event in events
            if _satisfies(event, query.event, query.session) and self._user_satisfies(event)
        ]

    def _user_satisfies(self, event: StoredEvent) -> bool:
        key = (event.person, event.device)
        known = self._users.get(key)
        if known is None:
            person = self._person(event.person)
            known = self._users[key] = self._is_wanted(person, person.devices[event.device])
        return known

    def _person(self, number: int) -> Person:
        if self._version is None:
            return self._people.person(number)
        return self._people.person_at(number, self._version)

    def _is_wanted(self, person: Person, device: Device) -> bool:
        query = self.query
        return (
            all(
                each.condition.holds(_profile_value(each, person, device)) for each in query.profile
            )
            and self._is_there(person)
            and all(self._did(person.number, number) for number in range(len(query.past)))
        )

    def _is_there(self, person: Person) -> bool:
        query = self.query
        if not query.places and not query.circles:
            return True
        place = place_of((person.properties or {}).get("City"))
        if place is None:
            return False
        in_places = not query.places or any(is_in(place, each) for each in query.places)
        return in_places and (not query.circles or any(is_near(place, *c) for c in query.circles))

    def _did(self, person: int, number: int) -> bool:
        past = self.query.past[number]
        if number not in self._counts:
            self._counts[number] = Counter(
                event.person for each in past.events for event in self._happened(each)
            )
        return past.count.holds(self._counts[number][person]) is not past.none

    def _happened(self, past: PastEvent) -> list[StoredEvent]:
        return [
            event
            for day in days_between(past.first, past.last)
            for event in self._store.events(past.name, day, self._arrivals)
            if _satisfies(event, past.event, past.session)
        ]


def _satisfies(
    event: StoredEvent, conditions: tuple[Condition, ...], session: tuple[Condition, ...]
) -> bool:
    if conditions:
        opening, closing = event.template.props
        if not _all_hold(conditions, opening + event.unique + closing):
            return False
    return not session or _all_hold(session, event.template.session)


def _all_hold(conditions: tuple[Condition, ...], block: bytes) -> bool:
    """Return whether conditions hold for `event_props` or `session_props`, as JSON."""
    properties = msgspec.json.decode(block) or {}
    return all(each.holds(_looked_up(properties, each.name)) for each in conditions)


def _looked_up(properties: dict[str, Any], name: str) -> object:
    if name in properties:
        return properties[name]
    plain = folded(name)
    return next((value for each, value in properties.items() if folded(each) == plain), None)


def _profile_value(wanted: ProfileCondition, person: Person, device: Device) -> object:
    name = folded(wanted.condition.name)
    if wanted.group == "reachability":
        return _reachability(person)[name]
    if wanted.group in {"app_fields", "technographics"}:
        return _device_fields(device)[name]
    if name == "phone":  # `+`, country and number [SUR]
        return None if person.phone is None else f"+{str(person.phone).lstrip('+')}"
    fields = {"name": person.name, "email": person.email}
    return fields[name] if name in fields else _looked_up(person.properties or {}, name)


def _reachability(person: Person) -> dict[str, bool]:
    return {
        "has_token": any(device.push_token for device in person.devices),
        "has_email": person.email is not None,
        "has_phone": person.phone is not None,
    }


def _device_fields(device: Device) -> dict[str, str | None]:
    web = device.platform == "Web"
    return {
        "make": device.make,
        "model": device.model,
        "appversion": device.app_version,
        "osversion": device.os_version,
        "os": None if web else device.platform,
        "platform": PLATFORMS.get(device.platform or ""),
        "device": None if device.platform is None else "Desktop" if web else "Mobile",
        "browser": device.model if web else None,
    }
