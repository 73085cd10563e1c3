"""What holds of every warehouse that tap-clevertap loads: the same claims for each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.partners.moved import report
from tests.support.truth import event_fingerprint, person

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.testing import Emulator
    from tests.partners.meltano_project import Project

ZONE = ZoneInfo("Asia/Kolkata")
DAYS = 30
CHANGED_CITY = "Çeşme"


@dataclass
class Warehouse:
    """A warehouse, the project that loads it, and the emulator it is loaded from."""

    name: str
    project: Project
    emulator: Emulator
    query: Callable[[str], list[tuple[Any, ...]]]

    @property
    def loading(self) -> tuple[str, str]:
        return ("tap-clevertap", f"target-{self.name}")

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Return a table's columns, objects and lists read if they came as text."""
        found = self.query(f"select {', '.join(columns)} from clevertap.{table}")
        return [dict(zip(columns, map(_read, row), strict=True)) for row in found]

    def events(self) -> list[dict[str, Any]]:
        names = ("event_key", "event_name", "event_time", "ts", "object_id", "identity")
        return self.rows("events", *names, "event_props", "session_props")

    def number(self, statement: str) -> int:
        return int(self.query(statement)[0][0])


def read_last_days(project: Project, definition: dict[str, Any]) -> None:
    """Begin where the emulator's data begins, instead of at the example's date."""
    start = (datetime.now(ZONE) - timedelta(DAYS)).date()
    project.plugin(definition, "tap-clevertap")["config"]["start_date"] = start.isoformat()


def add_amount(definition: dict[str, Any], project: Project) -> None:
    """Compute a column that no run before had."""
    project.plugin(definition, "tap-clevertap")["config"]["stream_maps"] = {
        "events": {"amount": "float((event_props or {}).get('Amount') or 0)"}
    }


def change_profile(emulator: Emulator) -> str:
    """Give a user who launches the app another city, and return the identity."""
    truth = emulator.truth(kind="profiles", event_name="App Launched")["profiles"]
    identity = next(row["identity"] for row in truth if row["identity"])
    uploaded = [
        {"type": "profile", "identity": identity, "profileData": {"City": CHANGED_CITY}},
        {"type": "event", "identity": identity, "evtName": "Charged", "evtData": {"Amount": 77.5}},
    ]
    answer = emulator.api("POST", "/1/upload", json={"d": uploaded}).json()
    assert answer["processed"] == len(uploaded), answer
    return identity


def charged(emulator: Emulator) -> list[tuple[float | None, str | None]]:
    """Return amount and first item of every Charged event."""
    events = [each for each in emulator.truth()["events"] if each["event_name"] == "Charged"]
    blocks = [event["event_props"] or {} for event in events]
    return [(each.get("Amount"), each.get("Items", [{}])[0].get("Product")) for each in blocks]


def as_instant(value: Any) -> datetime:
    """Return a warehouse's time as an instant; one without zone is in UTC."""
    return value.replace(tzinfo=value.tzinfo or timezone.utc)


def expected_instant(ts: int) -> datetime:
    return datetime.strptime(str(ts), "%Y%m%d%H%M%S").replace(tzinfo=ZONE)


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value


class WarehouseClaims:
    """Claims of the module's fixture `warehouse`, after its `first` and its `second` run."""

    def test_every_event_arrives_once(self, first, warehouse, record_property):
        rows, truth = warehouse.events(), warehouse.emulator.truth()["events"]
        found = Counter(map(event_fingerprint, rows))
        equal = found == Counter(map(event_fingerprint, truth))
        pair = f"{' → '.join(warehouse.loading)}: events"
        report(
            record_property,
            pair,
            rows_in=len(truth),
            rows_out=len(rows),
            equal=equal,
            seconds=first,
        )
        assert equal
        assert len({row["event_key"] for row in rows}) == len(rows)

    def test_every_profile_arrives_once(self, first, warehouse, record_property):
        rows = warehouse.rows("profiles", "profile_key", "identity", "object_ids")
        launched = warehouse.emulator.truth(kind="profiles", event_name="App Launched")
        expected = Counter(map(person, launched["profiles"]))
        equal = Counter(map(person, rows)) == expected
        report(
            record_property,
            f"{' → '.join(warehouse.loading)}: profiles",
            rows_in=len(launched["profiles"]),
            rows_out=len(rows),
            equal=equal,
            seconds=first,
        )
        assert equal
        assert len({row["profile_key"] for row in rows}) == len(rows)

    def test_event_time_is_the_same_instant(self, first, warehouse):
        for row in warehouse.events():
            assert as_instant(row["event_time"]) == expected_instant(row["ts"])

    def test_a_second_run_upserts_by_key(self, second, warehouse, record_property):
        rows, truth = warehouse.events(), warehouse.emulator.truth()["events"]
        found = Counter(map(event_fingerprint, rows))
        equal = found == Counter(map(event_fingerprint, truth))
        report(
            record_property,
            f"{' → '.join(warehouse.loading)}: second run",
            rows_in=len(truth),
            rows_out=len(rows),
            equal=equal,
            seconds=second[1],
        )
        assert equal
        assert len({row["event_key"] for row in rows}) == len(rows)

    def test_a_new_column_appears_between_runs(self, second, warehouse):
        read_again = "select count(*) from clevertap.events where amount is not null"
        before = "select count(*) from clevertap.events where amount is null"
        assert warehouse.number(read_again) > 0
        assert warehouse.number(before) > 0
        amounts = warehouse.query("select amount from clevertap.events where amount = 77.5")
        assert len(amounts) == 1

    def test_profiles_are_updated_in_place(self, second, warehouse):
        identity, _ = second
        profiles = warehouse.rows("profiles", "identity", "profile_data")
        (found,) = [row for row in profiles if row["identity"] == identity]
        assert found["profile_data"]["City"] == CHANGED_CITY
