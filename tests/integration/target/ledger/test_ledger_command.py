"""The commands `ledger summary` and `ledger prune`."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import orders, state


def command(target, *words, **settings):
    path = target.config(**settings)
    return subprocess.run(
        [BIN / "target-clevertap", "ledger", *words, "--config", path],
        cwd=target.folder,
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def age(target, days):
    """Make the ledger as it is so many days after its run."""
    with closing(sqlite3.connect(target.ledger, isolation_level=None)) as database:
        database.execute("UPDATE claims SET day = day - ?", (days,))


def test_a_summary_counts_what_was_delivered_and_changes_nothing(target):
    assert target.run([*orders(20), state({"n": 1})]).status == 0
    before = target.ledger.read_bytes()
    for words in ((), (str(target.ledger),)):
        done = command(target, "summary", *words)
        assert done.returncode == 0, done.stderr
        assert "knows 20 delivered records" in done.stdout
        assert "stream `orders`: 20 delivered by this account so far" in done.stdout
    assert target.ledger.read_bytes() == before


def test_what_is_pruned_is_sent_again(target):
    messages = [*orders(20), state({"n": 1})]
    assert target.run(messages).status == 0
    age(target, 6)
    refused = command(target, "prune")
    assert refused.returncode == 1
    assert "ledger_days: it is 0" in refused.stderr
    assert "forgot 0 names" in command(target, "prune", "--days", "6").stdout
    assert "forgot 20 names" in command(target, "prune", ledger_days=5).stdout
    assert "knows 0 delivered records" in command(target, "summary").stdout
    assert target.run(messages).status == 0
    assert len(target.stored()) == 40


def test_a_ledger_that_is_not_there_is_named(target):
    for words in (("summary",), ("prune", "--days", "5"), ("summary", "no.sqlite")):
        done = command(target, *words)
        assert done.returncode == 1
        assert "there is no file" in done.stderr
    assert not target.ledger.exists()


@pytest.mark.parametrize(
    ("word", "what"), [("summary", "ledger"), ("prune", "ledger"), ("backup", "FILE")]
)
def test_a_path_that_the_system_refuses_is_named(target, word, what):
    assert target.run([*orders(2), state({"n": 1})]).status == 0
    done = command(target, word, "x" * 300, ledger_days=1)
    assert done.returncode == 1
    assert f"| {what}: " in done.stderr
    assert "cannot be used: File name too long; choose another path" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_copy_that_cannot_be_written_is_not_blamed_on_the_ledger(target):
    assert target.run([*orders(2), state({"n": 1})]).status == 0
    name = "x" * 250  # with the end of an unfinished copy it is too long
    done = command(target, "backup", name)
    assert done.returncode == 1
    assert f"the ledger {target.ledger} cannot be copied to" in done.stderr
    assert "File name too long" in done.stderr
    assert "Traceback" not in done.stderr


def test_days_that_no_date_can_have_are_refused(target):
    assert target.run([*orders(2), state({"n": 1})]).status == 0
    done = command(target, "prune", "--days", str(10**20))
    assert done.returncode == 2
    assert "is not in the range 1<=x<=36500" in done.stderr
    assert "already delivered 2" in target.run([*orders(2), state({"n": 1})]).log
