"""Files at either end: DuckDB, JSON lines, and a CSV as the source of profiles."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial

import duckdb
import pytest

from tests.partners.moved import report
from tests.partners.targets.warehouse_claims import DAYS, Warehouse, WarehouseClaims, read_last_days
from tests.support.truth import event_fingerprint

CUSTOMERS = {
    "0012": {
        "Name": "Käthe Groß",
        "Email": "kaethe@example.org",
        "Phone": "+14155550101",
        "Plan": "gold",
        "points": {"$incr": 120},
        "Born": "$D_636163200",
    },
    "7": {"Name": "Li, Wei", "Plan": "silver", "points": {"$incr": 15}},
    "900719925474099267": {
        "Name": "Zoë",
        "Email": "zoe@example.org",
        "Phone": "+14155550103",
        "Plan": "bronze",
        "Born": "$D_1009756800",
    },
}


def ask(path, statement):
    with duckdb.connect(path, read_only=True) as database:
        database.execute("set timezone = 'UTC'")
        return database.execute(statement).fetchall()


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=DAYS)


@pytest.fixture(scope="module")
def project(example, emulator):
    project = example("files", read_last_days)
    project.use_emulator(emulator)
    return project


@pytest.fixture(scope="module")
def warehouse(project, emulator):
    path = str(project.folder / "warehouse.duckdb")
    return Warehouse("duckdb", project, emulator, partial(ask, path))


class TestDuckDB(WarehouseClaims):
    """All claims, with the target pinned to an old DuckDB."""


def test_json_lines_hold_every_event_once(second, project, emulator, record_property):
    seconds = project.run("tap-clevertap", "target-jsonl").seconds
    (path,) = (project.folder / "output").glob("events-*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    truth = emulator.truth()["events"]
    equal = Counter(map(event_fingerprint, rows)) == Counter(map(event_fingerprint, truth))
    report(
        record_property,
        "tap-clevertap → target-jsonl: events",
        rows_in=len(truth),
        rows_out=len(rows),
        equal=equal,
        seconds=seconds,
    )
    assert equal


def test_a_csv_becomes_profiles_and_adds_its_points_once(
    second, project, emulator, record_property
):
    began = emulator.uploads()["counts"]["profiles"]
    runs = [project.run("tap-spreadsheets", "target-clevertap") for _ in range(2)]
    stored = [each["record"] for each in emulator.uploads(kind="profiles")["profiles"]][began:]
    found = {each["identity"]: each["profileData"] for each in stored}
    equal = found == CUSTOMERS
    report(
        record_property,
        "tap-spreadsheets → target-clevertap: profiles",
        rows_in=len(CUSTOMERS),
        rows_out=len(found),
        equal=equal,
        seconds=runs[0].seconds,
    )
    assert equal
    added = Counter(each["identity"] for each in stored if "points" in each["profileData"])
    assert added == {"0012": 1, "7": 1}
