"""Profiles as the API's JSON: in event records, and as records of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import to_json

if TYPE_CHECKING:
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.person import Device, Person

CACHED_PROFILES = 60_000
SEEN_ONE_IN = 3
OBJECT_ID_ONE_IN = 4
DEVICE_FORM = {"0": 68, "1": 136, "2": 320}


@dataclass(frozen=True)
class ProfileParts:
    """The parts of a profile that were requested; bound to the cursor [D:get-events-api]."""

    app: bool = True
    events: bool = True
    profile: bool = True


def platform_info(device: Device, *, app: bool) -> dict[str, Any]:
    """Return the JSON of a device; without `app` only its platform, ID and push token."""
    fields = {"platform": device.platform, "objectId": device.object_id}
    if app:
        fields |= {
            "os_version": device.os_version,
            "app_version": device.app_version,
            "make": device.make,
            "model": device.model,
        }
    fields["push_token"] = device.push_token
    return {key: value for key, value in fields.items() if value is not None}


def _user_fields(person: Person, parts: ProfileParts) -> dict[str, Any]:
    fields: dict[str, Any] = {"identity": person.identity}
    if parts.profile:
        fields |= {
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "all_identities": list(person.all_identities) or None,
            "profileData": person.properties,
        }
    if parts.events:
        fields["events"] = person.events
    return {key: value for key, value in fields.items() if value is not None}


def event_profile(person: Person, device: Device, parts: ProfileParts) -> dict[str, Any]:
    """Return `profile` of an event record: the user as of now, on that device [APP, ING]."""
    fields = _user_fields(person, parts) | platform_info(device, app=parts.app)
    if parts.app and device.platform == "Android":
        fields["df"] = DEVICE_FORM
    return fields


def profile_record(person: Person, parts: ProfileParts) -> dict[str, Any]:
    """Return one record of a profiles export: a user with all devices.

    `ls` of a device is when it was last seen; a client reads it.
    """
    record = _user_fields(person, parts)
    devices = [platform_info(device, app=parts.app) for device in person.devices]
    seen = [each["last_seen"] for each in (person.events or {}).values()]
    if parts.app and seen and person.number % SEEN_ONE_IN == 0:
        devices[0]["ls"] = max(seen)
    record["platformInfo"] = devices
    # An identified user sometimes has one on top as well [ING].
    if person.identity is None or person.number % OBJECT_ID_ONE_IN == 0:
        record["objectId"] = person.devices[0].object_id
    return record


class ProfileJsonCache:
    """The JSON of profiles in two orders of keys, cached until a user changes."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._version = people.version
        self._encoded: dict[ProfileParts, dict[tuple[int, int], tuple[bytes, bytes]]] = {}

    def of_events(self, events: list[StoredEvent], parts: ProfileParts, order: int) -> list[bytes]:
        """Return the profile of each event's user on the event's device."""
        encoded = self._current(parts)
        profiles_json = []
        for event in events:
            key = (event.person, event.device)
            two_orders = encoded.get(key)
            if two_orders is None:
                two_orders = encoded[key] = self._encode(event, parts)
            profiles_json.append(two_orders[order])
        return profiles_json

    def _encode(self, event: StoredEvent, parts: ProfileParts) -> tuple[bytes, bytes]:
        person = self._people.person(event.person)
        profile = event_profile(person, person.devices[event.device], parts)
        return in_order(profile, 0), in_order(profile, 1)

    def _current(self, parts: ProfileParts) -> dict[tuple[int, int], tuple[bytes, bytes]]:
        if self._version != self._people.version:
            self._encoded.clear()
            self._version = self._people.version
        kept = self._encoded.setdefault(parts, {})
        if len(kept) > CACHED_PROFILES:
            kept.clear()
        return kept


def in_order(fields: dict[str, Any], order: int) -> bytes:
    """Encode an object, keys in order (0) or reversed (1): the API promises no order."""
    if not order:
        return to_json(fields)
    return to_json(
        {
            key: dict(reversed(value.items())) if isinstance(value, dict) else value
            for key, value in reversed(fields.items())
        }
    )
