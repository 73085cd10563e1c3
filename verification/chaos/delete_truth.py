"""Deletions that are sent to a target, and what of them arrived, was rejected or has a receipt."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from typing_extensions import override

from verification.chaos.target_truth import (
    BOUNDARY_ROWS,
    REQUESTS_ON_THEIR_WAY,
    STATE_EVERY,
    Arrived,
    Delivered,
    Sent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from verification.chaos.tally import Tally

DELETE_RULES = {
    "gone": {"type": "delete", "identity": "user"},
    "back": {
        "type": "profile",
        "identity": "user",
        "properties": {"Number": "id"},
        "others": "drop",
    },
}
COMES_BACK, LATER = 4, 41
"""One record in so many is a profile of a user whom one so many records before deleted."""


def user_of_deletion(number: int) -> str:
    """Return the user of a record."""
    is_back = comes_back(number) and number >= LATER
    return f"user{number - LATER if is_back else number}@example.org"


def comes_back(number: int) -> bool:
    """Tell whether a record is the profile of a user who comes back."""
    return number % COMES_BACK == COMES_BACK - 1


class SentDeletions(Sent):
    """Deletions and profiles, as a tap would send them."""

    def __init__(self, count: int) -> None:
        self.count = count
        columns = {"id": {"type": "integer"}, "user": {"type": "string"}}
        head = {"type": "SCHEMA", "schema": {"properties": columns}, "key_properties": ["id"]}
        self._schemas = b"".join(
            msgspec.json.encode({**head, "stream": stream, "bookmark_properties": ["id"]}) + b"\n"
            for stream in DELETE_RULES
        )
        self._lines = [_line(number) for number in range(count)]

    @override
    def since(self, done: int) -> bytes:
        return self._schemas + b"".join(self._lines[max(0, done - BOUNDARY_ROWS) :])

    @property
    @override
    def counted(self) -> frozenset[int]:
        return frozenset(each for each in range(self.count) if not comes_back(each))

    @property
    def back(self) -> dict[str, int]:
        """The users who come back, each with the number of the last profile."""
        return {user_of_deletion(each): each for each in range(self.count) if comes_back(each)}


def _line(number: int) -> bytes:
    stream = "back" if comes_back(number) else "gone"
    row = {"id": number, "user": user_of_deletion(number)}
    line = msgspec.json.encode({"type": "RECORD", "stream": stream, "record": row}) + b"\n"
    if (number + 1) % STATE_EVERY:
        return line
    return line + msgspec.json.encode({"type": "STATE", "value": {"done": number + 1}}) + b"\n"


class ArrivedDeletions(Arrived):
    """What of one job was deleted or stored, rejected, or has a receipt."""

    def __init__(
        self, emulator: Emulator, rejects: Path, tally: Tally, receipts: Path, sent: SentDeletions
    ) -> None:
        super().__init__(emulator, rejects, tally)
        self.receipts: Counter[int] = Counter()
        self._receipts = receipts
        self._read = 0
        self._users = {user_of_deletion(number): number for number in sent.counted}

    @override
    def take_state(self, line: bytes) -> None:
        super().take_state(line)
        covered = {number for number in self._users.values() if number < self.done}
        if missing := covered - self.receipts.keys() - self.rejected.keys():
            self._tally.fault(f"the state {self.done} is ahead of receipts: {sorted(missing)[:5]}")

    @override
    def look(self) -> None:
        since = max(0, max([0, *self.by_request]) - REQUESTS_ON_THEIR_WAY)
        calls, uploads = self._emulator.calls(since=since), self._emulator.uploads(since=since)
        found: dict[int, list[Delivered]] = defaultdict(list)
        for each in calls["deleted"]:
            user = each["value"]
            found[each["request"]].append(Delivered(self._users[user], user, 0))
        for each in uploads["profiles"]:
            number, user = each["record"]["profileData"]["Number"], each["record"]["identity"]
            found[each["request"]].append(Delivered(number, user, 0))
        self.by_request |= found
        self.rejected = Counter(self._read_rejects())
        self.receipts.update(self._new_receipts())

    def _new_receipts(self) -> Iterator[int]:
        """Yield the numbers of deletions in lines that were written since the last look."""
        text = self._receipts.read_bytes() if self._receipts.exists() else b""
        end = text.rfind(b"\n") + 1
        for line in text[self._read : end].splitlines():
            receipt: dict[str, Any] = json.loads(line)
            salt, hashes = receipt["salt"], {*receipt["identities"]}
            users = [user for user in self._users if _hash(salt + user) in hashes]
            if not len(users) == len(hashes) == receipt["count"]:
                self._tally.fault(f"a receipt of {receipt['count']} users has {len(users)} of ours")
            yield from (self._users[user] for user in users)
        self._read = end


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
