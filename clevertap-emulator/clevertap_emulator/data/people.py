"""The users: seeded people with devices, and the changes of uploads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from clevertap_emulator.data.earlier_people import EarlierPeople
from clevertap_emulator.data.person import (
    IDENTITY_OFFSETS,
    PROPERTY_TYPES,
    Device,
    Person,
    draw_person,
    keys_of,
    like,
)
from clevertap_emulator.data.property_types import type_of

if TYPE_CHECKING:
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.settings import Settings

DEVICE_DRAWS = (1, 1, 1, 1, 2, 2, 3)
ANONYMOUS_SHARE = 0.25
LONGEST_NUMBER = 20
DRAWN_PEOPLE = 20_000
"""Later users are like one of these, but for their number, which is in all that identifies them."""


class People:
    """All users by number: `0 … users-1` are generated, the rest were uploaded."""

    def __init__(self, settings: Settings, calendar: Calendar) -> None:
        self._settings = settings
        self._started = int(calendar.start)
        self._generated: dict[int, Person] = {}
        self._first_ids: dict[str, int] = {}
        self._changed: dict[int, Person] = {}
        self._numbers: dict[str, int] = {}
        self._deleted: set[int] = set()
        self._earlier = EarlierPeople()
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
        self._changed, self._numbers, self._deleted = {}, {}, set()
        self._earlier = EarlierPeople()
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
        return person if drawn == number else like(person, number)

    def keep_present(self) -> None:
        """Keep the users of the present version for `person_at`."""
        self._earlier.keep(self.version)

    def person_at(self, number: int, version: int) -> Person:
        """Return a user as of a version that is kept, or of the present one."""
        return self._earlier.find(number, version) or self.person(number)

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
        uploaded = (number for number, each in self._changed.items() if each.email == email)
        generated = (each for each in self._numbers_in(email) if self.person(each).email == email)
        found = {*uploaded, *generated} - self._deleted
        return self.person(min(found)) if found else None

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
            if number not in self._deleted and key in keys_of(self.person(number)):
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
        self._change(person)
        for key in keys_of(person):
            self._numbers.setdefault(key, person.number)
        self.version += 1

    def delete(self, kind: str, value: str) -> None:
        """Forget a user, if there is one; an upload with the same key makes a new one."""
        person = self.find(f"{kind}:{value}")
        if person is None:
            return
        self._deleted.add(person.number)
        for key in [key for key, number in self._numbers.items() if number == person.number]:
            del self._numbers[key]
        self.version += 1

    def disassociate(self, phone: str) -> None:
        """Take a telephone number from all uploaded users who have it."""
        for person in [each for each in self._changed.values() if each.phone == phone]:
            self._change(replace(person, phone=None))
        self.version += 1

    def _change(self, person: Person) -> None:
        number = person.number
        if number < self._settings.users or number in self._changed:  # it is not a new one
            self._earlier.end(self.person(number), self.version)
        self._changed[number] = person

    def identify(self, person: Person, identity: str) -> Person:
        """Give a user another identity, the first one staying the main one."""
        known = dict.fromkeys((*person.all_identities, identity))
        changed = replace(person, identity=person.identity or identity, all_identities=tuple(known))
        self.save(changed)
        return changed

    def _generate(self, number: int) -> Person:
        rng = Random(f"{self._settings.seed}/person/{number}")  # noqa: S311 - seeded on purpose
        return draw_person(
            rng,
            number,
            devices=self.device_counts[number],
            anonymous=self._anonymous[number],
            started=self._started,
        )
