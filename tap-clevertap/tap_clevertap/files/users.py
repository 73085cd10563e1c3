"""The user of a row of a file: blocks that are apart there, as one block of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.records.events import KEYS_OF_USER, user_fields
from tap_clevertap.records.exact_json import canonical_json, encode_json
from tap_clevertap.records.values import as_object

if TYPE_CHECKING:
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

PLATFORM = "platform"
NOT_OF_DEVICE = frozenset(KEYS_OF_USER) - {PLATFORM}


def encode_file_user(profile: Record, device: Record, others: Record) -> Encoded:
    """Return an object id as canonical JSON, and the user's fields of a record.

    What is about the device becomes `app`. A member of the device that has the name of another
    fact about the user is in the member `deviceInfo` of it; one of `others`, in `others`.

    Args:
        profile: The block of the user; it is changed.
        device: The block `deviceInfo`.
        others: Of the row, such as `controlGroupName`.
    """
    object_id = canonical_json(profile.get("objectId"))
    _join(profile, "deviceInfo", device)
    _join(profile, "others", others)
    return object_id, encode_json(user_fields(profile))[1:-1]


def _join(profile: Record, block: str, members: Record) -> None:
    """Add members to the user; those that would hide others are in a block of it."""
    apart = {name: value for name, value in members.items() if not _joins(profile, name, value)}
    if apart:
        profile[block] = {**(as_object(profile.get(block)) or {}), **apart}


def _joins(profile: Record, name: str, value: object) -> bool:
    """Add a member to the user, and return whether that is possible."""
    if name in NOT_OF_DEVICE:
        return False
    if profile.get(name) is None:
        profile[name] = value
        return True
    return canonical_json(profile[name]) == canonical_json(value)
