"""`examples/snowflake`: two nights, an alert and a backfill, into fakesnow.

The claims about each row are in `targets/test_snowflake.py`.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

if sys.version_info < (3, 11):
    pytest.skip("fakesnow needs Python 3.11", allow_module_level=True)

from tests.partners.meltano_project import installing_environment
from tests.partners.servers.snowflake_server import SnowflakeServer
from tests.support.example_copies import copied, for_the_project
from tests.support.page_reader import Reader
from tests.support.pages import block

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "snowflake"
SHIM = ROOT / "tests/partners/servers/snowflake_shim"
DAYS = 6


def day(ago):
    return (datetime.now(ZoneInfo("Asia/Kolkata")) - timedelta(ago)).date().isoformat()


@pytest.fixture(scope="module")
def server():
    started = SnowflakeServer.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=DAYS, users=50, events_per_day=100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, emulator):
    """The example: with the shim around its target, and a date that the emulator has."""
    folder = tmp_path_factory.mktemp("snowflake")
    state = (folder / "state").as_uri()
    copied(EXAMPLE, folder, TAP_CLEVERTAP_API_URL=emulator.url, MELTANO_STATE_BACKEND_URI=state)
    path = folder / "meltano.yml"
    text = path.read_text()
    for old, new in {
        "executable: target-snowflake": "executable: target-snowflake-on-fakesnow",
        "meltanolabs-target-snowflake~=0.20.4": f"meltanolabs-target-snowflake~=0.20.4 {SHIM}",
        "start_date: 2026-08-01": f"start_date: {day(2)}",
    }.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def reader(folder, repository, emulator, server):
    environment = installing_environment(repository) | {"FAKESNOW_URL": server.url}
    days = {"2026-01-01": day(DAYS), "2026-07-31": day(3)}
    with Reader(folder, emulator, replacements=days, **environment) as reader:
        reader.run("examples/snowflake/README.md", "Set up")
        yield reader


def counted(server):
    statement = block("examples/snowflake/README.md", "Is it right?", "sql")
    rows = server.query(statement.rstrip().rstrip(";"))
    assert all(count == keys for _, count, keys, _ in rows)
    return sum(row[1] for row in rows)


def alert(reader, expected=0):
    reader.run("examples/snowflake/README.md", "What to alert on", expected=expected)


@pytest.fixture(scope="module")
def nights(reader, emulator, server, folder):
    """Return the rows after a night, and after one that follows."""
    found = []
    for _ in range(2):
        reader.run("examples/snowflake/README.md", "Each night")
        alert(reader)
        found.append(counted(server))
    assert [*(folder / "state").iterdir()]
    return found


def test_two_nights_leave_each_event_once(nights, emulator):
    first_day = day(2).replace("-", "")
    assert nights == [len(emulator.truth(from_day=first_day)["events"])] * 2


def test_a_backfill_adds_the_earlier_days(nights, reader, emulator, server):
    reader.run("examples/snowflake/README.md", "Backfill")
    assert counted(server) == len(emulator.truth()["events"])


def test_a_night_with_missing_rows_fails_and_alerts_and_the_next_repairs_it(
    nights, reader, emulator, server, folder
):
    yesterday = int(day(1).replace("-", ""))
    emulator.rows("Charged", yesterday, add=3, hide=2)
    failed = reader.run("examples/snowflake/README.md", "Each night", expected=1)
    assert "Charged" in failed.log
    assert json.loads((folder / "receipt.json").read_text())["status"] != "complete"
    alert(reader, expected=1)
    emulator.rows("Charged", yesterday, hide=0)
    reader.run("examples/snowflake/README.md", "Each night")
    alert(reader)


def test_after_the_trial_the_project_is_read_from_its_first_day(
    nights, reader, server, folder, start_emulator_for_module
):
    project = start_emulator_for_module(days=2, users=5, account_id="TEST-000-0001")
    for_the_project(folder, TAP_CLEVERTAP_ACCOUNT_ID=project.account_id)
    reader.run("examples/snowflake/README.md", "For the real CleverTap")
    assert reader.type("env | grep CLEVERTAP_API_URL || true").output == ""
    statements = block("examples/snowflake/README.md", "For the real CleverTap", "sql")
    for statement in statements.split(";")[:-1]:
        server.query(statement)
    reader.type(f"export TAP_CLEVERTAP_API_URL={project.url}")  # where CleverTap itself is
    reader.run("examples/snowflake/README.md", "Each night")
    assert counted(server) == len(project.truth()["events"])
