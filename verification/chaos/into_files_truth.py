"""What is sent into files, and what of it an emulator imported, at any moment."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from verification.chaos.target_truth import BOUNDARY_ROWS, STATE_EVERY, user_of

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from verification.chaos.tally import Tally

RULES = {
    "orders": {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"},
    "users": {
        "type": "profile",
        "identity": "email",
        "properties": {"Number": "id", "Seen": "seen"},
        "others": "drop",
        "operations": {"seen": "$add"},
    },
}
STREAMS = ("orders", "orders", "users")
"""Of the records, in turn."""
IMPORT_SECONDS = 60.0
GLANCE_SECONDS = 0.02


def stream_of(number: int) -> str:
    """Return which stream a record belongs to."""
    return STREAMS[number % len(STREAMS)]


class SentIntoFiles:
    """Records of two streams in turn, and states, as a tap would send them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._schemas = b"".join(map(schema, RULES))
        self._lines = [record(number) for number in range(count)]

    def since(self, done: int) -> bytes:
        """Return what comes after a state, the last rows before it once more."""
        return self._schemas + b"".join(self._lines[max(0, done - BOUNDARY_ROWS) :])

    @property
    def last(self) -> dict[str, int]:
        """The last number that is sent of each user's profiles."""
        numbers = (each for each in range(self.count) if stream_of(each) == "users")
        return {user_of(number): number for number in numbers}


def schema(stream: str) -> bytes:
    """Write a stream's SCHEMA."""
    columns = {"id": {"type": "integer"}, "email": {"type": "string"}, "seen": {}}
    columns |= {"created_at": {"type": "string", "format": "date-time"}, "total": {}}
    message = {"type": "SCHEMA", "stream": stream, "schema": {"properties": columns}}
    keys = {"key_properties": ["id"], "bookmark_properties": ["created_at"]}
    return msgspec.json.encode(message | keys) + b"\n"


def record(number: int) -> bytes:
    """Write a RECORD, and where it is due the STATE after it."""
    columns: dict[str, Any] = {"id": number, "email": user_of(number)}
    if stream_of(number) == "orders":
        columns |= {"total": number / 4}
        columns |= {"created_at": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"}
    else:
        columns |= {"seen": [f"n{number}"]}
    message = {"type": "RECORD", "stream": stream_of(number), "record": columns}
    line = msgspec.json.encode(message) + b"\n"
    if (number + 1) % STATE_EVERY:
        return line
    return line + msgspec.json.encode({"type": "STATE", "value": {"done": number + 1}}) + b"\n"


class ImportedFiles:
    """What of one job was imported, each time a state comes and in the end."""

    def __init__(self, emulator: Emulator, folder: Path, tally: Tally) -> None:
        self.done = 0
        self.numbers: Counter[int] = Counter()
        self._emulator = emulator
        self._folder = folder
        self._tally = tally

    def take_state(self, line: bytes) -> None:
        """Take a state as soon as it is read: what it covers has its manifest then."""
        manifests = [*self._folder.glob("*.manifest")]
        self.look(manifests)
        done = json.loads(line)["done"]
        self._tally.states += 1
        if missing := set(range(done)) - self.numbers.keys():
            self._tally.ahead += 1
            self._tally.fault(f"the state {done} is ahead of {sorted(missing)[:5]}")
        self.done = done

    def look(self, manifests: list[Path]) -> None:
        """Wait until these were imported, and ask what is stored."""
        deadline = time.monotonic() + IMPORT_SECONDS
        while any(each.exists() for each in manifests) or self._is_importing():
            if time.monotonic() > deadline:
                self._tally.fault("files are not imported")
                break
            time.sleep(GLANCE_SECONDS)
        uploads = self._emulator.uploads()
        self.numbers = Counter(
            each["record"]["evtData"]["id"]
            if "evtData" in each["record"]
            else each["record"]["profileData"]["Number"]
            for each in (*uploads["events"], *uploads["profiles"])
        )

    def imports(self) -> list[dict[str, Any]]:
        """Return what became of each manifest."""
        return self._emulator.drops()

    def last_numbers(self) -> dict[str, int]:
        """Return what the profile of each user came to."""
        profiles = self._emulator.uploads()["profiles"]
        return {
            each["record"]["identity"]: each["record"]["profileData"]["Number"] for each in profiles
        }

    def _is_importing(self) -> bool:
        return any(each["status"] == "running" for each in self.imports())
