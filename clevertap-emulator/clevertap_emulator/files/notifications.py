"""Events that CleverTap exports into files, and not through its API [U v6 export-format]."""

from __future__ import annotations

from clevertap_emulator.data.catalogue import (
    BOOLEANS,
    CITIES,
    EventKind,
    TypedProperty,
    one_of,
    whole_number,
)
from clevertap_emulator.data.property_types import BOOLEAN, STRING

_HEX = "0123456789abcdef"
_MESSAGE = {
    "Campaign id": whole_number(2**53 + 1, 2**62),
    "Campaign type": one_of("Push", "Email", "SMS", "WhatsApp"),
    "Campaign name": one_of("Diwali: früher access", "Weekly digest", "Verão"),
    "Variant": one_of("Variant A", "Variant B", ""),
    "Campaign labels": one_of("sale", "sale, autumn", ""),
    "Journey id": whole_number(1, 9_999),
}
_WZRK = {
    "wzrk_id": one_of("1761651721_20251028", "0_0"),
    "wzrk_pivot": one_of("wzrk_default", "Variant B"),
    "wzrk_acct_id": one_of("TEST-000-0000"),
    "wzrk_cid": one_of("default", "offers"),
    "wzrk_ttl": whole_number(1_700_000_000, 1_800_000_000),
    "wzrk_rnv": one_of(*BOOLEANS, "true", declared=BOOLEAN),
}
_TOKEN = TypedProperty(STRING, lambda rng: "fcm:" + "".join(rng.choices(_HEX, k=30)))

FILE_KINDS: tuple[EventKind, ...] = (
    EventKind("Notification Delivered", 2, _MESSAGE | _WZRK, system=True),
    EventKind("Notification Replied", 1, _MESSAGE, system=True),
    EventKind("Webhook Delivered", 1, {**_MESSAGE, "Status": whole_number(200, 204)}, system=True),
    EventKind(
        "Channel Unsubscribed",
        1,
        {"Channel": one_of("Email", "SMS"), "token": _TOKEN},
        system=True,
        unique=None,
    ),
    EventKind("Geocluster Entered", 1, {"Cluster": one_of(*CITIES)}, system=True, unique=None),
)
