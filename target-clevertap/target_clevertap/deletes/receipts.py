"""A receipt: what the file of deletions has of one accepted call, without naming its users."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class DeletionReceipt(msgspec.Struct):
    """One accepted call of deletions; a line of JSON."""

    at: str
    """When CleverTap accepted it: ISO 8601, UTC."""

    request: str
    """A name of the call, 32 hexadecimal digits."""

    count: int
    """How many users."""

    key: str
    """What CleverTap calls their keys: `identity` or `guid`."""

    salt: str
    """Random text before each user key, another one for each call."""

    identities: list[str]
    """For each user the SHA-256 of salt and user key, in hexadecimal digits."""


def hashed(salt: str, user: str) -> str:
    """Return the hash of a user key."""
    return sha256(f"{salt}{user}".encode(errors="surrogatepass")).hexdigest()


def receipt_of(at: str, request: str, salt: str, key: str, users: Sequence[str]) -> DeletionReceipt:
    """Return the receipt of a call.

    Args:
        at: When it was accepted.
        request: A name of its own.
        salt: Random text of its own.
        key: `identity` or `guid`.
        users: Their keys, as they were sent.
    """
    return DeletionReceipt(
        at, request, len(users), key, salt, [hashed(salt, user) for user in users]
    )


def receipts_of(
    receipts: Iterable[DeletionReceipt], users: Iterable[str]
) -> Iterator[tuple[str, DeletionReceipt]]:
    """Yield each receipt that has one of these users, with the user."""
    sought = [*users]
    for receipt in receipts:
        held = frozenset(receipt.identities)
        for user in sought:
            if hashed(receipt.salt, user) in held:
                yield user, receipt
