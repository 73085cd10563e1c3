"""What tap-clevertap reads out of an emulator of fixed days, for all targets the same."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.partners.comparison import last_of_each
from tests.support.pages import README, block
from tests.support.plugin_process import run_tap, tap_config
from tests.support.truth import event_fingerprint

if TYPE_CHECKING:
    from clevertap_emulator.testing import Emulator
    from tests.support.run_output import Output

TODAY, DAY_BEFORE, START = "2026-11-20", "2026-11-19", "2026-11-17"
AT, LATER = 1_795_000_000, 1_795_160_000
"""Moments on 18 and on 20 November 2026."""
WORLD: dict[str, Any] = {
    "today": TODAY,
    "days": 4,
    "users": 300,
    "events_per_day": 300,
    "nested_objects": True,
    "preparing": 0,
    "timezone": "Asia/Kolkata",
}
KEYS = {"events": "event_key", "profiles": "profile_key"}
NUL = {"said": "a\x00b"}

AWKWARD: list[dict[str, Any]] = [
    {"Amount": 129.99, "third": 109.236, "most": 2**63 - 1, "least": -(2**63)},
    {"a b": 1, "a.b": 2, "$c": 3, "naïve 茶": "☕ 'one' \"two\" \\ three", "NaN": "NaN"},
    {"nested": {"a": {"b": {"c": {"d": {"e": 1}}}}}},
    {"list": [1, "two", None, 3.5], "whole": 1e21, "close": 99999999999999.98},
    {"lines": "one\ntwo\tthree\r\n", "comma": "a,b;c", "is_new": True},
    {},
]
PERSON = {"Name": "Käthe Groß", "Email": "kaethe@example.org", "a.b": 1.5, "tags": ["a", "b"]}
ITEMS = [{"Product": "Tea", "Price": 2.25}, {"Product": "Coffee"}]


@dataclass(frozen=True)
class Reading:
    """One run of the tap."""

    output: Output

    @property
    def messages(self) -> bytes:
        return "".join(f"{line}\n" for line in self.output.lines).encode()

    @property
    def state(self) -> dict[str, Any]:
        return self.output.state

    def schema(self, stream: str) -> dict[str, Any]:
        return self.output.schemas[stream]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        return self.output.records[stream]


@dataclass(frozen=True)
class TypedReading(Reading):
    """One run with a stream for each event, and what a query of its tables must find."""

    amount: float
    """The sum of `Amount` over all `Charged` events."""

    @classmethod
    def of(cls, emulator: Emulator) -> TypedReading:
        """Read all events of an emulator."""
        output = read(emulator, TODAY, stream_layout="per_event", profile_events=[]).output
        rows = [row for found in output.records.values() for row in found]
        truth = emulator.truth(kind="events")["events"]
        assert Counter(map(event_fingerprint, rows)) == Counter(map(event_fingerprint, truth))
        charged = [row["event_props"] or {} for row in truth if row["event_name"] == "Charged"]
        return cls(output, math.fsum(each.get("Amount") or 0 for each in charged))

    def statement(self, schema: str) -> str:
        """Return the README's query, of the tables of a schema."""
        return block(README, "Typed streams", "sql").replace(" event_", f" {schema}.event_")


@dataclass(frozen=True)
class Readings:
    """A run, and the next one: days are read again, rows are new, a profile changed."""

    emulator: Emulator
    first: Reading
    second: Reading

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """Return what an upsert leaves of both."""
        both = [*self.first.rows(stream), *self.second.rows(stream)]
        return last_of_each(both, KEYS[stream])


def read(emulator: Emulator, end: str, *, state: Any = None, **config: Any) -> Reading:
    """Run the tap over days up to one, profiles too."""
    settings = {"timezone": "Asia/Kolkata", "start_date": START, "end_date": end}
    settings |= {"profile_events": ["App Launched", "Awkward Event"]} | config
    output = run_tap(tap_config(emulator, **settings), state=state)
    assert output.status == 0, output.log
    return Reading(output)


def read_twice(emulator: Emulator) -> Readings:
    """Read all, change something, and read on."""
    raise_events(emulator, [("Awkward Event", each) for each in AWKWARD])
    raise_events(emulator, [("Charged", {"Amount": 10.1, "Charged ID": "x", "Items": ITEMS})])
    change_person(emulator, **PERSON)
    first = read(emulator, DAY_BEFORE)
    change_person(emulator, Name="Käthe Klein", City="Çeşme")
    raise_events(emulator, [("Awkward Event", {"again": True})], at=LATER)
    second = read(emulator, TODAY, state=first.state)
    readings = Readings(emulator, first, second)
    found = {event_fingerprint(row) for row in readings.rows("events")}
    truth = {event_fingerprint(row) for row in emulator.truth()["events"]}
    assert found == truth
    return readings


def raise_events(
    emulator: Emulator, events: list[tuple[str, dict[str, Any]]], at: int = AT
) -> None:
    """Let one user do something, a second after the other."""
    of_user = {"type": "event", "identity": "awkward-1"}
    _upload(
        emulator,
        [
            of_user | {"evtName": name, "ts": at + number, "evtData": properties}
            for number, (name, properties) in enumerate(events)
        ],
    )


def change_person(emulator: Emulator, **properties: Any) -> None:
    """Set properties of that user."""
    profile = {"type": "profile", "identity": "awkward-1", "profileData": properties}
    _upload(emulator, [profile])


def _upload(emulator: Emulator, records: list[dict[str, Any]]) -> None:
    answer = emulator.api("POST", "/1/upload", json={"d": records}).json()
    assert answer["processed"] == len(records), answer
