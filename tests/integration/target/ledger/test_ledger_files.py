"""A ledger's file: moved, linked, copied, damaged, backed up; nothing is sent by a ledger that
lacks something."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from target_clevertap.ledger.file import LedgerFile
from target_clevertap.ledger.seal import COUNTS, Seal, head_of, seal_of
from tests.support.plugin_process import BIN, run_command
from tests.support.target_process import TargetProcess, lines, order, orders, state

LOG = "-wal"


def log_of(path):
    return path.with_name(path.name + LOG)


@pytest.fixture
def killed(target):
    """A target whose run was killed when some of its records were delivered."""
    process = target.start()
    process.stdin.write(lines(orders(500, states_every=100)))
    process.stdin.flush()
    target.until_requests(1)
    target.until_answered(1)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    assert log_of(target.ledger).stat().st_size
    assert target.delivered()
    return target


def elsewhere(target, path):
    """Return the same target with its ledger at another path."""
    moved = TargetProcess(target.emulator, target.folder)
    moved.ledger = path
    return moved


def check_refused(target, *words):
    before = len(target.delivered())
    finished = target.run(orders(500))
    assert finished.status == 1
    assert "Traceback" not in finished.log
    assert finished.states == []
    for word in words:
        assert word in finished.log
    assert len(target.delivered()) == before


def check_whole(target):
    settings = {"uncertain": "skip", "max_rejects": -1}
    finished = target.run([*orders(500), state({"n": 1})], **settings)
    assert finished.status == 0, finished.log
    delivered = [each["evtData"]["id"] for each in target.delivered()]
    assert len(set(delivered)) == len(delivered)
    uncertain = {each["id"] for each, _ in target.rejected()}
    assert uncertain | set(delivered) == set(range(500))


def test_after_a_kill_the_file_in_its_place_is_whole(killed):
    check_whole(killed)


def test_a_ledger_with_two_names_is_refused(killed, tmp_path):
    os.link(killed.ledger, tmp_path / "linked.sqlite")
    check_refused(elsewhere(killed, tmp_path / "linked.sqlite"), "has 2 names")
    check_refused(killed, "has 2 names", "hard links")
    (tmp_path / "linked.sqlite").unlink()
    check_whole(killed)


def test_a_ledger_that_was_renamed_without_its_log_is_refused_every_time(killed, tmp_path):
    renamed = elsewhere(killed, tmp_path / "renamed.sqlite")
    killed.ledger.rename(renamed.ledger)
    for _ in range(2):
        check_refused(renamed, "was not closed by its last run", "renamed.sqlite-wal", "mount")
    renamed.ledger.rename(killed.ledger)
    check_whole(killed)


def test_a_ledger_that_was_moved_with_its_log_is_whole(killed, tmp_path):
    moved = elsewhere(killed, tmp_path / "moved.sqlite")
    killed.ledger.rename(moved.ledger)
    log_of(killed.ledger).rename(log_of(moved.ledger))
    check_whole(moved)


def test_a_symbolic_link_leads_to_file_and_log(killed, tmp_path):
    link = tmp_path / "link.sqlite"
    link.symlink_to(killed.ledger)
    check_whole(elsewhere(killed, link))


def test_a_ledger_that_was_closed_needs_no_log(target, tmp_path):
    target.run(orders(10))
    moved = elsewhere(target, tmp_path / "moved.sqlite")
    target.ledger.rename(moved.ledger)
    assert "already delivered 10" in moved.run(orders(10)).log


def test_a_file_and_a_log_of_different_moments_are_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    older, newer = tmp_path / "older", tmp_path / "newer"
    # each opened in a process of its own, as copying in this one would drop its lock
    program = f"""
import shutil, sys
from pathlib import Path
from target_clevertap.ledger.ledger import Ledger
ledger = Ledger.open({str(path)!r}, "0" * 16, is_durable=False)
for number, folder in enumerate({[str(older), str(newer)]!r}):
    names = [bytes([number]) * 16]
    ledger.settle(ledger.claim(names, set(), resend=True), delivered=names)
    print(folder, flush=True)
    sys.stdin.readline()
    ledger._file._checkpoint()
