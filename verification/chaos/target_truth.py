"""What is sent to a target, and what of it CleverTap has or the rejects file, at any moment."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from verification.chaos.tally import Tally

RULES = {
    "orders": {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"},
    "points": {
        "type": "profile",
        "identity": "email",
        "properties": {"Points": "points", "Point": "id"},
        "others": "drop",
        "operations": {"points": "$incr"},
    },
    "users": {
        "type": "profile",
        "identity": "email",
        "properties": {"Number": "id"},
        "others": "drop",
    },
}
STREAMS = ("orders", "orders", "points", "users")
"""Of the records, in turn; of users' records a later one replaces an earlier one."""
NUMBERS = {"orders": "id", "points": "Point", "users": "Number"}
USERS, STATE_EVERY, BOUNDARY_ROWS = 97, 100, 5
DAY = {"from_day": 20260101, "to_day": 20260101}
"""Of all orders."""
REQUESTS_ON_THEIR_WAY = 64
"""Far more than can be between the first and the last that are in flight."""


def stream_of(number: int) -> str:
    """Return which stream a record belongs to."""
    return STREAMS[number % len(STREAMS)]


def user_of(number: int) -> str:
    """Return a record's user; one of them has one in ten."""
    user = 0 if number % 10 == 3 else number * 7919 % USERS
    return f"user{user}@example.org"


class Sent:
    """Records of three streams in turn, and states, as a tap would send them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._schemas = b"".join(map(schema, RULES))
        self._lines = [record(number) for number in range(count)]

    def since(self, done: int) -> bytes:
        """Return what comes after a state, the last rows before it once more."""
        first = max(0, done - BOUNDARY_ROWS)
        return self._schemas + b"".join(self._lines[first:])

    @property
    def counted(self) -> frozenset[int]:
        """The records that count again when they are sent again."""
        return frozenset(each for each in range(self.count) if stream_of(each) != "users")

    @property
    def last(self) -> dict[str, int]:
        """The last number that is sent of each user's replaced records."""
        numbers = (each for each in range(self.count) if stream_of(each) == "users")
        return {user_of(number): number for number in numbers}


def schema(stream: str) -> bytes:
    """Write a stream's SCHEMA."""
    columns = {"id": {"type": "integer"}, "email": {"type": "string"}}
    columns |= {"created_at": {"type": "string", "format": "date-time"}}
    columns |= {"points": {"type": "integer"}, "total": {"type": "number"}}
    message = {"type": "SCHEMA", "stream": stream, "schema": {"properties": columns}}
    keys = {"key_properties": ["id"], "bookmark_properties": ["created_at"]}
    return msgspec.json.encode(message | keys) + b"\n"


def record(number: int) -> bytes:
    """Write a RECORD, and where it is due the STATE after it."""
    columns: dict[str, Any] = {"id": number, "email": user_of(number)}
    if stream_of(number) == "orders":
        columns |= {"total": number / 4}
        columns |= {"created_at": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"}
    if stream_of(number) == "points":
        columns["points"] = 1 + number % 3
    message = {"type": "RECORD", "stream": stream_of(number), "record": columns}
    line = msgspec.json.encode(message) + b"\n"
    if (number + 1) % STATE_EVERY:
        return line
    return line + msgspec.json.encode({"type": "STATE", "value": {"done": number + 1}}) + b"\n"


class Delivered(NamedTuple):
    """One record that CleverTap took."""

    number: int
    user: str
    points: int
    """What it adds to the user's."""


class Arrived:
    """What of one job has reached CleverTap, and the rejects file."""

    def __init__(self, emulator: Emulator, rejects: Path, tally: Tally) -> None:
        self.done = 0
        self.by_request: dict[int, list[Delivered]] = {}
        self.rejected: Counter[int] = Counter()
        self._emulator = emulator
        self._rejects = rejects
        self._tally = tally

    def take_state(self, line: bytes) -> None:
        """Take a state as soon as it is read, and look what is there of what it covers."""
        self.look()
        done = json.loads(line)["done"]
        self._tally.states += 1
        if missing := set(range(done)) - self.numbers.keys() - self.rejected.keys():
            self._tally.ahead += 1
            self._tally.fault(f"the state {done} is ahead of {sorted(missing)[:5]}")
        self.done = done

    def look(self) -> None:
        """Ask what is stored, and read the rejects."""
        since = max([0, *self.by_request]) - REQUESTS_ON_THEIR_WAY
        uploads = self._emulator.uploads(since=max(0, since))
        found = defaultdict(list)
        for each in (*uploads["events"], *uploads["profiles"]):
            found[each["request"]].append(delivered(each["record"]))
        self.by_request |= found
        self.rejected = Counter(self._read_rejects())

    @property
    def numbers(self) -> Counter[int]:
        """How often each record was delivered."""
        return Counter(each.number for request in self.by_request.values() for each in request)

    def people(self) -> dict[str, dict[str, Any]]:
        """Return the properties of each user."""
        people = self._emulator.truth(kind="profiles", **DAY)["profiles"]
        return {each["identity"]: each["profile_data"] for each in people if each["identity"]}

    def _read_rejects(self) -> Iterator[int]:
        text = self._rejects.read_bytes() if self._rejects.exists() else b""
        for line in text[: text.rfind(b"\n") + 1].splitlines():
            message = json.loads(line)
            if message["type"] != "RECORD":
                continue
            if message["code"] != "uncertain":
                self._tally.fault(f"a record is rejected with {message['code']}")
            yield message["record"]["id"]


def delivered(stored: dict[str, Any]) -> Delivered:
    """Read a stored record."""
    columns = stored.get("evtData") or stored["profileData"]
    stream = next(name for name, number in NUMBERS.items() if number in columns)
    points = columns["Points"]["$incr"] if stream == "points" else 0
    return Delivered(columns[NUMBERS[stream]], stored["identity"], points)
