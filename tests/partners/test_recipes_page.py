"""The commands of docs/recipes.md, as they are: run in the example's folder, block by block."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.page_reader import Reader

FIRST = (datetime.now(ZoneInfo("Asia/Kolkata")) - timedelta(2)).date().isoformat()


def read_from_the_first_day(project, definition):
    project.plugin(definition, "tap-clevertap")["config"]["start_date"] = FIRST


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=2, users=30, events_per_day=60)


@pytest.fixture(scope="module")
def project(example, emulator):
    made = example("recipes", read_from_the_first_day)
    made.use_emulator(emulator)
    return made


@pytest.fixture(scope="module")
def reader(project, emulator, tmp_path_factory):
    chosen = {
        r"(?<=_SALT=)…": "pepper",
        r"file:///var/lib": tmp_path_factory.mktemp("states").as_uri(),
    }
    given = {**project.environment, **project.secrets}
    with Reader(project.folder, emulator, replacements=chosen, **given) as started:
        yield started


@pytest.fixture
def taken(project):
    """Return the rows of events that a block wrote."""
    output = project.folder / "output"

    def take():
        rows = []
        for file in output.glob("*.jsonl"):
            if file.name.startswith("events"):
                rows += map(json.loads, file.read_text().splitlines())
            file.unlink()
        return rows

    if output.exists():
        take()
    return take


def test_all_commands_of_the_page_run_in_its_order(reader, taken, emulator):
    reader.run("docs/recipes.md", "Recipes")
    count = len(emulator.truth(kind="events")["events"])
    assert len(taken()) == count
    reader.run("docs/recipes.md", "Hash")
    assert "@" not in json.dumps([row["email"] for row in taken()])
    shown = reader.run("docs/recipes.md", "Select").output
    assert "[excluded" in shown
    catalog = json.loads(reader.run("docs/recipes.md", "Metadata").output)
    methods = {each["tap_stream_id"]: each.get("replication_method") for each in catalog["streams"]}
    assert methods["events"] == "INCREMENTAL"
    assert "failed" not in reader.run("docs/recipes.md", "Are the settings right?").output
    states = reader.run("docs/recipes.md", "State", "shell", 3).output
    assert "prod:tap-clevertap-to-target-jsonl" in states
    assert '"bookmarks"' in states
    reader.run("docs/recipes.md", "Everything again")
    assert len(taken()) == count
    reader.run("docs/recipes.md", "A second state")
    assert len(taken()) == count
    reader.run("docs/recipes.md", "One for each account")
    assert len(taken()) == count
    assert "every-5-minutes" in reader.run("docs/recipes.md", "Schedules").output
    taken()
    reader.run("docs/recipes.md", "State")
    assert len(taken()) == count