ledger.close()
"""
    command = [BIN / "python", "-c", program]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as running:
        for folder in (older, newer):
            running.stdout.readline()
            folder.mkdir()
            for each in (path, log_of(path)):
                shutil.copy(each, folder)
            running.stdin.write("\n")
            running.stdin.flush()
        running.communicate()
    for main, log in ((older, newer), (newer, older)):
        torn = tmp_path / f"{main.name}-{log.name}"
        torn.mkdir()
        shutil.copy(main / path.name, torn)
        shutil.copy(log_of(log / path.name), torn)
        with pytest.raises(Exception, match="of different moments"):
            LedgerFile.open(str(torn / path.name), is_durable=False)
    for whole in (older, newer):
        file = LedgerFile.open(str(whole / path.name), is_durable=False)
        file.begin()
        file.close()


@pytest.mark.parametrize("damage", ["cut", "zeroed"])
def test_a_damaged_copy_is_found_before_anything_is_sent(target, tmp_path, damage):
    for first in range(0, 4000, 1000):
        target.run(orders(1000, first=first))
    copy = elsewhere(target, tmp_path / "copy.sqlite")
    content = bytearray(target.ledger.read_bytes())
    assert len(content) > 1 << 16
    if damage == "cut":
        del content[-4096:]
    else:
        content[1 << 15 :] = bytes(len(content) - (1 << 15))
    copy.ledger.write_bytes(content)
    check_refused(copy, "is damaged", "ledger backup")
    check_refused(copy, "is damaged")


def backed_up(target, into, **settings):
    command = [str(BIN / "target-clevertap"), "ledger", "backup", into]
    command += ["--config", str(target.config(**settings))]
    return run_command(command, cwd=target.folder)


def test_a_backup_is_one_file_for_its_owner_that_knows_all(target, tmp_path):
    target.run(orders(100))
    made = backed_up(target, "copy.sqlite")
    assert made.returncode == 0, made.stderr
    assert str(tmp_path / "copy.sqlite") in made.stdout
    copy = elsewhere(target, tmp_path / "copy.sqlite")
    assert copy.ledger.stat().st_mode & 0o777 == 0o600
    assert not [each for each in tmp_path.iterdir() if each.name.startswith("copy.sqlite.")]
    assert "already delivered 100" in copy.run(orders(100)).log
    assert "already delivered 100" in target.run(orders(100)).log
    assert backed_up(target, "copy.sqlite").returncode == 0  # in place of the former one


def test_a_backup_during_a_run_is_whole_and_does_not_disturb_the_run(target, tmp_path):
    process = target.start(batch_size_rows=10)
    process.stdin.write(lines(orders(1)))
    knows = []
    for number in range(6):
        messages = [order(each) for each in range(1 + number * 300, 301 + number * 300)]
        process.stdin.write(lines([*messages, state({"n": number})]))
        process.stdin.flush()
        process.stdout.readline()  # all up to here is delivered
        made = backed_up(target, f"copy{number}.sqlite")
        assert made.returncode == 0, made.stderr
        knows.append(301 + number * 300)
    _, log = process.communicate()
    assert process.returncode == 0, log
    for number, known in enumerate(knows):
        copy = elsewhere(target, tmp_path / f"copy{number}.sqlite")
        assert f"already delivered {known}" in copy.run(orders(known)).log
    assert len(target.delivered()) == knows[-1]


def test_a_backup_after_a_kill_is_as_good_as_the_ledger(killed, tmp_path):
    assert backed_up(killed, "copy.sqlite").returncode == 0
    check_whole(elsewhere(killed, tmp_path / "copy.sqlite"))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("ledger.sqlite", "is the ledger itself"),
        ("ledger.sqlite-wal", "is the ledger itself"),
        ("nowhere/copy.sqlite", "there is no folder"),
        ("notes.txt", "is not a copy of a ledger"),
    ],
)
def test_a_backup_does_not_overwrite_anything_else(target, tmp_path, file, words):
    target.run(orders(3))
    (tmp_path / "notes.txt").write_text("my notes")
    made = backed_up(target, file)
    assert made.returncode == 1
    assert words in made.stderr
    assert "Traceback" not in made.stderr
    assert (tmp_path / "notes.txt").read_text() == "my notes"
    assert "already delivered 3" in target.run(orders(3)).log


def test_without_a_ledger_there_is_nothing_to_back_up(target):
    assert "there is no ledger" in backed_up(target, "copy.sqlite").stderr
    assert "is empty" in backed_up(target, "copy.sqlite", ledger_path="").stderr


def test_the_command_says_that_it_has_others():
    command = [BIN / "target-clevertap", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "ledger " in shown
    assert "--input" in shown


def test_a_seal_says_what_it_was_made_of(tmp_path):
    for count in (0, 1, COUNTS - 1):
        for is_open in (True, False):
            seal = Seal(count, is_open)
            assert seal_of(seal.application_id) == seal
            path = tmp_path / f"{count}-{is_open}"
            with closing(sqlite3.connect(path)) as database:
                database.execute(f"PRAGMA application_id = {seal.application_id}")
                database.execute("CREATE TABLE t (a)")
            with path.open("rb") as file:
                head = head_of(file.fileno())
            assert (head.seal, head.bytes) == (seal, path.stat().st_size)
    assert Seal(COUNTS - 1, is_open=True).after().count == 0
    assert seal_of(0) is None


def test_while_a_backup_reads_the_file_stays_as_it_is_and_the_log_grows(tmp_path):
    path = tmp_path / "ledger.sqlite"
    program = f"""
import sys
from target_clevertap.ledger import file
from target_clevertap.ledger.ledger import Ledger
file.CHECKPOINT_BYTES = 1
ledger = Ledger.open({str(path)!r}, "0" * 16, is_durable=False)
for number, _ in enumerate(sys.stdin):
    names = [bytes([number]) * 16]
    ledger.settle(ledger.claim(names, set(), resend=True), delivered=names)
    print(number, flush=True)
ledger.close()
"""
    command = [BIN / "python", "-c", program]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as running:

        def deliver():
            running.stdin.write("\n")
            running.stdin.flush()
            running.stdout.readline()
            return path.read_bytes()

        before, after = deliver(), deliver()
        assert before != after
        with log_of(path).open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_SH)
            before, length = deliver(), log_of(path).stat().st_size
            after = deliver()
            assert before == after
            assert log_of(path).stat().st_size > length
            running.stdin.close()
            with pytest.raises(subprocess.TimeoutExpired):
                running.wait(1)
            assert path.read_bytes() == before
        running.wait(30)
    assert not log_of(path).exists()
