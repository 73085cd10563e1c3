"""A message that arrives: which earlier one it may be a repetition of."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import msgspec

WEBHOOK, EVENTBRIDGE = "webhook", "eventbridge"
DIGEST_BYTES = 16


class Arrival(NamedTuple):
    """A body and its digest: equal messages have an equal one.

    `is_identified` says that the digest is of an id which no other message has.
    """

    source: str
    digest: bytes
    body: bytes
    is_identified: bool


class _Envelope(msgspec.Struct):
    id: str = ""


_decode = msgspec.json.Decoder(_Envelope).decode


def arrival(source: str, body: bytes) -> Arrival:
    """Return what arrives, of `webhook` or `eventbridge`.

    EventBridge gives each event an id, which a repeated delivery has too.
    [U: docs.aws.amazon.com, EventBridge event structure]
    """
    identifier = _identifier(body) if source == EVENTBRIDGE else ""
    named = f"id\0{identifier}".encode() if identifier else b"body\0" + body
    digest = sha256(f"{source}\0".encode() + named).digest()[:DIGEST_BYTES]
    return Arrival(source, digest, body, is_identified=bool(identifier))


def _identifier(body: bytes) -> str:
    try:
        return _decode(body).id
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""  # not an envelope; it is known by its body
