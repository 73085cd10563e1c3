"""Encoded blocks of rows, kept because they repeat in the pages of any event."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec

from tap_clevertap.records.events import user_fields
from tap_clevertap.records.exact_json import canonical_json, encode_json, exact_number
from tap_clevertap.records.keys import hashed_block
from tap_clevertap.records.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN_BLOCKS = 8192
"""Encoded blocks of users, and of sessions, that are kept, of some 1.5 kB each."""
KNOWN_HOURS = 1024
"""Hours whose minutes are kept: more than a month, of some 1 kB each."""

Sent = TypeVar("Sent")
Encoded = TypeVar("Encoded")

_decode_object = msgspec.json.Decoder(dict[str, Any] | None, float_hook=exact_number).decode


class Known(dict[Sent, Encoded]):
    """A dict that encodes what it does not have, and forgets its older half when it is full.

    - Only the main thread uses it; a look-up raises what `encode` raises.

    Args:
        encode: Encodes what was sent.
        most: Values that are kept.
    """

    def __init__(self, encode: Callable[[Sent], Encoded], most: int) -> None:
        super().__init__()
        self._encode = encode
        self._most = most

    def __missing__(self, sent: Sent) -> Encoded:
        if len(self) >= self._most:
            for oldest in list(islice(self, max(1, self._most // 2))):
                del self[oldest]
        encoded = self[sent] = self._encode(sent)
        return encoded


EncodedUser: TypeAlias = tuple[bytes, bytes]
"""A user's block: the object id as canonical JSON, and the members of a record."""
EncodedSession: TypeAlias = tuple[bytes, bytes]
"""A session's block: as a fingerprint has it, and the members of a record."""


def encode_user(block: bytes) -> EncodedUser:
    """Encode the block of a user.

    Raises:
        UNREADABLE_JSON: If it is neither an object nor null.
    """
    profile = _decode_object(block) or {}
    object_id = canonical_json(profile.get("objectId"))
    return object_id, encode_json(user_fields(profile))[1:-1]


def encode_session(block: bytes) -> EncodedSession:
    """Encode the block of a session.

    Raises:
        UNREADABLE_JSON: If it is neither an object nor null.
    """
    props = _decode_object(block)
    encoded = canonical_json(props)
    source = encode_json(as_text((props or {}).get("session_source")))
    fields = b'"session_props":%b,"session_source":%b' % (encoded, source)
    return hashed_block(encoded), fields
