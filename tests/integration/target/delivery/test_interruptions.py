"""Signals and kills: nothing is lost, and the state is true."""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import re
import signal
import termios
import threading
import time
from array import array
from collections import Counter

import pytest

from target_clevertap._plugin.signals import SAME_REQUEST_SECONDS
from tests.support.target_process import (
    finish,
    lines,
    order,
    orders,
    state,
    until_it_reads,
    wait_for_log,
)


def delivered_ids(target):
    return Counter(each["evtData"]["id"] for each in target.delivered())


def feed(process, text):
    """Write to a process that may end before it has read all."""
    pipe, process.stdin = process.stdin, None

    def write():
        with contextlib.suppress(BrokenPipeError), pipe:
            pipe.write(text)

    threading.Thread(target=write, daemon=True).start()


def waiting_bytes(pipe):
    """Return how many bytes a pipe holds."""
    waiting = array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return waiting[0]


def until_holding(pipe, count):
    """Wait until a pipe holds at least so many bytes."""
    deadline = time.monotonic() + 30
    while waiting_bytes(pipe) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def remaining(states, count):
    """Return the orders a tap would send after a state, with its boundary rows once more."""
    done = states[-1]["orders"] if states else 0
    first = max(0, done - 5)
    return orders(count - first, first=first, states_every=50)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_run_with_a_true_state(target, signal_number):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 0.2}})
    process = target.start(batch_size_rows=20, max_in_flight=3)
    feed(process, lines(orders(5_000, states_every=50)))
    target.until_requests(12)
    process.send_signal(signal_number)
    ended = finish(process)
    assert ended.status == 128 + signal_number
    assert "Traceback" not in ended.log
    done = ended.states[-1]["orders"]
    assert 0 < done < 5_000
    before = delivered_ids(target)
    assert set(range(done)) <= set(before)
    target.faults()
    rest = target.run(remaining(ended.states, 5_000))
    assert rest.status == 0
    assert delivered_ids(target) == Counter(range(5_000))


def test_a_signal_while_no_input_comes_ends_the_run(target):
    process = target.start()
    process.stdin.write(lines(orders(10, states_every=10)))
    process.stdin.flush()
    until_it_reads(process)
    process.terminate()
    ended = finish(process)
    assert ended.status == 128 + signal.SIGTERM


def test_requests_in_flight_have_their_time_to_end(target):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 1.5}})
    process = target.start(max_in_flight=1, flush_seconds=0)
    process.stdin.write(lines(orders(10, states_every=10)))
    process.stdin.flush()
    target.until_requests(1)
    process.terminate()
    ended = finish(process)
    assert ended.states == [{"orders": 10}]
    assert ended.status == 128 + signal.SIGTERM


def run_that_gave_up(target, delay):
    """Start a run that waits for its last request, after the other one was refused."""
    target.faults(
        {"match": {"kind": "upload", "number": 1}, "action": {"delay": delay}},
        {"match": {"kind": "upload", "number": 2}, "action": {"status": 401}},
    )
    process = target.start(max_in_flight=2, flush_seconds=0.5)
    process.stdin.write(lines([*orders(60), state({"orders": 60})]))
    process.stdin.flush()
    wait_for_log(process, b"for 1 requests on their way")
    return process


def test_a_signal_to_a_run_that_gave_up_leaves_its_requests_their_time(target):
    process = run_that_gave_up(target, 4)
    process.terminate()
    ended = finish(process)
    assert ended.status == 128 + signal.SIGTERM
    assert "refuses the credentials" in ended.log
    target.faults()
    assert target.run(orders(60)).status == 0
    assert delivered_ids(target) == Counter(range(60))


def test_what_such_a_run_leaves_in_flight_counts_as_uncertain(target):
    process = run_that_gave_up(target, 25)
    process.terminate()
    ended = finish(process)
    assert ended.status == 128 + signal.SIGTERM
    assert "Traceback" not in ended.log
    assert re.search("uncertain [1-9]", ended.log)


