"""One user of the project, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.catalogue import CITIES
from clevertap_emulator.data.property_types import BOOLEAN, DATE, FLOAT, INTEGER, LIST, STRING

if TYPE_CHECKING:
    from random import Random

FIRST_NAMES = ("Asha", "José", "Łukasz", "Zoë", "美咲", "Øyvind", "प्रिया", "Sam", "Noah", "Ximena")
LAST_NAMES = ("Rao", "Núñez", "O'Neil", "Müller", "山田", "da Silva", "Tuilagi", 'de "Witt"')
MODELS = (
    ("Android", "xiaomi", "M2006C3MII", "__"),
    ("Android", "samsung", "SM-A515F", "__"),
    ("iOS", "Apple", "iPhone14,5", "-"),
    ("Web", "Google", "Chrome", ""),
)
SUMMARISED = ("App Launched", "Product Viewed", "Charged", "Session Concluded")
IDENTITY_OFFSETS = (5_555_000_000, 90_071_992_547_409_930_000)
BAD_KEYS_ONE_IN = 50
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


def draw_person(rng: Random, number: int, *, devices: int, anonymous: bool, started: int) -> Person:
    """Draw a user with a number of devices; `started` is the end of the history, epoch seconds."""
    drawn = tuple(_device(rng) for _ in range(devices))
    events = _summary(rng, started)
    if anonymous:
        return Person(number=number, devices=drawn, events=events)
    identity = rng.choice(_identities(number))
    email = f"user{number}@example.com" if rng.random() < 0.8 else None  # noqa: PLR2004 - a share
    return Person(
        number=number,
        devices=drawn,
        identity=identity,
        all_identities=(identity, email) if email and rng.random() < 0.5 else (identity,),  # noqa: PLR2004 - a share
        name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
        email=email,
        phone=rng.choice([None, f"+9198{number:08d}", 919_800_000_000 + number]),
        properties=_properties(rng) | _bad_keys(number),
        events=events,
    )


def _summary(rng: Random, started: int) -> dict[str, dict[str, int]]:
    """Draw the event summary: realistic, not the sum of the history."""
    summary = {}
    for name in SUMMARISED[: rng.randint(1, len(SUMMARISED))]:
        last = started - rng.randrange(86_400 * 30)
        first = last - rng.randrange(86_400 * 300)
        summary[name] = {"count": rng.randint(1, 400), "first_seen": first, "last_seen": last}
    return summary


def like(person: Person, number: int) -> Person:
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


def keys_of(person: Person) -> list[str]:
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
