"""What lasts for minutes: storms of 429, outages, late answers; and answers cut anywhere."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from contextlib import closing

import pytest

from tests.support.launcher import set_clock
from tests.support.ports import free_port
from tests.support.raw_server import RawServer, read_head
from tests.support.target_process import check_order, interleaved, orders

SMALL = {"days": 1, "events_per_day": 1, "users": 10}
RECORDS, ROWS = 3000, 30
SETTINGS = {"batch_size_rows": ROWS, "flush_seconds": 86_400}
FAST = 60
"""A minute of the target's in one second."""
MINUTE = 60
PATIENT = {"request_timeout": 3600}
UNHURRIED = {"match": {"kind": "upload"}, "action": {"delay": 0.02}}
"""So that a run lasts."""
SLOW = {"match": {"kind": "upload"}, "action": {"delay": 0.1}}
"""So that much is left when a test has found that a run is in its midst."""
NOTHING_TAKEN = {"match": {"kind": "upload"}, "action": {"status": 429}}
"""Time to read all that was stored before a server ends."""


def stored(target):
    return Counter(each["evtData"]["id"] for each in target.delivered())


def once():
    return Counter(range(RECORDS))


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "2"}], ids=["bare", "Retry-After"])
def test_a_storm_in_which_half_of_all_answers_are_429_costs_nothing_but_time(target, headers):
    storm = {"kind": "upload", "rate": 0.5, "times": 60}
    target.faults({"match": storm, "action": {"status": 429, "headers": headers}}, UNHURRIED)
    run = target.run(orders(RECORDS), speed=FAST, **SETTINGS, **PATIENT)
    assert run.status == 0, run.log
    assert run.states[-1] == {"orders": RECORDS}
    assert stored(target) == once()
    assert target.emulator.fired()[0] == 60
    assert "retried 60" in run.log
    requests = target.requests()
    refused = [number for number, each in enumerate(requests) if each["status"] == 429]
    in_flight = [each["in_flight"] for each in requests]
    assert min(in_flight[refused[20] : refused[-1]]) <= 2
    assert max(in_flight[refused[-1] :]) >= 6
    assert target.uploads_in_flight() <= 15


@pytest.mark.parametrize(
    "match", [{"number": [3, 4, 5, 6, 7]}, {"every": 3}], ids=["five", "third"]
)
def test_html_of_a_gateway_between_responses_does_not_stop_a_run(target, match):
    target.faults({"match": {"kind": "upload", **match}, "action": {"html": True}})
    run = target.run(orders(RECORDS), speed=FAST, max_in_flight=1, **SETTINGS)
    assert run.status == 0, run.log
    assert run.states[-1] == {"orders": RECORDS}
    assert stored(target) == once()
    assert target.emulator.fired()[0] >= 5


def begin(target, **more):
    target.faults(SLOW)
    target.begin(orders(RECORDS), **{**SETTINGS, "max_in_flight": 3, **more})
    target.until_requests(10)


def test_one_cut_after_many_refusals_is_one_uncertain_try(target):
    refused = {"match": {"number": list(range(1, 13))}, "action": {"status": 429}}
    target.faults(refused, {"match": {"number": 13}, "action": {"cut": "before"}})
    run = target.run(orders(5), max_in_flight=1)
    assert run.status == 0, run.log
    assert stored(target) == Counter(range(5))


class Outage:
    """A server that ends in the midst of a run, with what it had stored, and starts again."""

    def __init__(self, start_emulator, target, speed):
        self._start = start_emulator
        self._target = target
        target.emulator = start_emulator(**SMALL, port=free_port())
        begin(target, speed=speed, **PATIENT)
        target.faults(NOTHING_TAKEN)
        target.until_answered(len(target.requests()))
        self.before = stored(target)
        target.emulator.stop()

    def over(self):
        port = self._target.emulator.url.rpartition(":")[2]
        self._target.emulator = self._start(**SMALL, port=port)


def test_an_outage_of_two_minutes_in_which_the_port_is_closed_is_waited_for(target, start_emulator):
    outage = Outage(start_emulator, target, FAST)
    time.sleep(2 * MINUTE / FAST)
    outage.over()
    run = target.end()
    assert run.status == 0, run.log
    assert run.states[-1] == {"orders": RECORDS}
    assert outage.before + stored(target) == once()
    assert not target.rejects.exists()


def test_an_outage_of_twenty_minutes_ends_the_run_and_the_next_one_completes_it(
    target, start_emulator
):
    outage = Outage(start_emulator, target, 2 * FAST)
    stopped = target.end()
    assert stopped.status == 1
    assert "Traceback" not in stopped.log
    assert "cannot reach" in stopped.log.splitlines()[-1]
    done = stopped.states[-1]["orders"] if stopped.states else 0
    assert set(range(done)) <= set(outage.before)
    outage.over()
    assert target.run(orders(RECORDS), **SETTINGS).status == 0
    assert outage.before + stored(target) == once()


