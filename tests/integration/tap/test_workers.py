"""Pages are written by processes beside the tap's own: they end with it, and it with them."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import date

import psutil
import pytest

from tap_clevertap.backlog import Arrival
from tap_clevertap.errors import CleverTapError
from tap_clevertap.exports import EVENTS, Export
from tap_clevertap.windows import Window
from tap_clevertap.worker import Order, Task, encode
from tap_clevertap.workers import PROGRAM, Workers
from tests.support.plugin_process import Output, clean_environment, run_tap, tap_command, tap_config

HISTORY = {"timezone": "UTC", "days": 3, "users": 40, "events_per_day": 3000, "preparing": 0}
SLOW = {"match": {"kind": "page", "every": 1}, "action": {"delay": 0.2}}
SECONDS = 20
DAY = Window(date(2026, 8, 31), date(2026, 8, 31))
ORDER = Order("TEST-000-0000", "UTC", merge_duplicates=False)
ORDERED = encode(ORDER) + b"\n"
ROW = b'{"ts":20260831120000,"profile":{"objectId":"a"},"event_props":{"number":%d}}'


def config_for(emulator, **more):
    return tap_config(emulator, timezone="UTC", events=["Charged", "Search"], page_size=46, **more)


@pytest.fixture
def emulator(start_emulator):
    return start_emulator(**HISTORY)


@pytest.fixture
def running(emulator):
    emulator.faults([SLOW])
    process = subprocess.Popen(
        tap_command(config_for(emulator)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def workers_of(process):
    """Wait for both processes to be there."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = psutil.Process(process.pid).children()
        if len(found) == min(2, psutil.cpu_count() or 1):
            return found
        time.sleep(0.02)
    return pytest.fail("no workers were started")


def test_a_killed_tap_leaves_no_process_behind(running):
    workers = workers_of(running)
    running.kill()
    _, alive = psutil.wait_procs(workers, SECONDS)
    assert not alive


def test_a_killed_worker_ends_the_run_in_one_line_with_a_true_state(running, emulator):
    workers_of(running)[0].kill()
    out, log = running.communicate(timeout=SECONDS)
    assert running.returncode == 1
    assert "worker process: it ended by itself (status -9)" in log
    assert "Traceback" not in log
    left = Output(running.returncode, log)
    for line in out.splitlines():
        left.read(line)
    emulator.clear_faults()
    rest = run_tap(config_for(emulator), state=left.states[-1] if left.states else None)
    read = {event["event_key"] for event in [*left.events, *rest.events]}
    assert read == {event["event_key"] for event in run_tap(config_for(emulator)).events}


