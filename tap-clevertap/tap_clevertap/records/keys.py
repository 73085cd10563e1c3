"""The keys of records. The algorithms are frozen: they never change.

A changed key would load every row of every warehouse a second time.

    fingerprint  BLAKE2b, 16 bytes, of the canonical JSON
                 [account, event name, object id, ts, event_props, session_props]
    event_key    BLAKE2b, 16 bytes, in hex, of the fingerprint followed by the ordinal in ASCII
    profile_key  BLAKE2b, 16 bytes, in hex, of the canonical JSON
                 [account, "identity", identity] or [account, "object_id", smallest object id]
    message_key  BLAKE2b, 16 bytes, in hex, of the digest of a message, then in ASCII its ordinal,
                 a colon, and the index of the profile in it, from 0

`inbox/arrivals.py` has the digest of a message, which is as frozen.

Canonical JSON has sorted keys, no white space, UTF-8, and integers and decimals with the digits
that were sent. An absent block, null and an empty block are all null. The profile block is not part
of a fingerprint: it is today's snapshot, not the state at the time of the event. [ING docs; APP]
"""

from __future__ import annotations

from binascii import hexlify
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING, Any

from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY_BYTES = 16
NULL, EMPTY_OBJECT = b"null", b"{}"
_empty_hash = blake2b(digest_size=KEY_BYTES)


def fingerprint_prefix(account_id: str, event_name: str) -> bytes:
    """Return the first bytes of the JSON of each fingerprint of an event."""
    return canonical_json([account_id, event_name])[:-1]


def event_fingerprints(
    prefix: bytes,
    object_ids: Iterable[bytes],
    stamps: Iterable[bytes],
    event_props: Iterable[bytes],
    session_props: Iterable[bytes],
) -> list[bytes]:
    """Return the hashes that identical events have in common, 16 bytes for each event.

    Args:
        prefix: From `fingerprint_prefix`.
        object_ids: As canonical JSON, like all that follow.
        stamps: The `ts` of each event, the wall clock of the project, as sent.
        event_props: Objects or null.
        session_props: From `hashed_block`.
    """
    props = [NULL if each == EMPTY_OBJECT else each for each in event_props]
    starts = repeat(prefix, len(props))
    columns = zip(starts, object_ids, stamps, props, session_props, strict=True)
    return _digests([b",".join(values) + b"]" for values in columns])


def hashed_block(props: bytes) -> bytes:
    """Return the properties of an event or session as a fingerprint has them.

    Args:
        props: As canonical JSON.
    """
    return NULL if props == EMPTY_OBJECT else props


def fingerprint_of_values(
    prefix: bytes, *, object_id: object, ts: object, event_props: object, session_props: object
) -> bytes:
    """Return the fingerprint of decoded values; an empty block of any JSON type is null."""
    values = (object_id, ts, event_props or None, session_props or None)
    (found,) = event_fingerprints(prefix, *([canonical_json(each)] for each in values))
    return found


def event_keys(fingerprints: Iterable[bytes], ordinals: Iterable[int]) -> list[bytes]:
    """Return the primary keys of events, in ASCII.

    Args:
        fingerprints: Of the events.
        ordinals: The number of each event among the identical events of its day, from 0.
    """
    pairs = zip(fingerprints, ordinals, strict=True)
    contents = [
        fingerprint + (b"%d" % ordinal if ordinal else b"0") for fingerprint, ordinal in pairs
    ]
    return [*map(hexlify, _digests(contents))]


def _digests(contents: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each; to copy an empty one is faster than to make it."""
    copy, found = _empty_hash.copy, []
    for content in contents:
        hashed = copy()
        hashed.update(content)
        found.append(hashed.digest())
    return found


def event_key(fingerprint: bytes, ordinal: int) -> str:
    """Return the primary key of an event; see `event_keys`."""
    (key,) = event_keys([fingerprint], [ordinal])
    return key.decode()


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


def message_key(digest: bytes, ordinal: int, index: int) -> str:
    """Return the primary key of a record of a pushed message.

    Args:
        digest: Of the message, 16 bytes, as the inbox has it.
        ordinal: Of the message among those of this digest.
        index: Of the profile in the message, from 0.
    """
    return blake2b(b"%b%d:%d" % (digest, ordinal, index), digest_size=KEY_BYTES).hexdigest()
