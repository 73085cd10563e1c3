"""A small project, what an undisturbed run reads of it, and whether states are true of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import tap_config, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clevertap_emulator.testing import Emulator
    from tests.support.launcher import Launcher
    from tests.support.run_output import Output

TODAY = "2026-08-31"
SIZE: dict[str, Any] = {
    "timezone": "UTC",
    "days": 3,
    "users": 40,
    "events_per_day": 300,
    "preparing": 0,
    "today": TODAY,
}
"""A day that is over: all days of the project close, and no run meets midnight."""
PATIENT = 600
"""Seconds of a clock that runs 20 times faster: a busy machine still answers in time."""
KEYS = {"events": "event_key", "profiles": "profile_key"}


@dataclass
class World:
    """An emulator, and the launcher that runs the tap against it."""

    emulator: Emulator
    launcher: Launcher
    _known: dict[str, tuple[Output, dict[str, Any]]] = field(default_factory=dict)

    def config(self, **settings: Any) -> dict[str, Any]:
        days = {"start_date": "2026-08-29", "end_date": TODAY}
        known = {"timezone": "UTC", "page_size": 100, "request_timeout": PATIENT, **days}
        return tap_config(self.emulator, **{**known, **settings})

    def run(self, settings: dict[str, Any], state: Any = None, **options: Any) -> Output:
        self.launcher.start(*self.arguments(settings, state), **options)
        return self.launcher.wait()

    def arguments(self, settings: dict[str, Any], state: Any = None) -> list[str]:
        given = ["--state", write_json(state)] if state is not None else []
        return ["--config", write_json(self.config(**settings)), *given]

    def undisturbed(self, settings: dict[str, Any]) -> Output:
        """Return what a run reads where nothing goes wrong."""
        return self._undisturbed(settings)[0]

    def requests_of(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the emulator's journal of such a run."""
        return self._undisturbed(settings)[1]

    def _undisturbed(self, settings: dict[str, Any]) -> tuple[Output, dict[str, Any]]:
        key = json.dumps(settings, sort_keys=True)
        if key not in self._known:
            self.emulator.reset()
            output = self.run(settings)
            assert output.status == 0, output.log
            self._known[key] = output, self.emulator.requests()
        return self._known[key]

    def disturbed(self, faults: list[dict[str, Any]], settings: dict[str, Any]) -> Output:
        """Return what a run reads where each of these faults happens once."""
        self.emulator.reset()
        self.emulator.faults(faults)
        output = self.run(settings)
        assert set(self.emulator.fired()) == {1}
        return output

    def assert_recovered(self, output: Output, whole: Output) -> None:
        """Check for the data and the state of an undisturbed run, and states true at any time."""
        assert output.status == 0, output.log
        for stream in KEYS:
            assert rows_of(output, stream) == rows_of(whole, stream)
        assert output.state == whole.state
        self.assert_states_are_true(output, whole)

    def assert_stopped(self, output: Output, words: Iterable[str]) -> None:
        """Check for one line with the reason, and no stack trace."""
        assert output.status == 1, output.log
        errors = [line for line in output.log.splitlines() if "| ERROR" in line]
        assert len(errors) == 1, output.log
        assert [word for word in words if word not in errors[0]] == [], errors[0]
        assert "Traceback" not in output.log

    def assert_next_run_completes(
        self, output: Output, whole: Output, settings: dict[str, Any]
    ) -> None:
        """Check that a run from the last state completes the data, and that states were true."""
        self.assert_states_are_true(output, whole)
        self.emulator.clear_faults()
        rest = self.run(settings, output.states[-1] if output.states else None)
        assert rest.status == 0, rest.log
        self.assert_states_are_true(rest, whole, before=output)
        assert rest.state == whole.state
        for stream in KEYS:
            both = rows_of(output, stream) | rows_of(rest, stream)
            assert both == rows_of(whole, stream)

    def assert_states_are_true(
        self, output: Output, whole: Output, before: Output | None = None
    ) -> None:
        """Check that each state of a run calls nothing read that was not written before it."""
        seen = set(keys_of(before)) if before else set()
        for message in map(json.loads, output.lines):
            if message["type"] == "RECORD":
                seen.add(message["record"][key_of(message["stream"])])
            elif message["type"] == "STATE":
                assert claimed(message["value"], whole) <= seen


def rows_of(output: Output, stream: str) -> Counter[str]:
    """Return the records of a stream as a multiset, whatever the order of their keys.

    `events` has those of typed streams too.
    """
    return Counter(json.dumps(row, sort_keys=True, default=str) for row in _rows(output, stream))


def _rows(output: Output, stream: str) -> Iterator[dict[str, Any]]:
    for name, rows in output.records.items():
        if KEYS[stream] == key_of(name):
            yield from rows


def key_of(stream: str) -> str:
    """Return the key of a stream, which may be a typed one."""
    return KEYS.get(stream, KEYS["events"])


def keys_of(output: Output) -> Iterable[str]:
    for stream, rows in output.records.items():
        yield from (row[key_of(stream)] for row in rows)


def claimed(state: dict[str, Any], whole: Output) -> set[str]:
    """Return the keys of all rows that a state calls read."""
    bookmarks = state["bookmarks"]
    spans = {
        each["context"]["event_name"]: (each["first_day"], each["replication_key_value"])
        for stream in bookmarks.values()
        for each in stream.get("partitions", [])
        if "first_day" in each
    }
    keys = {
        row["event_key"]
        for row in _rows(whole, "events")
        if row["event_name"] in spans and _is_within(row["ts"], *spans[row["event_name"]])
    }
    if "replication_key_value" in bookmarks.get("profiles", {}):
        keys |= {row["profile_key"] for row in whole.profiles}
    return keys


def _is_within(ts: int, first: str, last: str) -> bool:
    """Return whether a time of the project's wall clock, as sent, is on one of these days."""
    return first.replace("-", "") <= str(ts)[:8] <= last.replace("-", "")
