"""A profile of a message, in the three spellings of the official pages.

[U:webhooks, U:setup-webhooks, U:create-message-webhook; OLD:webhooks]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.files.values import without_nulls
from clevertap_emulator.push.settings import Spelling

if TYPE_CHECKING:
    from clevertap_emulator.data.person import Person
    from clevertap_emulator.push.happenings import Happening

CAMEL = {
    "email": "email",
    "identity": "identity",
    "objectId": "objectId",
    "profileData": "profileData",
    "event_properties": "event_properties",
    "push_token": "push_token",
}
CAPITALISED = {name: name[0].upper() + name[1:] for name in CAMEL}
CHANNELS = ("webPush", "mobilePush", "email", "sms", "whatsapp")
SUBSCRIPTIONS = ("Subscribed", "Unsubscribed", "Re-subscribed")


def profile_of(happening: Happening, spelling: Spelling) -> dict[str, Any]:
    """Return a profile; what is unknown of the user is absent."""
    values = _values(happening)
    if spelling is Spelling.LOWER:
        return values
    names = CAMEL if spelling is Spelling.CAMEL else CAPITALISED
    return {named: values[name] for name, named in names.items() if name in values}


def _values(happening: Happening) -> dict[str, Any]:
    """Return all fields of the newest page, and the push token of the others."""
    user, person = happening.user.profile, happening.person
    return without_nulls(
        {
            "email": user.get("email"),
            "identity": user.get("identity"),
            "all_identities": user.get("all_identities"),
            "objectId": user.get("objectId"),
            "phone": user.get("phone"),
            "name": user.get("name"),
            "push_token": user.get("push_token"),
            "systemProfileData": _system_data(person),
            "profileData": person.properties or {},
            "event_properties": happening.props,
            "session_props": happening.session or {},
        }
    )


def _system_data(person: Person) -> dict[str, Any]:
    number = person.number
    states = {
        f"{channel}Subscription": SUBSCRIPTIONS[(number + at) % len(SUBSCRIPTIONS)]
        for at, channel in enumerate(CHANNELS)
    }
    return {
        **states,
        "timezone": "Asia/Kolkata",
        "country": "India",
        "region": "Maharashtra",
        "city": (person.properties or {}).get("City", "Mumbai"),
        "latitude": 19.0 + number % 100 / 100,
        "longitude": 72.0 + number % 7 / 8,
        "age": f"{number % 5} years {number % 12} months",
    }
