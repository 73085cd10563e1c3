"""A kill at any step of the spool and of a publication loses no record and repeats none."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import tests.support.killed_target
from tests.support.run_output import clean_environment
from tests.support.target_process import ORDERS_RULE, lines, orders, record, schema, state

MOST_STEPS = 400
STRIDE = int(os.environ.get("CLEVERTAP_STEPS_STRIDE", "7"))
"""With 1 each step has its kill. Steps come in pairs, so with an odd number both are met."""

KILLED = -9
ORDERS = 90
USERS_RULE = {"type": "profile", "identity": "email", "operations": {"tags": "$set"}}


def messages():
    """Return orders for three files of the least size, and profiles; no state but the last."""
    yield from orders(ORDERS, states_every=ORDERS)
    yield schema("users", {"email": {"type": "string"}, "tags": {}, "n": {}}, ["email"], [])
    for number in range(6):
        yield record("users", email=f"user{number % 2}@example.org", n=number, tags=["a", "b"])
    yield state({"all": 1})


@pytest.fixture(scope="module")
def killer():
    process = subprocess.Popen(
        [sys.executable, tests.support.killed_target.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env=clean_environment(PYTHONPATH=str(Path(__file__).parents[4])),
    )
    with process:
        yield process


class KilledRuns:
    """Runs of one pipeline with files of its own, and an importer that takes what is published."""

    def __init__(self, killer, folder, **settings):
        self._killer = killer
        self.folder = folder
        folder.mkdir()
        self.files = folder / "files"
        self.rows = []
        """All rows that were imported, each with the name of its file."""

        self._taken = set()
        self._is_dashboard = settings.get("files_for") == "dashboard"
        (folder / "input").write_bytes(lines(messages()))
        config = {
            "account_id": "TEST-000-0000",
            "passcode": "emulator",
            "api_url": "http://127.0.0.1:9",
            "rejects_path": str(folder / "rejects"),
            "ledger_path": str(folder / "ledger"),
            "method": "files",
            "files_path": str(self.files),
            "client_email": "a@example.org",
            "max_in_flight": 1,
            "batch_size_rows": 40,
            "files_max_bytes": 10_000,
            "streams": {"orders": ORDERS_RULE, "users": USERS_RULE},
            **settings,
        }
        (folder / "config.json").write_text(json.dumps(config))

    def run(self, step=None):
        """Run to the end or the step, then import; return the exit status and the states."""
        command = {
            "arguments": ["--config", str(self.folder / "config.json")],
            **{name: str(self.folder / name) for name in ("stdout", "stderr")},
            "stdin": str(self.folder / "input"),
            "step": step,
        }
        self._killer.stdin.write(json.dumps(command) + "\n")
        status = int(self._killer.stdout.readline())
        self._import()
        return status, (self.folder / "stdout").read_text().splitlines()

    @property
    def log(self):
        return (self.folder / "stderr").read_text()

    def _import(self):
        """Take what a manifest names, and both away, as CleverTap does."""
        pattern = "*.csv" if self._is_dashboard else "*.manifest"
        for begins in sorted(self.files.glob(pattern)):
            data = begins
            if not self._is_dashboard:
                data = self.files / json.loads(begins.read_text())["fileName"]
            assert data.name not in self._taken
            self._taken.add(data.name)
            with data.open(newline="") as file:
                self.rows += [(data.name, row) for row in csv.DictReader(file, strict=True)]
            data.unlink()
            begins.unlink(missing_ok=True)

    def check_orders(self):
        ids = Counter(int(row["id"]) for name, row in self.rows if "events" in name)
        assert ids == Counter(range(ORDERS))

    def check_profiles(self):
        """Check that each user came to the last profile, whatever came before it."""
        for user in range(2):
            email = f"user{user}@example.org"
            own = [
                row for name, row in self.rows if "profiles" in name and row["identity"] == email
            ]
            numbers = [int(row["n"]) for row in own if row["n"]]
            # after a kill all of them may come again, but in their order
            assert numbers in ([user, user + 2, user + 4], 2 * [user, user + 2, user + 4])
            if not self._is_dashboard:
                assert [row["tags.operation"] for row in own[-2:]] == ["$set", "$add"]

    def check_clean(self):
        (left,) = self.files.iterdir()
        assert left.name == ".clevertap-spool.sqlite"
        assert left.stat().st_mode & 0o777 == 0o600


DASHBOARD = {
    "files_for": "dashboard",
    "streams": {"orders": ORDERS_RULE, "users": {**USERS_RULE, "operations": {}}},
}


@pytest.mark.parametrize("settings", [{}, DASHBOARD], ids=["sftp", "dashboard"])
def test_a_kill_at_any_step_repeats_and_loses_nothing(killer, tmp_path, settings):
    killed = 0
    for step in range(1, MOST_STEPS, STRIDE):
        runs = KilledRuns(killer, tmp_path / f"{step}", **settings)
        status, states = runs.run(step)
        if status != KILLED:
            assert status == 0, runs.log
            break
        killed += 1
        assert states == [] or len(runs.rows) >= ORDERS
        status, states = runs.run()
        assert (status, states[-1:]) == (0, ['{"all": 1}']), runs.log
        runs.check_orders()
        runs.check_profiles()
        runs.check_clean()
    assert killed > 10


def test_without_a_ledger_only_what_was_published_before_its_state_comes_twice(killer, tmp_path):
    rules = {"orders": {**ORDERS_RULE, "repeat": "allow"}, "users": USERS_RULE}
    for step in range(2, MOST_STEPS, 2 * STRIDE):
        runs = KilledRuns(killer, tmp_path / f"{step}", ledger_path="", streams=rules)
        status, _ = runs.run(step)
        if status != KILLED:
            break
        published = len(runs.rows)
        status, states = runs.run()
        assert (status, states[-1:]) == (0, ['{"all": 1}']), runs.log
        ids = Counter(int(row["id"]) for name, row in runs.rows if "events" in name)
        assert set(ids) == set(range(ORDERS))
        assert ids.total() - ORDERS <= published
        runs.check_clean()
    assert step > 2 * STRIDE