@pytest.fixture
def waiting(target):
    """A run with one request in flight, which a signal asked to end."""
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 25}})
    process = target.start(max_in_flight=1, flush_seconds=0)
    process.stdin.write(lines(orders(10)))
    process.stdin.flush()
    target.until_requests(1)
    process.send_signal(signal.SIGINT)
    wait_for_log(process, b"waiting up to 10 s for 1 requests on their way")
    return process


def test_a_signal_right_after_the_first_is_the_same_wish(waiting):
    waiting.send_signal(signal.SIGINT)
    waiting.send_signal(signal.SIGTERM)
    waiting.send_signal(signal.SIGHUP)
    ended = finish(waiting)
    assert ended.status == 128 + signal.SIGINT
    assert "uncertain 10" in ended.log
    assert "ended by signal 2;" in ended.log


def test_a_signal_much_later_ends_the_run_at_once(waiting):
    time.sleep(SAME_REQUEST_SECONDS + 0.2)
    waiting.terminate()
    ended = finish(waiting)
    assert ended.status == -signal.SIGTERM


def test_two_signals_while_it_works_double_nothing(target):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 0.3}})
    process = target.start(batch_size_rows=20)
    feed(process, lines(orders(5_000, states_every=50)))
    target.until_requests(12)
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    ended = finish(process)
    assert ended.status == 128 + signal.SIGINT
    target.faults()
    assert target.run(remaining(ended.states, 5_000)).status == 0
    assert delivered_ids(target) == Counter(range(5_000))


def test_nohup_keeps_a_run_going_when_its_session_closes(target):
    through = ["nohup"]
    process = target.start(through=through, flush_seconds=0)
    until_it_reads(process)
    process.send_signal(signal.SIGHUP)
    ended = finish(process, lines(orders(10, states_every=10)))
    assert ended.status == 0, ended.log
    assert ended.states == [{"orders": 10}]


def test_a_signal_before_anything_is_read_says_so_too(target):
    process = target.start()
    until_it_reads(process)
    process.send_signal(signal.SIGHUP)
    ended = finish(process)
    assert ended.status == 128 + signal.SIGHUP
    assert "ended by signal 1;" in ended.log


def test_a_kill_costs_only_what_was_in_flight(target):
    """Without a kill nothing is sent twice, however often a tap repeats itself."""
    for _ in range(3):
        assert target.run(orders(1_000)).status == 0
    assert delivered_ids(target) == Counter(range(1_000))


def test_a_wrong_passcode_leaves_no_rejects_behind(target):
    messages = [*orders(5), order(6, email=None), state({"orders": 6})]
    finished = target.run(messages, passcode="wrong")
    assert finished.status == 1
    assert finished.states == []
    assert not target.rejects.exists() or not target.rejects.read_text()


def test_what_is_left_in_flight_counts_as_uncertain(target):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 25}})
    process = target.start(max_in_flight=1, flush_seconds=0)
    process.stdin.write(lines(orders(10)))
    process.stdin.flush()
    target.until_requests(1)
    process.terminate()
    ended = finish(process)
    assert ended.status == 128 + signal.SIGTERM
    assert "waiting up to 10 s for 1 requests on their way" in ended.log
    assert "uncertain 10" in ended.log


def test_a_signal_ends_a_run_whose_states_nobody_reads(target):
    process = target.start(flush_seconds=0, batch_size_rows=1)
    room = fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ)
    # states that become true together are written as one, so one alone has to fill the pipe
    process.stdin.write(lines([*orders(1), state({"orders": 1, "large": "x" * 1_000})]))
    process.stdin.flush()
    until_holding(process.stdout, 1_000)
    large = {"orders": 2, "large": "x" * 2 * room}
    process.stdin.write(lines([order(1), state(large), order(2)]))
    process.stdin.flush()
    until_holding(process.stdout, room - 2 * mmap.PAGESIZE)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    whole = process.stdout.read().split(b"\n")[:-1]
    assert [json.loads(line)["orders"] for line in whole] == [1]
    process.communicate()


def test_states_are_bytes_whatever_the_locale(target):
    messages = [*orders(1), '{"type":"STATE","value":{"Zürich":"✓"}}\n'.encode()]
    finished = target.run(messages, environment={"PYTHONIOENCODING": "ascii"})
    assert finished.status == 0, finished.log
    assert finished.states == [{"Zürich": "✓"}]
