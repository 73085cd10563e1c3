"""A clock that is wrong, or is set right in the middle of a run, closes no day that is not over."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.faults.tap.tap_world import World
from tests.support.days import zone_ahead
from tests.support.extent import WHOLE
from tests.support.launcher import set_clock

EVENTS = ["Charged", "App Launched"]
HOUR = 3600
REAL = 1.0
"""The speed of clocks that are compared with the server's."""


class Midnight:
    """A project whose day is about to end, or has just begun, and a clock for runs to go by."""

    def __init__(self, hour, start_emulator, tap, folder):
        self.zone = zone_where_it_is(hour)
        days = {"timezone": str(self.zone), "days": 5, "users": 40, "events_per_day": 100}
        self.world = World(start_emulator(**days, preparing=0), tap)
        self.jumps = folder / f"jumps-{hour}"

    def begin(self):
        self.world.emulator.reset()
        self.set_clock(0)
        return self

    @property
    def today(self):
        return datetime.now(self.zone).date()

    def day(self, ago):
        return (self.today - timedelta(days=ago)).isoformat()

    def set_clock(self, seconds):
        set_clock(self.jumps, seconds)

    def settings(self, **more):
        known = {"timezone": str(self.zone), "events": EVENTS, "lookback_days": 0}
        return {**known, "start_date": self.day(4), "end_date": None, **more}

    def run(self, state=None, **more):
        return self.world.run(self.settings(**more), state, speed=REAL, jumps=self.jumps)

    def run_with_a_jump(self, seconds):
        """Run with a clock that is right until the schema is asked for, and off from then on."""
        refused = {"status": 429, "headers": {"Retry-After": "1"}}
        self.world.emulator.faults([{"match": {"kind": "schema"}, "action": refused}])
        arguments = self.world.arguments(self.settings())
        self.world.launcher.start(*arguments, speed=REAL, jumps=self.jumps)
        until = time.monotonic() + 30
        while not self.world.emulator.requests()["requests"]:
            assert time.monotonic() < until
            time.sleep(0.02)
        self.set_clock(seconds)
        self.world.emulator.clear_faults()
        return self.world.launcher.wait()

    def assert_the_next_run_loses_nothing(self, output):
        """Check that what happens on a day after it was read once is read by the next run."""
        self.set_clock(0)
        self.happens("Charged")
        rest = self.run(output.states[-1] if output.states else None)
        whole = self.run()
        assert rest.status == 0, rest.log
        self.world.assert_states_are_true(output, whole)
        keys = {row["event_key"] for row in [*output.events, *rest.events]}
        assert keys == {row["event_key"] for row in whole.events}
        assert rest.state == whole.state

    def happens(self, name):
        event = {"type": "event", "identity": "late", "evtName": name, "evtData": {"Amount": 1}}
        answer = self.world.emulator.api("POST", "/1/upload", json={"d": [event]})
        assert answer.json()["status"] == "success"


def zone_where_it_is(hour):
    """Return a time zone without clock changes in which it is that hour now."""
    now = datetime.now(ZoneInfo("UTC"))
    ahead = (hour - now.hour + 11) % 24 - 11
    return ZoneInfo(zone_ahead(ahead))


def closed_days(output):
    partitions = output.state["bookmarks"]["events"]["partitions"]
    return {each.get("replication_key_value") for each in partitions}


@pytest.fixture(scope="module")
def at_hour(start_emulator_for_module, tap, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clocks")
    return {hour: Midnight(hour, start_emulator_for_module, tap, folder) for hour in (1, 21)}


@pytest.fixture
def evening(at_hour):
    return at_hour[21].begin()


@pytest.fixture
def night(at_hour):
    return at_hour[1].begin()


def test_a_clock_that_is_ahead_asks_for_tomorrow_and_is_reported(evening):
    evening.set_clock(5 * HOUR)
    output = evening.run()
    evening.world.assert_stopped(output, ["timezone", "end_date", "clock"])
    evening.assert_the_next_run_loses_nothing(output)


def test_a_clock_that_is_ahead_does_not_close_today(evening):
    evening.set_clock(5 * HOUR)
    output = evening.run(end_date=evening.day(0))
    assert output.status == 0, output.log
    assert closed_days(output) == {evening.day(1)}
    evening.assert_the_next_run_loses_nothing(output)


def test_a_clock_that_jumps_ahead_does_not_close_today(evening):
    output = evening.run_with_a_jump(5 * HOUR)
    assert output.status == 0, output.log
    assert closed_days(output) == {evening.day(1)}
    evening.assert_the_next_run_loses_nothing(output)


@pytest.mark.parametrize("hours", [3, 30] if WHOLE else [3])
def test_a_clock_that_jumps_back_closes_fewer_days(night, hours):
    output = night.run_with_a_jump(-hours * HOUR)
    assert output.status == 0, output.log
    assert closed_days(output) == {night.day(2 if hours == 3 else 3)}
    night.assert_the_next_run_loses_nothing(output)


def test_a_clock_that_is_behind_reads_fewer_days(night):
    night.set_clock(-3 * HOUR)
    output = night.run()
    assert output.status == 0, output.log
    assert closed_days(output) == {night.day(2)}
    night.assert_the_next_run_loses_nothing(output)


def test_a_clock_that_was_set_back_between_runs_is_suspected_of_it(night):
    first = night.run()
    night.set_clock(-50 * HOUR)
    output = night.run(first.state)
    night.world.assert_stopped(output, ["in the future", "clock"])
    assert output.state == first.state
    night.assert_the_next_run_loses_nothing(first)
