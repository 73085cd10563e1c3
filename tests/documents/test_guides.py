"""The guides' settings and rules are used by real runs, and their commands are run."""

from __future__ import annotations

import json

import pytest
import yaml

from clevertap_emulator.testing import export_files
from tests.documents.symptoms import TAP
from tests.support.launcher import lent_launcher
from tests.support.page_reader import Reader
from tests.support.pages import every
from tests.support.plugin_process import tap_command, tap_config
from tests.support.target_process import TargetProcess, record, schema

HISTORY = {"today": "2026-08-31", "days": 4, "users": 60, "events_per_day": 60}
OUT = every("docs/guide-out.md", "yaml")
IN = every("docs/guide-in.md", "yaml")
SPEED = 10
COLUMNS = {
    "id": {"type": "integer"},
    "customer_id": {"type": "string"},
    "placed_at": {"type": "string", "format": "date-time"},
    "total": {"type": "number"},
    "currency": {"type": "string"},
    "name": {"type": ["string", "null"]},
    "email": {"type": ["string", "null"]},
    "born": {"type": ["string", "null"], "format": "date"},
    "points": {"type": "integer"},
    "tag": {"type": "string"},
    "has_consent": {"type": "boolean"},
}
ROW = {
    "id": 1,
    "customer_id": "0012",
    "placed_at": "2026-08-30T12:00:00Z",
    "total": 9.5,
    "currency": "INR",
    "name": None,
    "email": "a@example.org",
    "born": "1990-02-28",
    "points": 5,
    "tag": "gold",
    "has_consent": True,
}


@pytest.fixture(scope="module")
def history(start_emulator_for_module):
    """Start an emulator with a few closed days."""
    return start_emulator_for_module(**HISTORY, preparing=0)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "reader"
    made.mkdir()
    return made


def rows(streams):
    """Return a row for each stream, and one without consent."""
    messages = []
    for stream in streams:
        messages += [schema(stream, COLUMNS), record(stream, **ROW)]
        messages.append(record(stream, **{**ROW, "id": 2, "has_consent": False}))
    return messages


@pytest.mark.parametrize("block", OUT, ids=str)
def test_settings_of_the_guide_out_are_those_of_a_run_that_succeeds(history, folder, block):
    given = json.loads(json.dumps(yaml.safe_load(block.text)["config"], default=str))
    (folder / "users.txt").write_text("001\n")
    export_files(folder / "exported", **HISTORY)
    config = {**tap_config(history), **TAP, "events": ["Charged", "App Launched"], **given}
    if "excluded_events" in given:
        del config["events"]
    _, *arguments = tap_command({**config, "start_date": "2026-08-29"})
    with lent_launcher("tap-clevertap") as launcher:
        launcher.start(*arguments, speed=SPEED, cwd=folder)
        ended = launcher.wait(60)
    assert ended.status == 0, ended.log
    assert set(given.get("select", ())) <= set(ended.records)
    assert "is not a setting" not in ended.log


@pytest.mark.parametrize("block", IN, ids=str)
def test_rules_of_the_guide_in_deliver_rows(history, folder, block):
    history.reset()
    given = yaml.safe_load(block.text)
    target = TargetProcess(history, folder)
    ended = target.run(rows(given["streams"]), **given)
    assert ended.status == 0, ended.log
    assert "is not a setting" not in ended.log
    assert ROW["customer_id"] in json.dumps([target.delivered(), history.calls()["deleted"]])


def test_commands_of_the_guide_out_run(history, folder):
    history.reset()
    history.rows("Charged", 20260829, hide=1)
    config = tap_config(history, **TAP, receipt_path="receipt.json")
    (folder / "tap.json").write_text(json.dumps(config))
    (folder / "proved.json").write_text(json.dumps(config))
    with Reader(folder, history) as reader:
        checked, proved = reader.follow("docs/guide-out.md", "shell")
    assert "ok     credentials" in checked.output
    assert proved.output.splitlines() == ['"gap"', '["Charged","2026-08-29",4,5]']


def test_commands_of_the_guide_in_run(history, folder):
    history.reset()
    given = yaml.safe_load(IN[0].text)
    settings = {"account_id": history.account_id, "passcode": history.passcode}
    settings |= {"api_url": history.url, "report_path": "report.json", "max_rejects": -1}
    (folder / "target.json").write_text(json.dumps(settings | given))
    messages = [*rows(given["streams"]), record("customers", **{**ROW, "email": "no address"})]
    (folder / "rows.singer").write_text("".join(f"{json.dumps(each)}\n" for each in messages))
    with Reader(folder, history) as reader:
        looked, sent, rejects, ledger = reader.follow("docs/guide-in.md", "shell")
    assert "ok     upload" in looked.output
    assert "stream orders: the first 2 of 2" in looked.output + looked.log
    assert sent.output.splitlines() == [
        '["customers",3,2,{"515":1}]',
        '["orders",2,2,{}]',
    ]
    assert "515" in rejects.output
    assert ledger.output
