"""Users, devices and properties, as rows of files have them [U:export-format]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.person import Device, Person

KNOWN_USERS = 200_000
GROUP_ONE_IN, GROUPS = 6, ("Control Group 1", "Kontrollgruppe Ä")
SCREENS = ((67, 132), (65, 141), (71, 147))
DENSITIES = (320, 420, 480, 560)


class UserRow(NamedTuple):
    """A user on a device; what is unknown is absent."""

    profile: dict[str, Any]
    device: dict[str, Any]
    control_group: str | None


class Users:
    """The users of rows, each made once."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._known: dict[tuple[int, int], UserRow] = {}

    def row(self, person: int, device: int) -> UserRow:
        """Return a user on a device."""
        key = person, device
        found = self._known.get(key)
        if found is None:
            if len(self._known) > KNOWN_USERS:
                self._known.clear()
            found = self._known[key] = user_row(self._people.person(person), device)
        return found


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
    return UserRow(_known(profile), _known(_device(device)), group)


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


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
