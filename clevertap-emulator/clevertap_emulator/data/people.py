"""The users: seeded people with devices, and the changes of uploads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.catalogue import CITIES
from clevertap_emulator.data.property_types import (
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    LIST,
    STRING,
    type_of,
)

if TYPE_CHECKING:
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.settings import Settings

FIRST_NAMES = ("Asha", "José", "Łukasz", "Zoë", "美咲", "Øyvind", "प्रिया", "Sam", "Noah", "Ximena")
LAST_NAMES = ("Rao", "Núñez", "O'Neil", "Müller", "山田", "da Silva", "Tuilagi", 'de "Witt"')
MODELS = (
    ("Android", "xiaomi", "M2006C3MII", "__"),
    ("Android", "samsung", "SM-A515F", "__"),
    ("iOS", "Apple", "iPhone14,5", "-"),
    ("Web", "Google", "Chrome", ""),
)
SUMMARISED = ("App Launched", "Product Viewed", "Charged", "Session Concluded")
DEVICE_DRAWS = (1, 1, 1, 1, 2, 2, 3)
ANONYMOUS_SHARE = 0.25
IDENTITY_OFFSETS = (5_555_000_000, 90_071_992_547_409_930_000)
LONGEST_NUMBER = 20
BAD_KEYS_ONE_IN = 50
DRAWN_PEOPLE = 20_000
"""Later users are like one of these, but for their number, which is in all that identifies them."""
PROPERTY_TYPES = {
    "Customer Type": STRING,
    "City": STRING,
    "Score": FLOAT,
    "Loyalty Id": INTEGER,
    "Interests": LIST,
    "Renewal": DATE,
    "Opted In": BOOLEAN,
}
"""The declared types of the generated properties."""


@dataclass(frozen=True)
class Device:
    """One device of a person, by its CleverTap ID."""

    object_id: str
    platform: str | None = None
    make: str | None = None
    model: str | None = None
    os_version: str | None = None
    app_version: str | None = None
    push_token: str | None = None


@dataclass(frozen=True)
class Person:
    """One user as of now; without an identity it is an anonymous device."""

    number: int
    devices: tuple[Device, ...]
    identity: str | None = None
    all_identities: tuple[str, ...] = ()
    name: str | None = None
    email: str | None = None
    phone: str | int | None = None
    properties: dict[str, Any] | None = None
    events: dict[str, dict[str, int]] | None = None


class People:
    """All users by number: `0 … users-1` are generated, the rest were uploaded."""

    def __init__(self, settings: Settings, calendar: Calendar) -> None:
        self._settings = settings
        self._started = int(calendar.start)
        self._generated: dict[int, Person] = {}
        self._first_ids: dict[str, int] = {}
        self._changed: dict[int, Person] = {}
        self._numbers: dict[str, int] = {}
        self._next = settings.users
        self.version = 0
        rng = Random(f"{settings.seed}/devices")  # noqa: S311 - seeded on purpose
        drawn = min(settings.users, DRAWN_PEOPLE)
        self._anonymous = [rng.random() < ANONYMOUS_SHARE for _ in range(drawn)]
        counts = bytes(
            1 if anonymous else rng.choice(DEVICE_DRAWS) for anonymous in self._anonymous
        )
        self.device_counts = (counts * (settings.users // drawn + 1))[: settings.users]

    def drop_uploaded(self) -> None:
        """Drop the changes of uploads."""
        self._changed, self._numbers = {}, {}
        self._next = self._settings.users
        self.version += 1

    @property
    def count(self) -> int:
        """The number of users."""
        return self._next

    def person(self, number: int) -> Person:
        """Return a user as of now."""
        changed = self._changed.get(number)
        if changed is not None:
            return changed
        drawn = number % DRAWN_PEOPLE
        if drawn not in self._generated:
            self._generated[drawn] = self._generate(drawn)
        person = self._generated[drawn]
        return person if drawn == number else _like(person, number)

    def property_types(self) -> dict[str, str]:
        """Return the type of each custom property, those of uploads by their value."""
        uploaded = (person.properties or {} for person in self._changed.values())
        found = {name: type_of(value) for each in uploaded for name, value in each.items()}
        return {**found, **PROPERTY_TYPES}

    def find(self, key: str) -> Person | None:
        """Return the user with a key like `identity:5` or `objectId:__a1`."""
        number = self._generated_number(key)
        number = self._numbers.get(key) if number is None else number
        return None if number is None else self.person(number)

    def find_by_email(self, email: str) -> Person | None:
        """Return the first user with an e-mail address."""
        candidates = {*self._changed, *self._numbers_in(email)}
        found = (self.person(number) for number in sorted(candidates))
        return next((person for person in found if person.email == email), None)

    def _generated_number(self, key: str) -> int | None:
        """Return the number of the generated user with a key: it is written in the key."""
        kind, _, value = key.partition(":")
        if kind == "identity":
            candidates = self._numbers_in(value)
        elif kind == "objectId":
            candidates = self._numbers_of_device(value)
        else:
            return None
        for number in candidates:
            if key in _keys(self.person(number)):
                return number
        return None

    def _numbers_in(self, text: str) -> list[int]:
        """Return the numbers of the generated users whose identity or e-mail this can be."""
        found = re.search(r"\d+", text, re.ASCII)
        if found is None or len(found[0]) > LONGEST_NUMBER:
            return []
        numbers = [int(found[0]) - offset for offset in (0, *IDENTITY_OFFSETS)]
        return [number for number in numbers if 0 <= number < self._settings.users]

    def _numbers_of_device(self, object_id: str) -> list[int]:
        if not self._first_ids:
            for number in range(min(DRAWN_PEOPLE, self._settings.users)):
                for device in self.person(number).devices:
                    self._first_ids[device.object_id] = number
        if object_id in self._first_ids:
            return [self._first_ids[object_id]]
        written = re.search(r"[0-9a-f]{8}$", object_id)
        number = int(written[0], 16) if written else 0
        return [number] if DRAWN_PEOPLE <= number < self._settings.users else []

    def create(self, kind: str, value: str) -> Person:
        """Add a user by `identity`, `objectId`, `FBID` or `GPID`."""
        number, self._next = self._next, self._next + 1
        object_id = value if kind == "objectId" else hashlib.md5(value.encode()).hexdigest()  # noqa: S324 - a made-up id
        identified = kind == "identity"
        person = Person(
            number=number,
            devices=(Device(object_id=object_id),),
            identity=value if identified else None,
            all_identities=(value,) if identified else (),
        )
        self._numbers[f"{kind}:{value}"] = number
        self.save(person)
        return person

    def save(self, person: Person) -> None:
        """Replace a user's state."""
        self._changed[person.number] = person
        for key in _keys(person):
            self._numbers.setdefault(key, person.number)
        self.version += 1

    def identify(self, person: Person, identity: str) -> Person:
        """Give a user another identity, the first one staying the main one."""
        known = dict.fromkeys((*person.all_identities, identity))
        changed = replace(person, identity=person.identity or identity, all_identities=tuple(known))
        self.save(changed)
        return changed

    def _generate(self, number: int) -> Person:
        rng = Random(f"{self._settings.seed}/person/{number}")  # noqa: S311 - seeded on purpose
        devices = tuple(_device(rng) for _ in range(self.device_counts[number]))
        events = self._summary(rng)
        if self._anonymous[number]:
            return Person(number=number, devices=devices, events=events)
        identity = rng.choice(_identities(number))
        email = f"user{number}@example.com" if rng.random() < 0.8 else None  # noqa: PLR2004 - a share
        return Person(
            number=number,
            devices=devices,
            identity=identity,
            all_identities=(identity, email) if email and rng.random() < 0.5 else (identity,),  # noqa: PLR2004 - a share
            name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
            email=email,
            phone=rng.choice([None, f"+9198{number:08d}", 919_800_000_000 + number]),
            properties=_properties(rng) | _bad_keys(number),
            events=events,
        )

    def _summary(self, rng: Random) -> dict[str, dict[str, int]]:
        """Draw the event summary: realistic, not the sum of the history."""
        summary = {}
        for name in SUMMARISED[: rng.randint(1, len(SUMMARISED))]:
            last = self._started - rng.randrange(86_400 * 30)
            first = last - rng.randrange(86_400 * 300)
            summary[name] = {"count": rng.randint(1, 400), "first_seen": first, "last_seen": last}
        return summary


