"""What the stream of pushed messages may emit, by what became of each message that was pushed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from verification.chaos.tap_truth import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verification.chaos.tally import Tally

STREAM = "webhook_messages"
MARK = "message"
"""The key value that has a message's number, where a body has key values."""
MARKED = {"list", "object", "test"}
"""Contents whose bodies have key values."""
LOST = "records of a message that are lost"
TOO_MANY = "records of a message beyond those that it has"
UNKNOWN = "records of a message that nobody pushed"
Place = tuple[str, str]
"""A source, and which of its messages: its number, EventBridge's id, or a hash of its body."""


class ReceivedReading:
    """What was read over all runs, checked line by line."""

    def __init__(self, tally: Tally) -> None:
        self.state: dict[str, Any] | None = None
        self._tally = tally
        self._known: dict[str, bytes] = {}
        self._of_this_run: set[str] = set()
        self._identities: defaultdict[Place, list[str | None]] = defaultdict(list)
        self._raw: dict[Place, str] = {}
        self._found: Counter[str] = Counter()
        self._examples: dict[str, Place] = {}

    def begin_run(self) -> None:
        """Let records come again, each once."""
        self._of_this_run.clear()

    def take_line(self, line: bytes) -> None:
        """Take a line as soon as it is read."""
        message = msgspec.json.decode(line, type=Message)
        if message.type == "STATE":
            self._tally.states += 1
            self.state = message.value
        elif message.type == "RECORD" and message.stream == STREAM:
            self._take(bytes(message.record))

    def _take(self, raw: bytes) -> None:
        self._tally.records += 1
        record = json.loads(raw)
        key, digest = record["message_key"], sha256(raw).digest()
        if key in self._of_this_run:
            self._fault(f"a record twice in one run: {key}")
        elif key in self._known:
            self._tally.repeated += 1
            if self._known[key] != digest:
                self._fault(f"an equal key of another record: {key}")
        else:
            place = place_of_record(record)
            self._identities[place].append(record["identity"])
            if record["raw"] is not None:
                self._raw[place] = sha256(record["raw"].encode()).hexdigest()
        self._of_this_run.add(key)
        self._known.setdefault(key, digest)

    def check(self, truth: Iterable[bytes]) -> None:
        """Compare what was read with what was pushed.

        Args:
            truth: The lines of the files that `clevertap-emulator push` writes.
        """
        for line in truth:
            pushed = json.loads(line)
            place = place_of_pushed(pushed)
            found = Counter(self._identities.pop(place, []))
            self._check_message(place, pushed, found)
        for place in self._identities:
            self._tell(UNKNOWN, place)
        self._tally.lost = self._found[LOST]
        for what, number in self._found.items():
            self._tally.doubled += number if what in {TOO_MANY, UNKNOWN} else 0
            self._tally.fault(f"{what}: {number} times, such as {self._examples[what]}")

    def _check_message(self, place: Place, pushed: dict[str, Any], found: Counter[Any]) -> None:
        expected = Counter(identities_of(pushed))
        if not found and not pushed["answered_200"]:
            return  # it may have been stored or not
        lacking, beyond = expected - found, found - expected
        self._tell(LOST, place, lacking.total())
        self._tell(TOO_MANY, place, beyond.total())
        is_body = self._raw.get(place, pushed["sha256"]) == pushed["sha256"]
        self._tell("`raw` is not the body that was pushed", place, not is_body)

    def _tell(self, what: str, place: Place, number: int = 1) -> None:
        """Note a fault with its first example; there may be thousands."""
        if number:
            self._found[what] += number
            self._examples.setdefault(what, place)

    def _fault(self, text: str) -> None:
        self._tally.doubled += 1
        self._tally.fault(text)


def place_of_record(record: dict[str, Any]) -> Place:
    """Return which message a record is of."""
    source: str = record["source"]
    if MARK in (record["key_values"] or {}):
        return source, record["key_values"][MARK]
    if source == "eventbridge":
        return source, json.loads(record["raw"])["id"]
    return source, sha256(record["raw"].encode()).hexdigest()


def place_of_pushed(pushed: dict[str, Any]) -> Place:
    """Return the same of a message that was pushed."""
    if pushed["content"] in MARKED:
        return pushed["kind"], str(pushed["number"])
    return pushed["kind"], pushed["id"] or pushed["sha256"]


def identities_of(pushed: dict[str, Any]) -> list[str | None]:
    """Return the identity of each record that a message has."""
    if pushed["content"] in {"custom", "text"}:
        return [None]
    body = json.loads(pushed["body"])
    body = body.get("detail", body)
    if pushed["content"] == "event":
        return [body["profile"].get("identity")]
    profiles = body["profiles"]
    listed = profiles if isinstance(profiles, list) else [profiles]
    named = [{name.lower(): value for name, value in each.items()} for each in listed]
    return [each.get("identity") for each in named]
