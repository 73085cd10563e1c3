"""The user of a row of a Parquet file, from its blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from tap_clevertap.files.columns import ALL_IDENTITIES, PROFILE
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.files.users import encode_file_user
from tap_clevertap.records.exact_json import canonical_json, exact_number
from tap_clevertap.records.values import as_object, as_texts

if TYPE_CHECKING:
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

OBJECT_ID = "objectId"
FIELDS = {"clevertapId": OBJECT_ID}
"""By the names in Parquet files, those of the API. [LF]"""
LIST_OF_TEXTS, TEXT_OF_LIST = (b'["', b'"]'), (b'"[', b']"')
"""How JSON of both begins and ends."""

_not_plain = re.compile(rb"[\[{]|null").search
"""Whether a text of a list may have items that are not simply between commas."""
_decode = msgspec.json.Decoder(float_hook=exact_number).decode


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


def items_of(encoded: bytes) -> bytes:
    """Return the JSON of all identities without brackets, from a list or a text of it."""
    ends = encoded[:2], encoded[-2:]
    if b"\\" not in encoded:
        if ends == LIST_OF_TEXTS and encoded.count(b'"') == 2 * encoded.count(b'","') + 2:
            return encoded[1:-1]
        inner = encoded[2:-2].strip(b" ")
        if ends == TEXT_OF_LIST and inner and _not_plain(inner) is None:
            return b'"%b"' % b'","'.join([each.strip(b" ") for each in inner.split(b",")])
    return canonical_json(as_texts(listed(_decode(encoded))))[1:-1]
