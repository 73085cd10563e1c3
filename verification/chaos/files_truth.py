"""What the streams of export files may emit, and must have emitted before a state."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tests.support.truth import event_fingerprint
from verification.chaos.tap_truth import Message, loaded

if TYPE_CHECKING:
    from clevertap_emulator.testing import Exported
    from verification.chaos.tally import Tally

EVENTS, PROFILES = "exported_events", "exported_profiles"
KEYS = {EVENTS: "event_key", PROFILES: "profile_key"}
Place = tuple[str, str, int]
"""A stream, and a row of it with its number among equal ones."""
Version = tuple[str, int]
"""Key and size of a file."""


class FilesTruth:
    """The rows of a whole export.

    Args:
        exported: All files, none of them damaged.
        are_numbered: Whether equal events are told apart; messages of EventBridge are not.
    """

    def __init__(self, exported: Exported, *, are_numbered: bool) -> None:
        self.are_numbered = are_numbered
        self.rows: set[Place] = set()
        self.keys: dict[str, set[str]] = {EVENTS: set(), PROFILES: set()}
        self.rows_of: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for row in exported.events:
            text = event_fingerprint(row)
            self.rows.add((EVENTS, text, seen[text] if are_numbered else 0))
            seen[text] += 1
            self._add(EVENTS, row)
        for row in exported.profiles:
            self.rows.add((PROFILES, profile_text(row), 0))
            self._add(PROFILES, row)

    def _add(self, stream: str, row: dict[str, Any]) -> None:
        self.keys[stream].update(row["files"])
        self.rows_of.update(row["files"])


class FilesReading:
    """What was read over all runs of one job, checked line by line."""

    def __init__(self, truth: FilesTruth, tally: Tally) -> None:
        self.state: dict[str, Any] | None = None
        self.has_begun = False
        """Whether this run has written a line."""
        self.sizes: dict[Version, int] = {}
        """The rows of each version of a file that could be read to its end."""
        self._truth = truth
        self._tally = tally
        self._known: dict[tuple[str, str], Any] = {}
        self._rows: set[Place] = set()
        self._of_this_run: Counter[tuple[str, str]] = Counter()
        self._counts: Counter[str] = Counter()
        self._marked: dict[str, set[Version]] = {EVENTS: set(), PROFILES: set()}

    def begin_run(self) -> None:
        """Let records come again."""
        self.has_begun = False
        self._of_this_run.clear()
        self._counts.clear()

    def take_line(self, line: bytes) -> None:
        """Take a line as soon as it is read."""
        self.has_begun = True
        message = msgspec.json.decode(line, type=Message)
        if message.type == "RECORD":
            self._take(message.stream, bytes(message.record))
        elif message.type == "BATCH":
            for record in loaded(message.manifest):
                self._take(message.stream, record)
        elif message.type == "STATE":
            self._take_state(message.value)

    @property
    def missing(self) -> int:
        """How many rows were not read."""
        return len(self._truth.rows - self._rows)

    @property
    def unmarked(self) -> int:
        """How many files are in no state, as they are at last."""
        return sum(
            key not in {marked for marked, _ in self._marked[stream]}
            for stream, keys in self._truth.keys.items()
            for key in keys
        )

    @property
    def share_left(self) -> float:
        """How many files are in no state, as a share of all."""
        return self.unmarked / max(sum(map(len, self._truth.keys.values())), 1)

    def _take(self, stream: str, raw: bytes) -> None:
        self._tally.records += 1
        record = json.loads(raw, parse_float=Decimal)
        self._counts[record.pop("source_file")] += 1
        place = self._place(stream, record)
        key = stream, record[KEYS[stream]] + (place[1] if stream == PROFILES else "")
        self._of_this_run[key] += 1
        if self._of_this_run[key] > 1 and self._truth.are_numbered:
            self._fault(f"a record twice in one run: {key}")
        elif key in self._known:
            self._tally.repeated += 1
            if self._known[key] != record:
                self._fault(f"an equal key of another record: {key}")
        elif place not in self._truth.rows or place in self._rows:
            self._fault(f"a record that is not a row: {key}")
        self._known.setdefault(key, record)
        self._rows.add(place)

    def _place(self, stream: str, record: dict[str, Any]) -> Place:
        if stream == PROFILES:
            return stream, profile_text(record), 0
        return stream, event_fingerprint(record), record["occurrence"]

    def _fault(self, text: str) -> None:
        self._tally.doubled += 1
        self._tally.fault(text)

    def _take_state(self, state: dict[str, Any]) -> None:
        self.state = state
        self._tally.states += 1
        ahead = []
        for stream, before in self._marked.items():
            files = state["bookmarks"].get(stream, {}).get("files", [])
            marked = {(key, size) for key, size, _ in files}
            own = {version for version in marked if version[0] in self._truth.keys[stream]}
            ahead += [each for each in own - before if not self._is_read(each)]
            self._marked[stream] = own
        if ahead:
            self._tally.ahead += 1
            self._tally.fault(f"a state is ahead of {ahead[:3]}")

    def _is_read(self, version: Version) -> bool:
        """Return whether this run has read a file to its end."""
        return self._counts[version[0]] == self.sizes.get(version)


def profile_text(row: dict[str, Any]) -> str:
    """Return whom a profile is of, and of which version it is."""
    data = row["profile_data"] or {}
    return json.dumps([row["identity"], sorted(row["object_ids"]), str(data.get("Visits"))])
