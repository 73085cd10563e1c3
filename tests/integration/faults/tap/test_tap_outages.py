"""What lasts for minutes: storms of 429, exports in progress, outages, late answers, cut bodies."""

from __future__ import annotations

import os
import signal
import time
from itertools import pairwise

import pytest

from tests.integration.faults.tap.tap_world import SIZE, World
from tests.support.extent import WHOLE
from tests.support.ports import free_port

UNCOUNTED = {"verify_counts": "off"}
"""Each event is then one export: its days are not known beforehand."""
THREE = {"events": ["Charged", "App Launched", "Search"], **UNCOUNTED}
ONE = {"events": ["App Launched"], "max_in_flight": 1, **UNCOUNTED}
MINUTE = 60.0
FAST = 60.0
"""A minute of the tap's in one of ours."""
TOO_MANY = {"status": 429, "body": {"status": "fail", "error": "Too many", "code": 429}}
UNHURRIED = {"match": {"kind": "page"}, "action": {"delay": 0.03}}
"""So that a run lasts."""
LONGER_THAN_A_PAUSE = {"match": {"kind": "page"}, "action": {"delay": 0.15}}
"""So that no export ends before the others' pauses, of up to a second of ours."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0


def patient(speed):
    """Return a timeout that ten of our seconds do not reach."""
    return {"request_timeout": 10 * speed}


@pytest.fixture(scope="module")
def world(start_emulator_for_module, tap):
    return World(start_emulator_for_module(**SIZE), tap)


def shortest_pauses(count):
    return [min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries) / 2 for tries in range(count)]


def journal(world, **wanted):
    return [
        each
        for each in world.emulator.requests()["requests"]
        if all(each[name] == value for name, value in wanted.items())
    ]


def starts(world, settings, faults, speed):
    """Start a run, with faults from its beginning; return what an undisturbed one reads."""
    whole = world.undisturbed(settings)
    world.emulator.reset()
    world.emulator.faults(faults)
    world.launcher.start(*world.arguments({**patient(speed), **settings}), speed=speed)
    return whole


def wait_until(holds, seconds=30):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def lasts(world, seconds, speed, **wanted):
    """Wait for so many seconds of the tap's, from the first such request on."""
    wait_until(lambda: journal(world, **wanted))
    time.sleep(seconds / speed)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "2"}], ids=["bare", "Retry-After"])
def test_a_minute_in_which_half_of_all_answers_are_429_costs_nothing_but_time(world, headers):
    settings = {**THREE, "page_size": 23}
    storm = {"match": {"rate": 0.5}, "action": {**TOO_MANY, "headers": headers}}
    whole = starts(world, settings, [storm, UNHURRIED], FAST)
    lasts(world, MINUTE, FAST, status=429)
    calm = len(journal(world))
    world.emulator.faults([UNHURRIED])
    output = world.launcher.wait()
    world.assert_recovered(output, whole)
    assert len(journal(world, status=429)) > 10
    assert journal(world)[calm:]
    assert world.emulator.requests()["max_in_flight"]["reads"] <= 3


def test_reads_become_rare_in_a_storm_and_are_all_in_flight_again_after_it(world):
    settings = {**THREE, "page_size": 23}
    storm = {"match": {"kind": "page"}, "action": TOO_MANY}
    whole = starts(world, settings, [storm], FAST)
    started = time.monotonic()
    lasts(world, MINUTE, FAST, status=429)
    world.emulator.faults([LONGER_THAN_A_PAUSE])
    lasted = (time.monotonic() - started) * FAST
    output = world.launcher.wait()
    world.assert_recovered(output, whole)
    refused = journal(world, status=429)
    tries = sum(sum(shortest_pauses(count)) < lasted for count in range(200))
    assert len(THREE["events"]) < len(refused) <= len(THREE["events"]) * tries
    calm = [each for each in journal(world, kind="page") if each["time"] > refused[-1]["time"]]
    assert max(each["in_flight"] for each in calm) == 3


@pytest.mark.parametrize(
    ("headers", "pauses"),
    [
        pytest.param({}, shortest_pauses(7), id="grown"),
        pytest.param({"Retry-After": "5"}, [5] * 7, id="as CleverTap asks"),
    ],
)
def test_a_page_that_is_refused_again_and_again_is_asked_for_ever_more_rarely(
    world, headers, pauses
):
    numbers = list(range(2, 2 + len(pauses)))
    fault = {
        "match": {"kind": "page", "number": numbers},
        "action": {**TOO_MANY, "headers": headers},
    }
    whole = starts(world, ONE, [fault], FAST)
    output = world.launcher.wait()
    world.assert_recovered(output, whole)
    times = [each["time"] for each in journal(world, kind="page")[1 : 2 + len(pauses)]]
    waited = [(after - before) * FAST for before, after in pairwise(times)]
    assert all(took >= 0.98 * least for took, least in zip(waited, pauses, strict=True))


def in_progress(times):
    return {"reset_code2": times}


