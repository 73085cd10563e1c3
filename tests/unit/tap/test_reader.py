"""Tasks of the reader: checks that rest keep no other task out, and are waited for in the end."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest

from tap_clevertap.exports.planner import Planner
from tap_clevertap.exports.reader import OPEN_TASKS, ExportReader


@dataclass(frozen=True)
class Result:
    """What a task gives."""

    task: object
    rows: bytes = b""
    ended: bool = True
    skipped: None = None


@dataclass(eq=False)
class Resting:
    """A task that has its result when all of something has ended."""

    ends: threading.Event
    event_name: str = "e"
    pause: float = 0.0

    def send_request(self, _client):
        return None

    def handle(self, _outcome, _client):
        self.pause = 0.01
        return Result(self) if self.ends.is_set() else None


@dataclass(eq=False)
class Brief(Resting):
    """A task that has its result at once."""

    ends: threading.Event = field(default_factory=threading.Event)

    def handle(self, _outcome, _client):
        return Result(self)


def test_checks_that_rest_keep_no_other_task_out():
    planner = Planner(None, max_in_flight=3)
    reader = ExportReader(None, planner, max_in_flight=3)
    all_read = threading.Event()
    checks = [Resting(all_read) for _ in range(2 * OPEN_TASKS)]
    others = [Brief() for _ in range(2 * OPEN_TASKS)]
    for check in checks:
        planner.add_check(check)
    planner.add(others)
    ended = []
    for result in reader.read():
        if result is not None:
            ended.append(result.task)
        if set(others) <= set(ended):
            all_read.set()
    assert len(ended) == len(set(ended)) == len(checks) + len(others)


@dataclass
class Days:
    """Days of an event, each an export of its own."""

    days_left: int
    pages_left: float = 1.0
    is_opened: bool = True
    is_known: bool = True

    def count_ended(self):
        pass

    def next_window(self, _pages):
        self.days_left -= 1

    def track(self, _export):
        pass


def test_counts_that_take_long_leave_half_of_the_open_tasks_to_exports():
    ends = threading.Event()
    planner = Planner(lambda _name, _window: Resting(threading.Event()), max_in_flight=3)
    reader = ExportReader(None, planner, max_in_flight=3)
    planner.add([Resting(ends) for _ in range(2 * OPEN_TASKS)])
    results, days = reader.read(), Days(2 * OPEN_TASKS)
    next(results)  # all places are taken by counts
    with reader.planning() as given:
        given.read("e", days)
    for _ in range(3):
        next(results)
    assert days.days_left == 2 * OPEN_TASKS - OPEN_TASKS // 2
    ends.set()
    assert any(next(results) is not None for _ in range(2 * OPEN_TASKS))
    results.close()


@pytest.mark.parametrize("in_flight", [1, 2, 3, 8])
def test_counts_that_hang_leave_half_of_the_requests_to_exports(in_flight):
    ends, hung = threading.Event(), []

    class Hanging(Brief):
        def send_request(self, _client):
            hung.append(self)
            ends.wait()

    planner = Planner(lambda _name, _window: Brief(), max_in_flight=in_flight)
    reader = ExportReader(None, planner, max_in_flight=in_flight)
    exports = 5 * OPEN_TASKS
    planner.read("e", Days(exports))
    planner.add([Hanging() for _ in range(OPEN_TASKS)])
    read = []
    for result in reader.read():
        read += [] if result is None else [result]
        if len(read) == exports // 2 and result is not None:
            assert len(hung) == max(1, in_flight // 2)
        if len(read) == exports:
            ends.set()
    assert len(read) == exports + OPEN_TASKS


def test_the_time_with_nothing_but_checks_is_measured():
    planner = Planner(None, max_in_flight=1)
    now = iter(range(1_000_000))
    reader = ExportReader(None, planner, max_in_flight=1, clock=lambda: next(now))
    read, checked = threading.Event(), threading.Event()
    planner.add([Resting(read)])
    planner.add_check(Resting(checked))
    idle = 0
    for result in reader.read():
        idle += result is None
        if not read.is_set():
            assert reader.seconds_alone == 0.0
            if idle == 3:
                read.set()
        elif reader.seconds_alone > 0:
            checked.set()


def test_threads_end_before_a_failed_reading_does():
    class Slow(Brief):
        def send_request(self, _client):
            time.sleep(0.2)

    planner = Planner(None, max_in_flight=2)
    reader = ExportReader(None, planner, max_in_flight=2)
    before = set(threading.enumerate())
    planner.add([Brief(), Slow(), Slow()])
    results = reader.read()
    next(results)
    assert set(threading.enumerate()) - before
    results.close()  # as where the main thread raises
    assert set(threading.enumerate()) <= before