def _like(person: Person, number: int) -> Person:
    """Return a user who is like another, with the same forms of identity, e-mail and phone."""
    offset = number - person.number
    identity = (
        person.identity and _identities(number)[_identities(person.number).index(person.identity)]
    )
    email = person.email and f"user{number}@example.com"
    phone = person.phone and (
        f"+9198{number:08d}" if isinstance(person.phone, str) else person.phone + offset
    )
    identities = (identity, email)[: len(person.all_identities)]
    return Person(
        number=number,
        devices=tuple(
            replace(device, object_id=f"{device.object_id[:-8]}{number:08x}")
            for device in person.devices
        ),
        identity=identity,
        all_identities=tuple(each for each in identities if each),
        name=person.name,
        email=email,
        phone=phone,
        properties=person.properties,
        events=person.events,
    )


def _identities(number: int) -> tuple[str, ...]:
    """Return identities: plain, number-like, too large for a float, or of unusual characters."""
    return (
        f"user-{number:06d}",
        *(str(offset + number) for offset in IDENTITY_OFFSETS),
        f"kundin-ü+{number}",
        f"00{number}",
    )


def _keys(person: Person) -> list[str]:
    """Return the keys that a user is found by."""
    identities = dict.fromkeys([*person.all_identities, person.identity])
    return [
        *(f"identity:{identity}" for identity in identities if identity is not None),
        *(f"objectId:{device.object_id}" for device in person.devices),
    ]


def _bad_keys(number: int) -> dict[str, list[str]]:
    """Return the property with the invalid ids of a few users [GMA]."""
    return {"badKs": [f"FB:{number}"]} if number % BAD_KEYS_ONE_IN == 0 else {}


def _device(rng: Random) -> Device:
    platform, make, model, prefix = rng.choice(MODELS)
    mobile = platform != "Web"
    return Device(
        object_id=f"{prefix}{'g' if prefix else ''}{rng.getrandbits(128):032x}",
        platform=platform,
        make=make,
        model=model,
        os_version=rng.choice(["10", "16.2", "13"]),
        app_version=rng.choice(["1.1.7", "2.30.1", "6.55"]) if mobile else None,
        push_token=f"fcm:{rng.getrandbits(120):030x}" if mobile and rng.random() < 0.7 else None,  # noqa: PLR2004 - a share
    )


def _properties(rng: Random) -> dict[str, Any]:
    """Draw custom properties, of which some are missing."""
    drawn: dict[str, Any] = {
        "Customer Type": rng.choice(["Platinum", "Gold", "Silber"]),
        "City": rng.choice(CITIES),
        "Score": round(rng.uniform(0, 100), 3),
        "Loyalty Id": rng.randint(2**53 + 1, 2**62),
        "Interests": rng.sample(["books", "música", "旅行", "chess"], rng.randint(1, 3)),
        "Renewal": f"$D_{rng.randint(1_700_000_000, 1_800_000_000)}",
        "Opted In": rng.choice([True, False, "true"]),
    }
    return {name: value for name, value in drawn.items() if rng.random() < 0.85}  # noqa: PLR2004 - a share
