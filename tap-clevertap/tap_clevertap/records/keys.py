"""The keys of records. The algorithms are frozen: they never change.

A changed key would load every row of every warehouse a second time.

    fingerprint  BLAKE2b, 16 bytes, of the canonical JSON
                 [account, event name, object id, ts, event_props, session_props]
    event_key    BLAKE2b, 16 bytes, in hex, of the fingerprint followed by the ordinal in ASCII
    profile_key  BLAKE2b, 16 bytes, in hex, of the canonical JSON
                 [account, "identity", identity] or [account, "object_id", smallest object id]

Canonical JSON has sorted keys, no white space, UTF-8, and integers and decimals with the digits
that were sent. An absent block, null and an empty block are all null. The profile block is not part
of a fingerprint: it is today's snapshot, not the state at the time of the event. [ING docs; APP]
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from tap_clevertap.records.exact_json import canonical_json

KEY_BYTES = 16
NULL, EMPTY_OBJECT = b"null", b"{}"


def fingerprint_prefix(account_id: str, event_name: str) -> bytes:
    """Return the first bytes of the JSON of each fingerprint of an event."""
    return canonical_json([account_id, event_name])[:-1]


def fingerprint(
    prefix: bytes, object_id: bytes, ts: bytes, event_props: bytes, session_props: bytes
) -> bytes:
    """Return the hash that identical events have in common, 16 bytes.

    Args:
        prefix: From `fingerprint_prefix`.
        object_id: As canonical JSON, like all that follow.
        ts: The wall clock of the project, as sent.
        event_props: An object or null.
        session_props: An object or null.
    """
    content = b"%b,%b,%b,%b,%b]" % (
        prefix,
        object_id,
        ts,
        NULL if event_props == EMPTY_OBJECT else event_props,
        NULL if session_props == EMPTY_OBJECT else session_props,
    )
    return blake2b(content, digest_size=KEY_BYTES).digest()


def fingerprint_of_values(
    prefix: bytes, *, object_id: object, ts: object, event_props: object, session_props: object
) -> bytes:
    """Return the fingerprint of decoded values; an empty block of any JSON type is null."""
    values = (object_id, ts, event_props or None, session_props or None)
    return fingerprint(prefix, *map(canonical_json, values))


def event_key(event_fingerprint: bytes, ordinal: int) -> str:
    """Return the primary key of an event.

    Args:
        event_fingerprint: Of the event.
        ordinal: The event's number among the identical events of its day, from 0.
    """
    return blake2b(event_fingerprint + b"%d" % ordinal, digest_size=KEY_BYTES).hexdigest()


def profile_key(
    account_id: str, identity: str | None, object_ids: list[Any], profile: dict[str, Any]
) -> str:
    """Return the primary key of a profile.

    Args:
        account_id: The project's.
        identity: The user's, if the user has one.
        object_ids: The user's devices, sorted.
        profile: The whole row, which is hashed if there is neither identity nor device.
    """
    if identity:
        parts = (account_id, "identity", identity)
    elif object_ids:
        parts = (account_id, "object_id", object_ids[0])
    else:
        parts = (account_id, "profile", canonical_json(profile).decode())
    return blake2b(canonical_json(parts), digest_size=KEY_BYTES).hexdigest()
