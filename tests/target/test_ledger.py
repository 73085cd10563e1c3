"""The ledger."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import ExitStack, closing

import pytest

from target_clevertap import ledger as ledgers
from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.ledger import Ledger


def name(number):
    return number.to_bytes(16, "big")


NAMES = [name(number) for number in range(3000)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def opened():
    with ExitStack() as running:

        def open_ledger(path):
            ledger = Ledger(str(path), is_durable=False)
            running.callback(ledger.close)
            return ledger

        yield open_ledger


def test_the_file_is_for_its_owner_only(opened, path):
    opened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names_are_remembered_between_runs(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES, set(), resend=True)
    assert claim.known == {}
    ledger.settle(claim, delivered=NAMES[:1000], held=NAMES[1000:1001])
    ledger.close()
    known = opened(path).claim(NAMES, set(), resend=True).known
    assert known == {**dict.fromkeys(NAMES[:1000], ledgers.DELIVERED), NAMES[1000]: ledgers.HELD}


def test_what_a_kill_left_on_its_way_is_an_intent(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES[:3], set(), resend=True)
    ledger.settle(claim, delivered=NAMES[:1], remaining=NAMES[1:3])
    ledger.close()
    ledger = opened(path)
    assert ledger.claim(NAMES[:4], set(), resend=False).known == {
        NAMES[0]: ledgers.DELIVERED,
        NAMES[1]: ledgers.INTENT,
        NAMES[2]: ledgers.INTENT,
    }
    assert ledger.claim(NAMES[1:2], set(), resend=True).known == {}


def test_an_intent_that_is_sent_again_and_refused_is_forgotten(opened, path):
    opened_first = opened(path)
    opened_first.claim(NAMES[:1], set(), resend=True)
    opened_first.close()
    ledger = opened(path)
    ledger.settle(ledger.claim(NAMES[:1], set(), resend=True))
    ledger.close()
    assert opened(path).claim(NAMES[:1], set(), resend=False).known == {}


def test_on_purpose_all_but_delivered_records_are_sent_again(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES[:2], set(), resend=True)
    ledger.settle(claim, delivered=NAMES[:1], held=NAMES[1:2])
    claim = ledger.claim(NAMES[:2], set(NAMES[:2]), resend=False)
    assert claim.known == {NAMES[0]: ledgers.DELIVERED}


def test_a_second_run_with_the_same_file_is_told_so(opened, path, monkeypatch):
    monkeypatch.setattr(ledgers, "LOCK_SECONDS", 0.1)
    first = opened(path)
    with pytest.raises(SettingError, match="in use by another run"):
        opened(path)
    first.close()
    opened(path).close()


def test_a_newer_format_is_left_alone(opened, path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")
    with pytest.raises(SettingError, match="newer format"):
        opened(path)


def test_a_file_that_is_no_ledger_is_left_alone(opened, path):
    path.write_text("name,email\n" * 1000)
    with pytest.raises(SettingError, match="ledger_path"):
        opened(path)
    assert path.read_text().startswith("name,email")


def test_a_write_that_fails_does_not_keep_other_writes_out(path):
    ledger = Ledger(str(path), is_durable=False)
    failing, working = (ledger.claim([each], set(), resend=True) for each in NAMES[:2])
    ledger._database.execute(
        f"CREATE TEMP TRIGGER full BEFORE INSERT ON records WHEN new.name = x'{NAMES[0].hex()}' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    with pytest.raises(UploadStopped, match="cannot be written"):
        ledger.settle(failing, delivered=NAMES[:1])
    ledger.settle(working, delivered=[NAMES[1]])
    assert ledger.claim([NAMES[1]], set(), resend=True).known == {NAMES[1]: ledgers.DELIVERED}
    ledger.close()
