"""Guides out of another reader: their SQL, YAML and commands, in DuckDB and under Meltano."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support import migrated_readers
from tests.support.forked_emulator import ForkedEmulator
from tests.support.migration_tables import DuckTables
from tests.support.migrations import PROJECT, WORLD, read
from tests.support.page_reader import Reader
from tests.support.pages import block

KEEPS = """#!/usr/bin/env python3
import json, sys
state = None
with open("received.singer", "w") as file:
    for line in sys.stdin:
        file.write(line)
        message = json.loads(line)
        state = message["value"] if message["type"] == "STATE" else state
print(json.dumps(state))
"""
CHECKS = ("check_agreement", "check_hevo", "check_ingestr", "check_script")


@pytest.fixture(scope="module")
def history():
    emulator = ForkedEmulator.start(**WORLD)
    yield emulator
    emulator.stop()


@pytest.fixture(scope="module")
def ingestr_settings():
    """The settings that the guide for ingestr gives the tap."""
    config = yaml.safe_load(block("docs/migrate-ingestr.md", "Out: read both for a week", "yaml"))
    (tap,) = config["plugins"]["extractors"]
    return {name: value for name, value in tap["config"].items() if name != "region"}


@pytest.fixture(scope="module")
def records(history, ingestr_settings):
    return read(history, **ingestr_settings)


@pytest.mark.parametrize("check", CHECKS)
def test_differences_of_two_readers_are_found_and_dashboards_go_on(records, check):
    tables = DuckTables()
    tables.load("clevertap", records)
    getattr(migrated_readers, check)(tables, records)


def test_the_pipeline_for_hevo_runs_under_meltano(history, records, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    part = yaml.safe_load(block("docs/migrate-hevo.md", "Read both for a week", "yaml"))
    definition = {**PROJECT, **part}
    (tap,) = definition["plugins"]["extractors"]
    del tap["pip_url"]
    tap["config"]["end_date"] = "2026-09-01"  # the emulator's today
    loader = {"name": "target-postgres", "namespace": "target_postgres", "executable": "./keep-it"}
    definition["plugins"]["loaders"] = [loader]
    (folder / "meltano.yml").write_text(yaml.safe_dump(definition, sort_keys=False))
    (folder / "keep-it").write_text(KEEPS)
    (folder / "keep-it").chmod(0o755)
    environment = {
        "TAP_CLEVERTAP_ACCOUNT_ID": history.account_id,
        "TAP_CLEVERTAP_PASSCODE": history.passcode,
        "TAP_CLEVERTAP_API_URL": history.url,
    }
    with Reader(folder, history, **environment) as reader:
        reader.run("docs/migrate-hevo.md", "Read both for a week")
    lines = [json.loads(line) for line in (folder / "received.singer").read_text().splitlines()]
    received = [each for each in lines if each["type"] == "RECORD"]
    keys = {each["record"].get("event_key") for each in received if each["stream"] == "events"}
    assert keys == {each["event_key"] for each in records["events"]}
    assert {each["stream"] for each in received} == {"events", "profiles", "event_counts"}
    receipt = json.loads((folder / "receipt.json").read_text())
    assert receipt["status"] == "complete"


def test_a_loop_that_reads_ends_where_the_export_is_not_ready(history, records, tmp_path):
    folder = tmp_path / "script"
    folder.mkdir()
    with Reader(folder, history, replacements={'"…"': '"{passcode}"'}) as reader:
        text = block("docs/migrate-scripts.md", "A loop that reads", "python")
        (folder / "read.py").write_text(reader.as_run(text))
        reader.type("python read.py")
    assert (folder / "events.jsonl").read_text() == ""
    names = [each["event_name"] for each in migrated_readers.closed(records)]
    assert names.count("App Launched") > 0
