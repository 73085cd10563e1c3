"""Disks that are full, and files that change hands: the state never passes what is not kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter

import pytest

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import Finished, lines, orders

RECORDS = 2000
SETTINGS = {"batch_size_rows": 50, "max_in_flight": 3, "max_rejects": -1}
UNSHARE = shutil.which("unshare")
NEEDS_NAMESPACES = pytest.mark.skipif(
    UNSHARE is None
    or subprocess.run([UNSHARE, "-rm", "true"], capture_output=True, check=False).returncode != 0,
    reason="needs a file system of its own",
)


def messages(count=RECORDS, bad_every=10, states_every=50):
    """Return orders, of which each so many-th is a reject; large ones, so that files fill."""
    found = orders(count, states_every=states_every)
    for message in found:
        if message["type"] == "RECORD" and message["record"]["id"] % bad_every == 9:
            message["record"] |= {"email": None, "note": "x" * 300}
    return found


def is_bad(number):
    return number % 10 == 9


def check_states(target, run):
    """Check that all before the last state is delivered or rejected, and return how much it is."""
    done = run.states[-1]["orders"] if run.states else 0
    stored = {each["evtData"]["id"] for each in target.delivered()}
    rejected = {each["id"] for each, _ in target.rejected()}
    assert set(range(done)) <= stored | rejected
    return done


def check_stopped(target, run, *words):
    assert run.status == 1, run.log
    assert "Traceback" not in run.log
    assert all(word in run.log.splitlines()[-1] for word in words), run.log
    return check_states(target, run)


def check_completed(target, *, doubles=0):
    """Run once more over everything, and check that nothing is lost and nothing is doubled."""
    run = target.run(messages(), **SETTINGS)
    assert run.status == 0, run.log
    assert run.states[-1] == {"orders": RECORDS}
    stored = Counter(each["evtData"]["id"] for each in target.delivered())
    assert set(stored) == {number for number in range(RECORDS) if not is_bad(number)}
    assert sum(stored.values()) - len(stored) <= doubles
    rejected = {each["id"] for each, _ in target.rejected()}
    assert rejected == {number for number in range(RECORDS) if is_bad(number)}


@pytest.mark.parametrize("most", [4_000, 20_000])
def test_a_full_disk_under_the_rejects(target, most):
    run = target.run(messages(), limits={"FSIZE": most}, ledger_path="", **SETTINGS)
    check_stopped(target, run, "the rejects file", "cannot be written", "rejects_path")
    assert all(line.endswith("}") for line in target.rejects.read_text().splitlines())
    for each in target.emulator.uploads()["events"]:
        assert not is_bad(each["record"]["evtData"]["id"])


@pytest.mark.parametrize("most", [5_000, 40_000, 200_000])
@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_a_full_disk_under_the_ledger(target, most, uncertain):
    settings = {**SETTINGS, "uncertain": uncertain}
    run = target.run(messages(), limits={"FSIZE": most}, **settings)
    if run.status == 0:
        pytest.skip("there was room enough")
    check_stopped(target, run, "the ledger", "ledger_path")
    if uncertain == "resend":
        check_completed(target, doubles=4 * SETTINGS["batch_size_rows"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110 - a decorator's one-liner
def test_a_full_disk_under_the_states(target):
    given = target.folder / "input.jsonl"
    given.write_bytes(lines(messages()))
    with open("/dev/full", "wb") as full, given.open("rb") as file:  # noqa: PTH123 - a device
        ended = subprocess.run(
            [BIN / "target-clevertap", "--config", target.config(**SETTINGS)],
            stdin=file,
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=target.folder,
            env=clean_environment(),
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "standard output: it cannot be written to (No space left" in ended.stderr
    check_completed(target)


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=$1k none "$2" || exit 77
"$3" --config "$4" < "$5" > "$6"
status=$?
cp -a "$2"/. "$7"
exit $status
"""


@NEEDS_NAMESPACES
@pytest.mark.parametrize("kilobytes", [16, 48, 96, 192, 384])
def test_a_disk_that_is_full_for_all_files(target, kilobytes):
    disk, kept = target.folder / "disk", target.folder / "kept"
    disk.mkdir()
    kept.mkdir()
    given, states = target.folder / "input.jsonl", target.folder / "states.jsonl"
    given.write_bytes(lines(messages()))
    paths = {
        "rejects_path": str(disk / target.rejects.name),
        "ledger_path": str(disk / target.ledger.name),
    }
    config = target.config(**SETTINGS, **paths)
    program = ["sh", "-c", ON_A_SMALL_DISK, "sh", str(kilobytes), disk, BIN / "target-clevertap"]
    ended = subprocess.run(
        [UNSHARE, "-rm", *program, config, given, states, kept],
        capture_output=True,
        env=clean_environment(),
        text=True,
        check=False,
        timeout=60,
    )
    if ended.returncode == 77:
        pytest.skip("no file system can be mounted")
    for each in kept.iterdir():
        each.rename(target.folder / each.name)
    written = [json.loads(line) for line in states.read_text().splitlines()]
    run = Finished(ended.returncode, written, ended.stderr, 0)
    if run.status == 0:
        pytest.skip("there was room enough")
    check_stopped(target, run, "_path")
    check_completed(target, doubles=4 * SETTINGS["batch_size_rows"])


def test_a_ledger_where_nobody_may_make_a_file(target):
    run = target.run(messages(), ledger_path="/proc/ledger.sqlite", **SETTINGS)
    check_stopped(target, run, "the ledger", "cannot be used", "ledger_path")


def begin_slowly(target):
    """Start a run of which each upload has a reject, and wait until it is in its midst."""
    action = {"delay": 0.05, "record_code": {1: 513}}
    target.faults({"match": {"kind": "upload"}, "action": action})
    target.begin(orders(RECORDS, states_every=50), speed=1, **SETTINGS)
    target.until_requests(8)


@pytest.mark.parametrize("way", ["removed", "replaced", "emptied"])
def test_a_ledger_that_vanishes_during_a_run(target, way):
    begin_slowly(target)
    for path in target.folder.glob("ledger.sqlite*"):
        if way == "removed":
            path.unlink()
        elif way == "replaced":
            path.unlink()
            path.touch()
        elif path.suffix == ".sqlite":
            os.truncate(path, 0)
    run = target.end()
    check_stopped(target, run, "the ledger", "ledger_path")


@pytest.mark.parametrize("way", ["removed", "renamed", "emptied"])
def test_rejects_that_are_moved_away_during_a_run(target, way):
    begin_slowly(target)
    deadline = time.monotonic() + 30
    while not target.rejects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    taken = target.folder / "rejects.jsonl.1"
    with target.held():  # else a line could come after the copy and before the end of the file
        if way == "renamed":
            target.rejects.rename(taken)
        else:
            shutil.copy(target.rejects, taken)
            if way == "removed":
                target.rejects.unlink()
            else:
                os.truncate(target.rejects, 0)
    run = target.end()
    assert run.status == 0, run.log
    later = {each["id"] for each, _ in target.rejected()}
    assert '"SCHEMA"' in target.rejects.read_text().splitlines()[0]
    taken.rename(target.rejects)
    earlier = {each["id"] for each, _ in target.rejected()}
    stored = {each["evtData"]["id"] for each in target.delivered()}
    assert earlier
    assert later
    assert earlier | later == set(range(RECORDS)) - stored