def test_an_outage_of_two_minutes_in_which_nothing_answers_is_waited_for(target):
    begin(target, speed=FAST, request_timeout=60, uncertain="skip", max_rejects=-1)
    os.kill(target.emulator.process.pid, signal.SIGSTOP)
    time.sleep(2 * MINUTE / FAST)
    os.kill(target.emulator.process.pid, signal.SIGCONT)
    run = target.end()
    assert run.status == 0, run.log
    assert run.states[-1] == {"orders": RECORDS}
    rejected = Counter(each["id"] for each, _ in target.rejected())
    assert rejected
    assert set(target.rejected_codes()) == {"uncertain"}
    arrived = stored(target)
    assert max(arrived.values()) == 1
    assert set(arrived) | set(rejected) == set(range(RECORDS))


def test_with_skip_an_outage_does_not_make_rejects_of_everything(target):
    target.faults({"match": {"kind": "upload"}, "action": {"status": 503}})
    settings = {**SETTINGS, "uncertain": "skip", "max_rejects": -1, "max_in_flight": 1}
    stopped = target.run(orders(RECORDS), **settings)
    assert stopped.status == 1
    assert "the outcome of 10 requests in a row is unknown" in stopped.log.splitlines()[-1]
    assert stopped.states == []
    assert len(target.rejected()) == 9 * ROWS
    target.faults()
    assert target.run(orders(RECORDS), **settings).status == 0
    assert target.rejected_codes() == {"uncertain": 10 * ROWS}
    rejected = Counter(each["id"] for each, _ in target.rejected())
    assert stored(target) + rejected == once()


def test_one_late_lane_holds_up_no_other_and_no_users_order(target):
    late = {"match": {"kind": "upload", "number": 5}, "action": {"delay_effect": 2}}
    target.faults(late, UNHURRIED)
    run = target.run(interleaved(2000), speed=15, **SETTINGS, **PATIENT)
    assert run.status == 0, run.log
    check_order(target, 2000)
    waiting = max(target.requests(), key=lambda each: each["seconds"])
    others = [
        each
        for each in target.requests()
        if waiting["time"] < each["time"] < waiting["time"] + waiting["seconds"]
    ]
    assert waiting["seconds"] >= 2
    assert len(others) > 10


CUT_EVERY, CUTS = 100, 30
CUTS_IN_A_ROW = 5
"""Ten would end the run."""
REFUSED_OF_EACH = 20
"""So that an answer is some thousands of bytes long."""


@pytest.mark.parametrize("way", ["truncate", "clip"])
def test_an_answer_cut_at_any_hundredth_byte_counts_nothing_as_delivered(target, way):
    codes = dict.fromkeys(range(1, REFUSED_OF_EACH + 1), 513)
    cut = [2 + number + number // CUTS_IN_A_ROW for number in range(CUTS)]
    target.faults(
        *[
            {
                "match": {"kind": "upload", "number": request},
                "action": {way: CUT_EVERY * number, "record_code": codes},
            }
            for number, request in enumerate(cut)
        ]
    )
    settings = {**SETTINGS, "uncertain": "skip", "max_in_flight": 1, "max_rejects": -1}
    run = target.run(orders(RECORDS), speed=FAST, **settings)
    assert run.status == 0, run.log
    hit = {ROWS * (request - 1) + row for request in cut for row in range(ROWS)}
    assert {each["id"] for each, _ in target.rejected()} == hit
    assert target.rejected_codes() == {"uncertain": len(hit)}
    assert set(stored(target)) >= set(range(RECORDS)) - hit
    assert max(stored(target).values()) == 1
    answers = [target.requests()[request - 1]["answer_bytes"] for request in cut]
    assert min(answers) > CUT_EVERY * CUTS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_to_another_host(target, status):
    heads = []
    with closing(RawServer(lambda connection: heads.append(read_head(connection)))) as elsewhere:
        headers = {"Location": f"http://{elsewhere.host}/1/upload"}
        fault = {"match": {"kind": "upload"}, "action": {"status": status, "headers": headers}}
        target.faults(fault)
        run = target.run(orders(30), max_in_flight=1)
        assert elsewhere.connections == 0
    assert heads == []
    assert run.status == 1
    assert [each["method"] for each in target.requests()] == ["POST"]


HOUR = 3600


@pytest.mark.parametrize("hours", [-3, 5, 24 * 400], ids=["back", "on", "a year on"])
def test_a_clock_that_is_set_in_the_midst_of_a_run_changes_nothing(target, hours):
    jumps = target.folder / "jumps"
    set_clock(jumps, 0)
    throttled = {"match": {"kind": "upload", "every": 3}, "action": {"status": 429}}
    target.faults(throttled, UNHURRIED)
    target.begin(orders(RECORDS), speed=10, jumps=jumps, **SETTINGS)
    target.until_requests(10)
    set_clock(jumps, hours * HOUR)
    run = target.end()
    assert run.status == 0, run.log
    assert run.states[-1] == {"orders": RECORDS}
    target.faults()
    assert target.run(orders(RECORDS), jumps=jumps, speed=1, **SETTINGS).status == 0
    assert stored(target) == once()
