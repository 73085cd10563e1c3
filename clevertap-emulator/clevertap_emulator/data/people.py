"""The users: seeded people with devices, and the changes of uploads."""

from __future__ import annotations

import hashlib
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
    from collections.abc import Iterator

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
        self._changed: dict[int, Person] = {}
        self._numbers: dict[str, int] = {}
        self._next = settings.users
        self.version = 0
        rng = Random(f"{settings.seed}/devices")  # noqa: S311 - seeded on purpose
        self._anonymous = [rng.random() < ANONYMOUS_SHARE for _ in range(settings.users)]
        self.device_counts = [
            1 if anonymous else rng.choice(DEVICE_DRAWS) for anonymous in self._anonymous
        ]

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
        if number not in self._generated:
            self._generated[number] = self._generate(number)
        return self._generated[number]

    def property_types(self) -> dict[str, str]:
        """Return the type of each custom property, those of uploads by their value."""
        uploaded = (person.properties or {} for person in self._changed.values())
        found = {name: type_of(value) for each in uploaded for name, value in each.items()}
        return {**found, **PROPERTY_TYPES}

    def find(self, key: str) -> Person | None:
        """Return the user with a key like `identity:5` or `objectId:__a1`."""
        number = self._numbers_by_key().get(key)
        return None if number is None else self.person(number)

    def find_by_email(self, email: str) -> Person | None:
        """Return the first user with an e-mail address."""
        return next((person for person in self.everyone() if person.email == email), None)

    def everyone(self) -> Iterator[Person]:
        """Yield all users."""
        for number in range(self._next):
            yield self.person(number)

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
        self._numbers_by_key()[f"{kind}:{value}"] = number
        self.save(person)
        return person

    def save(self, person: Person) -> None:
        """Replace a user's state."""
        self._changed[person.number] = person
        self._add_keys(self._numbers_by_key(), person)
        self.version += 1

    def identify(self, person: Person, identity: str) -> Person:
        """Give a user another identity, the first one staying the main one."""
        known = dict.fromkeys((*person.all_identities, identity))
        changed = replace(person, identity=person.identity or identity, all_identities=tuple(known))
        self.save(changed)
        return changed

    def _numbers_by_key(self) -> dict[str, int]:
        if not self._numbers:
            for number in range(self._settings.users):
                self._add_keys(self._numbers, self.person(number))
        return self._numbers

    @staticmethod
    def _add_keys(numbers: dict[str, int], person: Person) -> None:
        for identity in person.all_identities:
            numbers.setdefault(f"identity:{identity}", person.number)
        if person.identity is not None:
            numbers.setdefault(f"identity:{person.identity}", person.number)
        for device in person.devices:
            numbers.setdefault(f"objectId:{device.object_id}", person.number)

    def _generate(self, number: int) -> Person:
        rng = Random(f"{self._settings.seed}/person/{number}")  # noqa: S311 - seeded on purpose
        devices = tuple(_device(rng) for _ in range(self.device_counts[number]))
        events = self._summary(rng)
        if self._anonymous[number]:
            return Person(number=number, devices=devices, events=events)
        identity = _identity(rng, number)
        email = f"user{number}@example.com" if rng.random() < 0.8 else None  # noqa: PLR2004 - a share
        return Person(
            number=number,
            devices=devices,
            identity=identity,
            all_identities=(identity, email) if email and rng.random() < 0.5 else (identity,),  # noqa: PLR2004 - a share
            name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
            email=email,
            phone=rng.choice([None, f"+9198{number:08d}", 919_800_000_000 + number]),
            properties=_properties(rng),
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


def _identity(rng: Random, number: int) -> str:
    """Draw an identity: plain, number-like, too large for a float, or with unusual characters."""
    forms = (
        f"user-{number:06d}",
        str(5_555_000_000 + number),
        str(90_071_992_547_409_930_000 + number),
        f"kundin-ü+{number}",
        f"00{number}",
    )
    return rng.choice(forms)


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
