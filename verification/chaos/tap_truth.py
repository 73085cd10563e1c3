"""What a tap may emit, and must have emitted before a state, by the emulator's truth."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from tests.support.truth import event_fingerprint, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.testing import Emulator
    from verification.chaos.tally import Tally

Place = tuple[str, str]
"""An event's name and day, the day as `YYYY-MM-DD`."""
KEYS = {"profiles": "profile_key"}
"""Of streams that are not of events; a typed stream may have any name."""


class Message(msgspec.Struct):
    """A line of the tap's output."""

    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()
    value: dict[str, Any] = {}
    manifest: list[str] = []


class Truth:
    """The events and people of an emulator that nothing is uploaded to."""

    def __init__(self, emulator: Emulator, profile_events: list[str]) -> None:
        self.rows: dict[Place, set[tuple[str, int]]] = defaultdict(set)
        seen: Counter[tuple[Place, str]] = Counter()
        for row in emulator.truth(kind="events")["events"]:
            place, fingerprint = place_of(row), event_fingerprint(row)
            self.rows[place].add((fingerprint, seen[place, fingerprint]))
            seen[place, fingerprint] += 1
        people = emulator.truth(kind="profiles", event_name=profile_events)["profiles"]
        self.people = {person(each) for each in people}
        self.count = sum(map(len, self.rows.values())) + len(self.people)


class Reading:
    """What was read over all runs of one job, checked line by line."""

    def __init__(self, truth: Truth, tally: Tally) -> None:
        self.state: dict[str, Any] | None = None
        self._truth = truth
        self._tally = tally
        self._known: dict[tuple[str, str], bytes] = {}
        self._of_this_run: set[tuple[str, str]] = set()
        self._rows: dict[Place, set[tuple[str, int]]] = defaultdict(set)
        self._people: set[tuple[Any, ...]] = set()

    def begin_run(self) -> None:
        """Let records come again, each once."""
        self._of_this_run.clear()

    def take_line(self, line: bytes) -> None:
        """Take a line as soon as it is read."""
        message = msgspec.json.decode(line, type=Message)
        if message.type == "RECORD":
            self._take(message.stream, bytes(message.record))
        elif message.type == "BATCH":
            for record in loaded(message.manifest):
                self._take(message.stream, record)
        elif message.type == "STATE":
            self._take_state(message.value)

    @property
    def share_left(self) -> float:
        """How much of the truth is not covered by the last state, from 0 to 1."""
        if self.state is None:
            return 1.0
        covered = sum(len(self._truth.rows[place]) for place in closed(self.state))
        covered += len(self._truth.people) if has_people(self.state) else 0
        return 1 - covered / self._truth.count

    @property
    def missing(self) -> int:
        """How many rows and people were not read."""
        return self._truth.count - sum(map(len, self._rows.values())) - len(self._people)

    def _take(self, stream: str, raw: bytes) -> None:
        self._tally.records += 1
        record = json.loads(raw, parse_float=Decimal)
        key = stream, record[KEYS.get(stream, "event_key")]
        is_first_of_run = key not in self._of_this_run
        self._of_this_run.add(key)
        if key in self._known:
            self._take_again(key, record, is_first_of_run=is_first_of_run)
            return
        self._known[key] = raw
        is_true = self._add_person(record) if stream == "profiles" else self._add_event(record)
        if not is_true:
            self._tally.doubled += 1
            self._tally.fault(f"a record that is not a row: {key}")

    def _take_again(
        self, key: tuple[str, str], record: dict[str, Any], *, is_first_of_run: bool
    ) -> None:
        is_equal = record == json.loads(self._known[key], parse_float=Decimal)
        if is_equal and is_first_of_run:
            self._tally.repeated += 1
            return
        self._tally.doubled += 1
        what = "a record twice in one run" if is_equal else "an equal key of another record"
        self._tally.fault(f"{what}: {key}")

    def _add_event(self, record: dict[str, Any]) -> bool:
        place, row = place_of(record), (event_fingerprint(record), record["occurrence"])
        is_new = row in self._truth.rows[place] and row not in self._rows[place]
        self._rows[place].add(row)
        return is_new

    def _add_person(self, record: dict[str, Any]) -> bool:
        who = person(record)
        is_new = who in self._truth.people and who not in self._people
        self._people.add(who)
        return is_new

    def _take_state(self, state: dict[str, Any]) -> None:
        self.state = state
        self._tally.states += 1
        missing = [each for each in closed(state) if self._rows[each] != self._truth.rows[each]]
        if has_people(state) and self._people != self._truth.people:
            missing.append(("profiles", ""))
        if missing:
            self._tally.ahead += 1
            self._tally.fault(f"a state is ahead of {missing[:3]}")


def place_of(row: dict[str, Any]) -> Place:
    """Return where an event belongs."""
    stamp = str(row["ts"])
    return row["event_name"], f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"


def closed(state: dict[str, Any]) -> Iterator[Place]:
    """Yield the days of events that are read by a state."""
    partitions = [stream.get("partitions", []) for stream in state["bookmarks"].values()]
    for each in chain.from_iterable(partitions):
        if "replication_key_value" in each:
            name = each["context"]["event_name"]
            day, last = map(date.fromisoformat, (each["first_day"], each["replication_key_value"]))
            while day <= last:
                yield name, day.isoformat()
                day += timedelta(1)


def has_people(state: dict[str, Any]) -> bool:
    """Return whether the profiles were read by a state."""
    return "replication_key_value" in state["bookmarks"].get("profiles", {})


def loaded(manifest: list[str]) -> Iterator[bytes]:
    """Yield the records of batch files, which are removed then, as a target does."""
    for each in manifest:
        path = Path(urlsplit(each).path)
        with gzip.open(path) as lines:
            yield from (line.strip() for line in lines)
        path.unlink()
