"""A ledger whose runs are killed at each of its steps, and what the next run finds in it."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from target_clevertap.ledger.claim import NameState
from target_clevertap.ledger.ledger import Ledger
from tests.integration.target.ledger import killed_ledger
from tests.integration.target.ledger.killed_ledger import MOST_NAMES, names_of

EARLIER = Path(__file__).parents[3] / "upgrades" / "first" / "ledger-1.sqlite"
KILLED = -signal.SIGKILL
OPENING = 60
"""More statements than opening a ledger takes."""
STATEMENTS = 1200
"""Fewer than a whole run takes."""
MOMENTS = 30
LONGEST_SECONDS = 0.06


class KilledLedger:
    """A ledger, with the states that its names have to have."""

    def __init__(self, path, program):
        self.path = path
        self.expected = {}
        self._program = program
        self._rounds = 0

    def use(self, **kill):
        """Go on where the last run ended, and return the exit status."""
        asked = {"path": str(self.path), "first": self._rounds, **kill}
        self._program.stdin.write(f"{json.dumps(asked)}\n")
        self._program.stdin.flush()
        return int(self._program.stdout.readline())

    def check(self):
        """Check that nothing is lost, and nothing known that was not done."""
        notes = self.path.with_name("notes")
        noted = notes.read_text().split() if notes.exists() else []
        notes.unlink(missing_ok=True)
        begun, settled = (self._rounds + noted.count(each) for each in ("claiming", "settled"))
        named = [name for number in range(begun + 1) for name in names_of(number)]
        found = self.known(named)
        for number in range(self._rounds, settled):
            self.expected.update(dict.fromkeys(names_of(number), NameState.DELIVERED))
        for number in range(settled, begun):  # one at most, of which nobody heard how it ended
            states = {found.get(name) for name in names_of(number)}
            assert states in ({None}, {NameState.INTENT}, {NameState.DELIVERED})
            if states != {None}:
                self.expected.update(dict.fromkeys(names_of(number), *states))
        assert begun - settled in {0, 1}
        assert found == self.expected
        self._rounds = begun

    def known(self, names):
        """Return what a next run finds of names."""
        with closing(Ledger.open(str(self.path), "0" * 16, is_durable=False)) as ledger:
            claim = ledger.claim([*names], set(), resend=False)
            ledger.settle(claim)
            return claim.known


@pytest.fixture(scope="module")
def program():
    command = [sys.executable, killed_ledger.__file__]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as running:
        yield running
        running.stdin.close()
        running.wait(30)


@pytest.fixture
def ledger(tmp_path, program):
    return KilledLedger(tmp_path / "ledger.sqlite", program)


def known_in_the_earlier(folder):
    """Return the names in a ledger of the earlier format, from its own tables."""
    folder.mkdir()
    give_the_earlier(folder / "ledger")
    found = {}
    with closing(sqlite3.connect(folder / "ledger")) as database:
        found.update(database.execute("SELECT name, state FROM records"))
        for (names,) in database.execute("SELECT names FROM claims"):
            for at in range(0, len(names), 16):
                found.setdefault(names[at : at + 16], NameState.INTENT)
    return found


def give_the_earlier(path):
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{EARLIER}{suffix}", f"{path}{suffix}")


def test_kills_before_each_statement_lose_and_invent_nothing(ledger):
    for statement in [*range(1, OPENING), *random.sample(range(OPENING, STATEMENTS), 30)]:
        assert ledger.use(statement=statement) == KILLED
        ledger.check()
    assert len(ledger.expected) > 5 * MOST_NAMES


def test_kills_of_runs_that_only_open_it_add_up_to_nothing(ledger):
    for statement in range(1, OPENING):
        assert ledger.use(statement=OPENING + 100) == KILLED
        for _ in range(2):
            assert ledger.use(statement=statement) == KILLED
        ledger.check()


def test_kills_at_random_moments_lose_and_invent_nothing(ledger):
    for _ in range(MOMENTS):
        assert ledger.use(seconds=random.uniform(0, LONGEST_SECONDS)) in {KILLED, 0}
        ledger.check()


def test_kills_while_an_earlier_format_is_brought_up_to_date_lose_nothing(ledger, tmp_path):
    expected = known_in_the_earlier(tmp_path / "whole")
    assert set(expected.values()) == {1, 2, 3}
    for statement in range(1, OPENING):
        give_the_earlier(ledger.path)
        for _ in range(2):
            assert ledger.use(statement=statement) == KILLED
        assert ledger.known(expected) == expected
