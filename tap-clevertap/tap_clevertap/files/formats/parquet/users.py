"""The user of a row of a Parquet file, from its blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_clevertap.files.columns import PROFILE
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.files.users import encode_file_user
from tap_clevertap.records.exact_json import canonical_json, exact_number
from tap_clevertap.records.values import as_object

if TYPE_CHECKING:
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

BETWEEN = "\n"
"""Between the JSON of two blocks; JSON has it nowhere."""
OBJECT_ID, ALL_IDENTITIES = "objectId", "all_identities"
FIELDS = {"clevertapId": OBJECT_ID}
"""By the names in Parquet files, those of the API. [LF]"""

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


def encode_user_of_blocks(joined: bytes) -> Encoded:
    """Return an object id as canonical JSON, and the user's fields of a record.

    Args:
        joined: The JSON of identity, profile, device and others of the row, with `BETWEEN`.
    """
    identity, profile, device, others = (
        as_object(_decode(each)) or {} for each in joined.split(BETWEEN.encode())
    )
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


def _with_fields(block: Record) -> Record:
    return {
        FIELDS.get(name, name): listed(value) if name == ALL_IDENTITIES else value
        for name, value in block.items()
    }