def test_modules_of_the_working_directory_are_not_taken(emulator, tmp_path, monkeypatch):
    for name in ("msgspec", "json", "tap_clevertap", "zoneinfo"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    output = run_tap(config_for(emulator))
    assert output.status == 0, output.log
    assert output.events


def test_stream_maps_do_without_workers(running, emulator):
    workers_of(running)
    maps = {"events": {"ts": "ts"}}
    mapped = subprocess.Popen(
        tap_command(config_for(emulator, stream_maps=maps)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    assert mapped.stdout is not None
    while b'"RECORD"' not in mapped.stdout.readline():
        assert mapped.poll() is None
    assert not psutil.Process(mapped.pid).children()
    mapped.kill()
    mapped.communicate()


def export(name):
    return Export(EVENTS, name, DAY, terms=None)


def page(*numbers):
    return b"[%b]" % b",".join(ROW % number for number in numbers)


def written(arrivals, order=ORDER):
    lines: list[bytes] = []
    with closing(Workers(order, lambda some, _: lines.append(some))) as workers:
        counts = [each.lines for each in workers.write(arrivals)]
    return counts, b"".join(lines).splitlines()


def test_all_rows_of_all_exports_are_written_with_their_ordinals():
    exports = [export(str(number)) for number in range(5)]
    arrivals = [Arrival(each, 0, page(1, 2, 2)) for each in exports] + [None]
    arrivals += [Arrival(each, 0, page(2, 3), ended=True) for each in exports]
    counts, lines = written(arrivals)
    assert counts == [3] * 5 + [2] * 5
    records = [json.loads(line)["record"] for line in lines]
    found = Counter((each["event_props"]["number"], each["occurrence"]) for each in records)
    assert found == dict.fromkeys([(1, 0), (2, 0), (2, 1), (2, 2), (3, 0)], 5)
    assert len({each["event_key"] for each in records}) == 25


def test_a_second_walk_writes_only_what_the_first_did_not():
    walked = export("a")
    arrivals = [Arrival(walked, 0, page(1, 2, 2)), Arrival(walked, 1, page(2, 3, 2, 1), ended=True)]
    assert written(arrivals)[0] == [3, 1]


def test_duplicates_are_merged_where_that_is_chosen():
    merging = Order("TEST-000-0000", "UTC", merge_duplicates=True)
    assert written([Arrival(export("a"), 0, page(1, 1, 2), ended=True)], merging)[0] == [2]


def test_what_cannot_be_read_stops_the_run_after_what_came_before():
    lines: list[bytes] = []
    arrivals = [Arrival(export("a"), 0, page(1)), Arrival(export("b"), 0, b'[{"ts":1}]')]
    with (
        closing(Workers(ORDER, lambda some, _: lines.append(some))) as workers,
        pytest.raises(CleverTapError) as error,
    ):
        list(workers.write(arrivals))
    assert "ts" in error.value.message
    assert len(lines[0].splitlines()) == 1


def test_nothing_of_an_export_ends_after_a_page_of_it_failed():
    bad = export("bad")
    ended = []

    def arrivals():
        yield Arrival(bad, 0, b'[{"ts":1}]')
        yield Arrival(bad, 0, page(1), ended=True)
        for _ in range(20):
            time.sleep(0.05)
            yield None

    with closing(Workers(ORDER, lambda *_: None)) as workers, pytest.raises(CleverTapError):
        ended.extend(each.arrival.ended for each in workers.write(arrivals()))
    assert not any(ended)


def test_lines_that_cannot_be_emitted_end_the_run_though_more_pages_wait():
    def emit(*_):
        raise BrokenPipeError

    many = page(*range(5000))
    arrivals = [Arrival(export(str(number)), 0, many, ended=True) for number in range(8)]
    with closing(Workers(ORDER, emit)) as workers, pytest.raises(BrokenPipeError):
        list(workers.write(arrivals))


def test_a_signal_to_all_processes_is_one_to_the_tap(running):
    for each in [*workers_of(running), running]:
        each.terminate()
    _, log = running.communicate(timeout=SECONDS)
    assert running.returncode == 128 + signal.SIGTERM
    assert "ended by itself" not in log


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b'{"account_id":"a"',
        ORDERED,
        ORDERED + b'{"export":1,',
        ORDERED + encode(Task(1, "Charged", 0, ends_export=True, length=99)) + b"\n[{",
    ],
    ids=["nothing", "half an order", "no task", "half a task", "half a page"],
)
def test_a_process_whose_tap_is_gone_ends_without_a_word(said):
    command = [sys.executable, "-c", PROGRAM, *sys.path]
    finished = subprocess.run(command, input=said, capture_output=True, timeout=60, check=True)
    assert (finished.stdout, finished.stderr) == (b"", b"")


def test_a_process_that_cannot_be_started_ends_the_run_with_the_reason(monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(CleverTapError, match="cannot be started"):
        written([Arrival(export("a"), 0, page(1), ended=True)])


def test_a_number_that_no_decimal_holds_is_kept_as_text():
    rows = b'[{"ts":20260831120000,"event_props":{"x":1e99999999999999999999,"y":1.50}}]'
    _, lines = written([Arrival(export("a"), 0, rows, ended=True)])
    assert b'"event_props":{"x":"1e99999999999999999999","y":1.50}' in lines[0]


def test_what_ends_the_arrivals_is_raised_after_their_lines():
    def arrivals():
        yield Arrival(export("a"), 0, page(1, 2))
        message = "stop"
        raise CleverTapError(message)

    lines: list[bytes] = []
    with (
        closing(Workers(ORDER, lambda some, _: lines.append(some))) as workers,
        pytest.raises(CleverTapError, match="stop"),
    ):
        list(workers.write(arrivals()))
    assert sum(each.count(b"\n") for each in lines) == 2
