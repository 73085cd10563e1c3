"""The user of a row of a Parquet file, from its blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.files.columns import PROFILE
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.files.users import encode_file_user
from tap_clevertap.records.exact_json import canonical_json
from tap_clevertap.records.values import as_object

if TYPE_CHECKING:
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

OBJECT_ID, ALL_IDENTITIES = "objectId", "all_identities"
FIELDS = {"clevertapId": OBJECT_ID}
"""By the names in Parquet files, those of the API. [LF]"""


def encode_user_of_blocks(
    identity: Record, profile: Record, device: Record, others: Record
) -> Encoded:
    """Return an object id as canonical JSON, and the user's fields of a record."""
    user, apart = _with_fields(profile), {}
    for name, value in _with_fields(identity).items():
        other = user.get(name)
        if value is None or (other is not None and canonical_json(other) == canonical_json(value)):
            continue
        user[name] = value
        if other is not None:
            apart[name] = other
    if apart:  # what identity and profile tell differently
        user[PROFILE] = {**(as_object(user.get(PROFILE)) or {}), **apart}
    return encode_file_user(user, device, others)


def field_name(name: str) -> str:
    """Return the name of the API for a member of identity or profile."""
    return FIELDS.get(name, name)


def _with_fields(block: Record) -> Record:
    return {
        field_name(name): listed(value) if name == ALL_IDENTITIES else value
        for name, value in block.items()
    }
