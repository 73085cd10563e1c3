"""Rows of profiles as files have them [U:profile-exports]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.files.values import listed, without_nulls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.data.person import Person
    from clevertap_emulator.files.settings import ExportSettings
    from clevertap_emulator.files.truth import View
    from clevertap_emulator.files.world import World

CHANGED_ONE_IN = 5
CHANNELS = ("MSG-webpush", "MSG-push", "MSG-email", "MSG-sms", "MSG-whatsapp")
GROUPS = "subscriptionGroups"
PREFERENCES = (*CHANNELS, GROUPS)
IDENTIFIERS = ("identity", "all_identities", "clevertapId", "clevertapIds", "token")
PROPERTIES = ("Email", "Phone", "Name", "Gender", "DOB", "Photo")
FIXED = (*IDENTIFIERS, *PREFERENCES, *PROPERTIES)
"""The columns before those of custom properties."""


OF_TRUTH = frozenset((*IDENTIFIERS, "Email", "Phone", "Name"))
"""What the truth has fields for."""


def profile_row(person: Person, run: int) -> dict[str, Any]:
    """Return a profile with its documented names; what it has not is absent.

    Args:
        person: The user.
        run: The number of the run that writes it, from 1: a later one has changed values.
    """
    number = person.number
    tokens = [device.push_token for device in person.devices if device.push_token]
    identities = person.all_identities
    groups = {"Offers": bool(number % 2), "Größen-Alarm": bool(number % 3)} if number % 4 else None
    return without_nulls(
        {
            "identity": person.identity,
            "all_identities": listed(identities, number) if identities else None,
            "clevertapId": person.devices[0].object_id,
            "clevertapIds": [device.object_id for device in person.devices],
            "token": tokens[0] if tokens else None,
            **{name: (number + run) % (3 + at) > 0 for at, name in enumerate(CHANNELS)},
            "subscriptionGroups": groups,
            "Email": person.email,
            "Phone": person.phone,
            "Name": person.name,
            "Gender": (None, "M", "F")[number % 3] if person.identity else None,
            "DOB": f"19{50 + number % 50}-0{1 + number % 9}-11" if number % 2 else None,
            "Photo": f"https://img.example.com/{number}.png?size=1&x=ü"
            if number % 7 == 0
            else None,
            **(person.properties or {}),
            **({"Visits": run} if run > 1 else {}),
        }
    )


def people_of(world: World, settings: ExportSettings, run: int) -> Iterator[Person]:
    """Yield the users of a run: all in the first, and then those that changed."""
    for number in range(world.settings.users):
        if run == 1 or settings.full_profiles or number % CHANGED_ONE_IN == run % CHANGED_ONE_IN:
            yield world.people.person(number)


def profile_truth(
    row: dict[str, Any], person: Person, view: View, run: int, key: str
) -> dict[str, Any]:
    """Return what a reader finds of a profile in a file.

    Args:
        row: From `profile_row`, without what is dropped.
        person: The user.
        view: What the format keeps of values.
        run: The number of the run.
        key: Of the file.
    """
    data = {name: view.scalar(value) for name, value in row.items() if name not in OF_TRUTH}
    if GROUPS in row:
        data[GROUPS] = view.choices(row[GROUPS])
    return {
        "kind": "profile",
        "identity": row.get("identity"),
        "object_ids": row.get("clevertapIds"),
        "all_identities": [*person.all_identities] if "all_identities" in row else None,
        "name": view.scalar(row.get("Name")),
        "email": view.scalar(row.get("Email")),
        "phone": view.scalar(row.get("Phone")),
        "token": row.get("token"),
        "profile_data": data,
        "run": run,
        "files": [key],
    }
