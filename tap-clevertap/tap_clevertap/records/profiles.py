"""Records of the profiles stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clevertap.records.keys import profile_key
from tap_clevertap.records.values import as_list, as_object, as_text, as_texts

if TYPE_CHECKING:
    from tap_clevertap.records.rows import Record

FIELDS = frozenset(
    (
        "identity",
        "objectId",
        "all_identities",
        "name",
        "email",
        "phone",
        "profileData",
        "platformInfo",
        "events",
    )
)
"""The keys of a row that have a field of their own."""


def profile_record(profile: Record, *, account_id: str, seen_through: str) -> Record:
    """Return the record of a row of a profiles page.

    Args:
        profile: The row, as sent.
        account_id: The project's.
        seen_through: The last day that the run reads, as an ISO date.
    """
    platforms = as_list(profile.get("platformInfo")) or []
    blocks = [profile, *(block for block in platforms if isinstance(block, dict))]
    object_ids = sorted(
        {as_text(block["objectId"]) or "" for block in blocks if block.get("objectId")}
    )
    identity = as_text(profile.get("identity"))
    return {
        "profile_key": profile_key(account_id, identity, object_ids, profile),
        "identity": identity,
        "object_ids": object_ids,
        "all_identities": as_texts(profile.get("all_identities")),
        "name": as_text(profile.get("name")),
        "email": as_text(profile.get("email")),
        "phone": as_text(profile.get("phone")),
        "profile_data": _profile_data(profile),
        "platform_info": platforms,
        "events": as_object(profile.get("events")),
        "seen_through": seen_through,
    }


def _profile_data(profile: Record) -> dict[str, Any] | None:
    """Return the user's properties, with other keys of the row, such as `badKs`. [LEA; GMA]."""
    properties = as_object(profile.get("profileData"))
    others = {name: value for name, value in profile.items() if name not in FIELDS}
    return {**others, **(properties or {})} if others else properties
