"""Files that another process keeps locked: a run waits for them, and a signal still ends it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from target_clevertap.records.record_status import RecordStatus
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.origin import Origin
from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import (
    ORDER_COLUMNS,
    finish,
    lines,
    order,
    record,
    schema,
    state,
    wait_for_log,
)

ROOT = Path(__file__).parents[4]
WAITS = b"another process has locked it; waiting"
ENDED = 128 + signal.SIGTERM
HEAD = [schema("orders", ORDER_COLUMNS), order(0), state(1)]
REFUSES = {"record_code": {"1": 512}}
WAYS = {"by our own checks": (order(1, email=None), []), "by CleverTap": (order(1), [REFUSES])}
"""How a record is refused: the thread that reads writes the one down, a lane the other."""

NOTES = {"code": 515, "reason": "no", "rejected_at": "2026-01-01T00:00:00+00:00"}
DELETE = {"type": "delete", "identity": "user"}


@contextmanager
def locked(path):
    """Keep a file locked, as a suspended replay does."""
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def refuse(target, actions, **match):
    target.faults(*({"match": {"kind": "upload", **match}, "action": each} for each in actions))


def started(target, messages, **settings):
    """Start a run that waits for more input after these messages."""
    process = target.start(flush_seconds=0, max_rejects=-1, **settings)
    process.stdin.write(lines(messages))
    process.stdin.flush()
    return process


def command(target, *words, stdin=None):
    return subprocess.Popen(
        [BIN / "target-clevertap", *words, "--config", target.config()],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=target.folder,
        env=clean_environment(),
    )


def waiting(target, bad):
    """Start a run that waits to write a reject down, while the caller has the file locked."""
    process = started(target, HEAD)
    target.until_requests(1)
    target.until_answered(1)
    process.stdin.write(lines([bad, state(2)]))
    process.stdin.flush()
    wait_for_log(process, WAITS)
    return process


@pytest.mark.parametrize("way", WAYS)
def test_a_signal_ends_a_run_that_waits_for_the_rejects_file(target, way):
    bad, actions = WAYS[way]
    refuse(target, actions, number=2)
    with locked(target.rejects):
        process = waiting(target, bad)
        process.terminate()
        ended = finish(process)
    assert ended.status == ENDED, ended.log
    assert "Traceback" not in ended.log
    assert ended.states in ([], [1])
    assert target.rejected() == []
    refuse(target, actions)
    again = target.run([*HEAD, bad, state(2)], max_rejects=-1)
    assert (again.status, again.states[-1]) == (0, 2), again.log
    assert [each["id"] for each, _ in target.rejected()] == [1]
    assert [each["evtData"]["id"] for each in target.delivered()] == [0]


@pytest.mark.parametrize("way", WAYS)
def test_a_run_goes_on_when_the_rejects_file_is_free(target, way):
    bad, actions = WAYS[way]
    refuse(target, actions, number=2)
    with locked(target.rejects):
        process = waiting(target, bad)
    ended = finish(process)
    assert (ended.status, ended.states[-1]) == (0, 2), ended.log
    assert [each["id"] for each, _ in target.rejected()] == [1]


@pytest.mark.parametrize("words", [[], ["rejects", "replay"], ["rejects", "summary"]])
def test_a_signal_ends_what_reads_a_locked_rejects_file(target, words):
    target.rejects.write_bytes(lines([HEAD[0], {**order(1), **NOTES}]))
    before = target.rejects.read_bytes()
    with locked(target.rejects), target.rejects.open() as given:
        process = command(target, *words, stdin=given)
        wait_for_log(process, WAITS)
        process.terminate()
        ended = finish(process)
    assert ended.status == ENDED, ended.log
    assert target.rejects.read_bytes() == before


def test_a_signal_ends_a_run_that_waits_for_the_file_of_deletions(target):
    path = target.folder / "deletes.jsonl"
    erased = [schema("erased", {"user": {"type": "string"}}, ["user"], [])]
    erased += [record("erased", user="anna"), state(1)]
    settings = {"streams": {"erased": DELETE}, "confirm_deletes": True, "deletes_path": str(path)}
    with locked(path):
        process = started(target, erased, **settings)
        wait_for_log(process, WAITS)
        process.terminate()
        ended = finish(process)
    assert (ended.status, ended.states) == (ENDED, []), ended.log
    assert path.read_bytes() == b""
    again = target.run(erased, **settings)
    assert (again.status, again.states) == (0, [1]), again.log
    assert [json.loads(line)["count"] for line in path.read_text().splitlines()] == [1]


def test_no_run_deletes_users_while_a_replay_has_their_rejects(target, emulator):
    target.rejects.write_bytes(lines([HEAD[0], {**order(1, email="anna"), **NOTES}]))
    erased = [schema("erased", {"user": {"type": "string"}}, ["user"], [])]
    erased += [record("erased", user="anna"), state(1)]
    settings = {"streams": {"erased": DELETE}, "confirm_deletes": True}
    with locked(target.rejects):
        replay = command(target, "rejects", "replay")
        wait_for_log(replay, WAITS)
        refused = target.run(erased, **settings)
    assert refused.status == 1, refused.log
    assert "is in use by another run" in refused.log
    assert emulator.calls()["deleted"] == []
    ended = finish(replay)
    assert ended.status == 0, ended.log
    assert [each["identity"] for each in target.delivered()] == ["anna"]
    assert target.run(erased, **settings).status == 0
    assert emulator.api("GET", "/1/profile.json?identity=anna").status_code != 200


APPENDS_ONE = """
import sys
from tests.integration.target.rejects.test_locked_files import append
append(sys.argv[1])
"""
MOST_APPENDS = 500


def append(path, times=1, until=lambda: False):
    """Append a reject again and again, and return how often."""
    reject = Reject(Origin("orders", b"{}"), b'{"id":1}', RecordStatus.refused(515, "no"))
    rejects = RejectsFile.at(str(path))
    done = 0
    while done < times and not until():
        rejects.append([reject])
        done += 1
    rejects.close()
    return done


def test_a_file_that_another_run_writes_to_all_the_time_is_had_in_between(tmp_path, monkeypatch):
    path = tmp_path / "r.jsonl"
    monkeypatch.setattr(os, "fsync", lambda _: time.sleep(0.02))  # as a disk takes
    other = subprocess.Popen([sys.executable, "-c", APPENDS_ONE, path], cwd=ROOT)
    appends = append(path, MOST_APPENDS, lambda: other.poll() is not None)
    assert other.wait(30) == 0
    assert appends < MOST_APPENDS
