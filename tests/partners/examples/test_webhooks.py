"""examples/webhooks in a project with a nightly load: each writes while the other one does."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.partners.meltano_project import EXAMPLES
from tests.support.plugin_process import BIN

FRAGMENT = "webhooks.meltano.yml"
DAYS = 3
INBOX = "/var/lib/clevertap/inbox.sqlite"
NIGHTLY, WEBHOOKS = "warehouse.duckdb", "webhooks.duckdb"
RUNS = {NIGHTLY: ["tap-clevertap", "target-duckdb"], WEBHOOKS: ["webhooks"]}


@pytest.fixture(scope="module")
def project(example, start_emulator_for_module):
    """Return examples/files with the fragment, as its first lines describe, and an inbox."""

    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()

    def include(project, definition):
        definition["include_paths"] = [f"./{FRAGMENT}"]
        shutil.copy(EXAMPLES / "webhooks" / FRAGMENT, project.folder)
        file = project.folder / FRAGMENT
        text = file.read_text()
        assert INBOX in text
        file.write_text(text.replace(INBOX, str(project.folder / "inbox.sqlite")))
        tap = project.plugin(definition, "tap-clevertap")
        tap["settings"] += [{"name": "inbox_path"}]
        tap["config"]["start_date"] = str(today - timedelta(DAYS))

    emulator = start_emulator_for_module(days=DAYS, users=20)
    project = example("files", include)
    project.use_emulator(emulator)
    push(emulator, project.folder)
    return project


def push(emulator, folder):
    """Let the emulator push messages to a receiver, which ends then."""
    command = [BIN / "tap-clevertap", "receive", "--config", "ENV", "--port", "0"]
    environment = {"TAP_CLEVERTAP_INBOX_PATH": str(folder / "inbox.sqlite")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            url = receiver.stdout.readline().strip()
            pushing = [BIN / "clevertap-emulator", "push", "--to", f"{url}/webhook"]
            subprocess.run([*pushing, "--messages", "5"], check=True, capture_output=True)
        finally:
            receiver.terminate()


def rows(project, file, table):
    with duckdb.connect(str(project.folder / file), read_only=True) as database:
        return database.execute(f"select count(*) from clevertap.{table}").fetchone()[0]


@pytest.fixture(scope="module")
def both(project):
    """Run both once, and return the project."""
    for tasks in RUNS.values():
        project.run(*tasks)
    return project


def test_each_run_writes_its_own_file(both):
    assert rows(both, WEBHOOKS, "webhook_messages") >= 5
    assert rows(both, NIGHTLY, "events") > 0


@pytest.mark.parametrize(("held", "other"), [(NIGHTLY, WEBHOOKS), (WEBHOOKS, NIGHTLY)])
def test_a_run_needs_no_file_that_the_other_one_writes(both, held, other):
    with duckdb.connect(str(both.folder / held)):  # DuckDB lets this process alone write it
        both.run(*RUNS[other])
