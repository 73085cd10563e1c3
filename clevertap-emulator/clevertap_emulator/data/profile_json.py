"""How a user looks in an answer: the profile block of events, and the records of profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import to_json

if TYPE_CHECKING:
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.people import Device, People, Person

CACHED_PROFILES = 60_000
DEVICE_FORM = {"0": 68, "1": 136, "2": 320}


@dataclass(frozen=True)
class ProfileParts:
    """Which parts of a profile were asked for; bound to the cursor [D:get-events-api]."""

    app: bool = True
    events: bool = True
    profile: bool = True


def platform_info(device: Device, *, app: bool) -> dict[str, Any]:
    """Describe a device; without `app` only what tells devices apart."""
    described = {"platform": device.platform, "objectId": device.object_id}
    if app:
        described |= {
            "os_version": device.os_version,
            "app_version": device.app_version,
            "make": device.make,
            "model": device.model,
        }
    described["push_token"] = device.push_token
    return {key: value for key, value in described.items() if value is not None}


def _user_fields(person: Person, flags: ProfileParts) -> dict[str, Any]:
    about: dict[str, Any] = {"identity": person.identity}
    if flags.profile:
        about |= {
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "all_identities": list(person.all_identities) or None,
            "profileData": person.properties,
        }
    if flags.events:
        about["events"] = person.events
    return {key: value for key, value in about.items() if value is not None}


def event_profile(person: Person, device: Device, flags: ProfileParts) -> dict[str, Any]:
    """Build `profile` of an event record: the user as of now, on that device [APP, ING]."""
    described = _user_fields(person, flags) | platform_info(device, app=flags.app)
    if flags.app and device.platform == "Android":
        described["df"] = DEVICE_FORM
    return described


def profile_record(person: Person, flags: ProfileParts) -> dict[str, Any]:
    """Build one record of a profiles export: a person with all devices."""
    record = _user_fields(person, flags)
    record["platformInfo"] = [platform_info(device, app=flags.app) for device in person.devices]
    if person.identity is None:
        record["objectId"] = person.devices[0].object_id
    return record


class ProfileJsonCache:
    """Profile blocks written as JSON in two orders of keys, kept while nobody changes."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._version = people.version
        self._written: dict[ProfileParts, dict[tuple[int, int], tuple[bytes, bytes]]] = {}

    def of_events(self, events: list[StoredEvent], flags: ProfileParts, order: int) -> list[bytes]:
        """Return the block of each row's user on the row's device."""
        written = self._kept(flags)
        profiles_json = []
        for event in events:
            key = (event.person, event.device)
            both = written.get(key)
            if both is None:
                both = written[key] = self._write(event, flags)
            profiles_json.append(both[order])
        return profiles_json

    def _write(self, event: StoredEvent, flags: ProfileParts) -> tuple[bytes, bytes]:
        person = self._people.person(event.person)
        return in_two_orders(event_profile(person, person.devices[event.device], flags))

    def _kept(self, flags: ProfileParts) -> dict[tuple[int, int], tuple[bytes, bytes]]:
        if self._version != self._people.version:
            self._written.clear()
            self._version = self._people.version
        kept = self._written.setdefault(flags, {})
        if len(kept) > CACHED_PROFILES:
            kept.clear()
        return kept


def in_two_orders(described: dict[str, Any]) -> tuple[bytes, bytes]:
    """Write an object twice, keys forth and back: the API promises no order."""
    inner = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in reversed(described.items())
    }
    return to_json(described), to_json(inner)
