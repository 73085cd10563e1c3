"""Encoded blocks of rows, kept because they repeat in the pages of any event."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from tap_clevertap.records.events import user_fields
from tap_clevertap.records.exact_json import canonical_json, encode_json, exact_number
from tap_clevertap.records.keys import hashed_block
from tap_clevertap.records.values import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

Encoded: TypeAlias = tuple[bytes, bytes]

OVERHEAD_BYTES = 300
"""Of a known block: four objects, and a place in the dict."""

_decode_object = msgspec.json.Decoder(dict[str, Any] | None, float_hook=exact_number).decode


class BlockCache(dict[bytes, Encoded]):
    """Encoded blocks, of which the older half is forgotten when they are too many.

    Args:
        most_bytes: Of all blocks that are kept, as sent and encoded.
    """

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._most_bytes = most_bytes
        self._bytes = 0
        self.forgotten = 0
        """How often blocks were forgotten."""

    def keep(self, sent: bytes, encoded: Encoded) -> None:
        """Add a block that is not there."""
        self[sent] = encoded
        self._bytes += _size(sent, encoded)
        while self._bytes > self._most_bytes:
            self._forget_older_half()

    def _forget_older_half(self) -> None:
        self.forgotten += 1
        for sent in list(islice(self, (len(self) + 1) // 2)):
            self._bytes -= _size(sent, self.pop(sent))


class KnownBlocks(BlockCache):
    """A dict that encodes a block it does not have, and forgets its older half when it is full.

    - Only the main thread uses it; a look-up raises what `encode` raises.

    Args:
        encode: Encodes a block, as sent.
        most_bytes: Of all blocks that are kept, as sent and encoded.
    """

    def __init__(self, encode: Callable[[bytes], Encoded], most_bytes: int) -> None:
        super().__init__(most_bytes)
        self._encode = encode

    def __missing__(self, sent: bytes) -> Encoded:
        encoded = self._encode(sent)
        self.keep(sent, encoded)
        return encoded


def _size(sent: bytes, encoded: Encoded) -> int:
    first, second = encoded
    return OVERHEAD_BYTES + len(sent) + len(first) + len(second)


def encode_user(block: bytes) -> Encoded:
    """Return a user's object id as canonical JSON, and the user's fields of a record.

    Raises:
        UNREADABLE_JSON: If it is neither an object nor null.
    """
    profile = _decode_object(block) or {}
    object_id = canonical_json(profile.get("objectId"))
    return object_id, encode_json(user_fields(profile))[1:-1]


def encode_session(block: bytes) -> Encoded:
    """Return a session's properties as a fingerprint has them, and its fields of a record.

    Raises:
        UNREADABLE_JSON: If it is neither an object nor null.
    """
    return session_block(_decode_object(block))


def session_block(props: Any, source: object = None) -> Encoded:  # noqa: ANN401 - any JSON value
    """Return a session's properties as a fingerprint has them, and its fields of a record.

    Args:
        props: Of the session, as sent; usually an object or null.
        source: Where the session came from, unless its properties have it.
    """
    shown = as_object(props)
    encoded = canonical_json(shown)
    source = encode_json(as_text((shown or {}).get("session_source", source)))
    fields = b'"session_props":%b,"session_source":%b' % (encoded, source)
    return hashed_block(encoded if shown is props else canonical_json(props or None)), fields
