"""Several processes that read files write what one process writes, and end when the tap does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.files.tap_runs import (
    EVENTS,
    PROFILES,
    catalog,
    files_config,
    ordinals,
    put,
    put_events,
    read_files_alone,
)
from tests.support.plugin_process import tap_command
from tests.support.run_output import clean_environment

EXTRACTED = re.compile(r',"time_extracted":"[^"]*"')


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    for run in range(6):
        for index in range(3):
            put_events(folder, *range(40 * index), 7, 7, run=1_761_651_721 + run, index=index)
        row = b'{"identity":"u%d","clevertapId":"__a"}\n' % run
        put(folder / f"TEST-000-0000-17-{1_761_651_721 + run}-0.json.gz", row)
    return folder


def messages(output):
    return [EXTRACTED.sub("", line) for line in output.lines if '"STATE"' not in line]


def test_they_write_what_one_writes(files):
    alone = read_files_alone(files, export_files_processes=1)
    for processes in (2, 5):
        together = read_files_alone(files, export_files_processes=processes)
        assert together.status == 0, together.log
        assert messages(together) == messages(alone)
        assert together.state == alone.state
    again = read_files_alone(files, state=alone.state, export_files_processes=2)
    assert ordinals(again) == []


def test_what_is_wrong_with_files_is_the_same(files, tmp_path):
    paths = sorted(files.iterdir())
    paths[3].write_bytes(paths[3].read_bytes()[:-9])
    put(paths[8], b"Charged\n{}\n")
    put(files / "odd", b"odd\nodd\n", packed=False)
    aside = tmp_path / "aside"
    for more in ({}, {"export_files_bad_rows": "skip", "bad_rows_path": str(aside)}):
        outputs = []
        for processes in (1, 3):
            aside.unlink(missing_ok=True)
            output = read_files_alone(files, export_files_processes=processes, **more)
            kept = aside.read_text().count("\n") if aside.exists() else 0
            outputs.append((output.status, messages(output), output.state, kept))
        assert outputs[0] == outputs[1]
        assert outputs[0][0] == 1
        assert outputs[0][3] == bool(more)


def test_stream_maps_work_with_them(files):
    maps = {EVENTS: {"email": None}, PROFILES: {"email": None}}
    alone, together = (
        read_files_alone(files, stream_maps=maps, export_files_processes=processes)
        for processes in (1, 2)
    )
    assert messages(alone) == messages(together)
    assert together.records[EVENTS]


@pytest.fixture
def running(tmp_path):
    """Start a run whose output nobody takes, so that its workers are alive; return it and them."""
    folder = tmp_path / "many"
    for run in range(12):
        put_events(folder, *range(3_000), run=1_761_651_721 + run)
    config = files_config(folder, export_files_processes=2)
    process = subprocess.Popen(
        tap_command(config, arguments=("--catalog", catalog(EVENTS))),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=clean_environment(),
    )
    process.stdout.read(1)
    workers = until(lambda: workers_of(process.pid))
    yield process, workers
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def until(found, seconds=60):
    """Return what is found at last."""
    ends = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return value


def workers_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in children] if len(children) == 2 else None


def are_gone(pids):
    return not any(is_running(pid) for pid in pids)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("worker", [0, 1])
def test_one_that_is_killed_ends_the_run_and_no_state_passes_its_rows(running, worker):
    process, workers = running
    os.kill(workers[worker], signal.SIGKILL)
    output, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"a process that reads them ended early (status -9)" in log
    assert b"Traceback" not in log
    *_, last = output.splitlines()
    rows = output.count(b'"RECORD"')
    is_state = last.startswith(b'{"type":"STATE"')
    assert is_state or not rows
    read = set(re.findall(rb"17-\d+-Charged-20251003-0-0.json.gz", last)) if is_state else ()
    assert rows >= 3_000 * len(read)
    assert len(read) < 12
    assert until(lambda: are_gone(workers))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_they_end_with_the_tap_however_it_ends(running, number):
    process, workers = running
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (-9 if number is signal.SIGKILL else 128 + number)
    assert until(lambda: are_gone(workers))


def test_files_of_the_current_folder_are_no_modules(files, tmp_path, monkeypatch):
    for name in ("gzip", "csv", "msgspec", "tap_clevertap"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)\n")
    monkeypatch.chdir(tmp_path)
    output = read_files_alone(files, EVENTS, export_files_processes=2)
    assert output.status == 0, output.log
    assert output.records[EVENTS]


def test_a_missing_folder_ends_the_run(tmp_path):
    output = read_files_alone(tmp_path / "no", EVENTS, export_files_processes=2)
    assert output.status == 1
    assert "Traceback" not in output.log