def test_a_cursor_that_always_comes_back_ends_the_run(world):
    whole = world.undisturbed(ONE)
    every = {"match": {"kind": "page", "every": 1}, "action": {"repeat_cursor": True}}
    world.emulator.faults([every])
    output = world.run({**ONE, "page_size": 50})
    world.assert_stopped(output, ["cursor came back"])
    assert output.states == []
    world.assert_next_run_completes(output, whole, ONE)


def test_ten_minutes_in_progress_are_waited_for(world):
    stuck = {"match": {"kind": "page", "number": 2}, "action": in_progress(10**6)}
    settings = {**THREE, "not_ready_patience": 1500}
    whole = starts(world, settings, [stuck], 3 * FAST)
    lasts(world, 10 * MINUTE, 3 * FAST, code=2)
    world.emulator.faults([{"match": {"kind": "page"}, "action": in_progress(0)}])
    output = world.launcher.wait()
    world.assert_recovered(output, whole)
    waits = journal(world, code=2)
    assert (waits[-1]["time"] - waits[0]["time"]) * 3 * FAST > 5 * MINUTE  # asked once a minute


def test_an_export_that_stays_in_progress_ends_the_run_after_the_patience(world):
    stuck = {"match": {"kind": "page", "number": 2}, "action": in_progress(10**6)}
    whole = starts(world, THREE, [stuck], 10 * FAST)
    output = world.launcher.wait()
    world.assert_stopped(output, ["still in progress after 900 s", "not_ready_patience"])
    world.assert_next_run_completes(output, whole, THREE)


def begins_to_read(world, speed):
    whole = starts(world, {**THREE, "page_size": 23}, [UNHURRIED], speed)
    wait_until(lambda: len(journal(world, kind="page")) > 8)
    return whole


def test_an_outage_of_two_minutes_in_which_the_port_is_closed_is_waited_for(start_emulator, tap):
    world = World(start_emulator(**SIZE, port=free_port()), tap)
    whole = begins_to_read(world, FAST)
    port = world.emulator.url.rpartition(":")[2]
    world.emulator.stop()
    time.sleep(2 * MINUTE / FAST)
    again = World(start_emulator(**SIZE, port=port), tap)
    output = tap.wait()
    again.assert_recovered(output, whole)
    assert journal(again, kind="page")


def test_an_outage_of_two_minutes_in_which_nothing_answers_is_waited_for(world):
    whole = begins_to_read(world, FAST)
    os.kill(world.emulator.process.pid, signal.SIGSTOP)
    time.sleep(2 * MINUTE / FAST)
    os.kill(world.emulator.process.pid, signal.SIGCONT)
    world.assert_recovered(world.launcher.wait(), whole)


def test_an_outage_of_twenty_minutes_ends_the_run_and_the_next_one_completes_it(
    start_emulator, tap
):
    world = World(start_emulator(**SIZE, port=free_port()), tap)
    whole = begins_to_read(world, 5 * FAST)
    port = world.emulator.url.rpartition(":")[2]
    world.emulator.stop()
    output = tap.wait()
    world.assert_stopped(output, ["kept failing for 900 s", "run again later"])
    assert ": the host refuses the connection; trying again in" in output.log
    assert "cursor" not in output.log
    World(start_emulator(**SIZE, port=port), tap).assert_next_run_completes(output, whole, THREE)


def test_one_late_export_holds_up_no_other_and_nothing_changes_its_order(world):
    late = {"match": {"kind": "page", "number": 2}, "action": {"delay": 1.5}}
    whole = starts(world, {**THREE, "page_size": 23}, [late, UNHURRIED], 20.0)
    output = world.launcher.wait()
    world.assert_recovered(output, whole)
    assert by_event(output) == by_event(whole)
    (waiting,) = [each for each in journal(world, kind="page") if each["seconds"] > 1.4]
    others = [
        each
        for each in journal(world, kind="page")
        if each["event_name"] != waiting["event_name"]
        and waiting["time"] < each["time"] < waiting["time"] + waiting["seconds"]
    ]
    assert len(others) > 10
    assert not output.log.count("WARN")


def by_event(output):
    keys = {}
    for row in output.events:
        keys.setdefault(row["event_name"], []).append(row["event_key"])
    return keys


CUTS = 15
"""Tries of one page that take half of the patience with it, on a machine that is busy all of it."""


@pytest.mark.parametrize("way", ["truncate", "clip"])
@pytest.mark.parametrize("first", [0, 15, 30, 45] if WHOLE else [0])
def test_a_body_cut_at_any_thousandth_byte_is_asked_for_again(world, way, first):
    faults = [
        {"match": {"kind": "page", "number": 1 + number}, "action": {way: 1000 * (first + number)}}
        for number in range(CUTS)
    ]
    whole = starts(world, ONE | {"page_size": 5000}, faults, 100.0)
    output = world.launcher.wait()
    world.assert_recovered(output, whole)
    assert set(world.emulator.fired()) == {1}
    assert journal(world, kind="page")[0]["answer_bytes"] > 1000 * (first + CUTS)


def test_each_request_without_a_response_is_in_the_log(world):
    late = {"match": {"kind": "open", "number": 1}, "action": {"delay": 3}}
    output = world.disturbed([late], {"request_timeout": 40})
    assert output.status == 0, output.log
    assert output.log.count("no response in time; trying again in") == 1
