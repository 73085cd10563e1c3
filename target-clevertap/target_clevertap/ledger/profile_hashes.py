"""What the ledger knows profiles by: hashes of their users, of rows and of what was sent."""

from __future__ import annotations

import re
from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 8
PROFILE_BYTES = 3 * HASH_BYTES
"""Of a profile in a claim: the hashes of its user, of its row and of itself."""

TIME = re.compile(rb',"ts":-?\d+(?=,"type":"profile"}\Z)')
"""The time in an encoded profile, whose keys are sorted: only its type comes after it."""


class ProfileHashes:
    """Hashes of a stream's profiles, each a number of 64 bits with a sign."""

    def __init__(self, account: str, stream: Sequence[str], *, has_time: bool) -> None:
        """Hash from now on.

        Args:
            account: The binding of account and host, from `account.binding`.
            stream: All that decides what a row becomes: its stream, its SCHEMA, its rule.
            has_time: Whether its profiles have a time, which does not make them another one.
        """
        self._has_time = has_time
        self._users = blake2b(b"user", digest_size=HASH_BYTES, key=account.encode())
        self._sent = blake2b(b"sent", digest_size=HASH_BYTES, key=account.encode())
        self._rows = blake2b(b"row", digest_size=HASH_BYTES, key=account.encode())
        for part in stream:
            told = part.encode(errors="surrogatepass")
            self._rows.update(b"%d\0%b" % (len(told), told))

    def users(self, users: Iterable[str]) -> list[int]:
        """Return the hashes of user keys with their types: of equal ones in any stream the same."""
        return _hashes(self._users, [user.encode(errors="surrogatepass") for user in users])

    def rows(self, raws: Iterable[bytes]) -> list[int]:
        """Return the hashes of records as they came in."""
        return _hashes(self._rows, raws)

    def sent(self, payloads: Iterable[bytes]) -> list[int]:
        """Return the hashes of encoded profiles, each without its time."""
        if self._has_time:
            payloads = [TIME.sub(b"", payload) for payload in payloads]
        return _hashes(self._sent, payloads)


def _hashes(begun: blake2b, contents: Iterable[bytes]) -> list[int]:
    copy = begun.copy
    digests = []
    for content in contents:
        digest = copy()
        digest.update(content)
        digests.append(digest.digest())
    return array("q", b"".join(digests)).tolist()
