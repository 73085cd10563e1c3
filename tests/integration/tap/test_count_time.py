"""Counts that are slow, or never there, cost a run a limited time, and no export."""

from __future__ import annotations

import pytest

from tap_clevertap.counts.second_counts import MOST_UNSETTLED
from tests.integration.tap.conftest import SPEED
from tests.support.counted import (
    COUNTS,
    EVENT,
    SIZE,
    TRENDS,
    bookmarks,
    config_for,
    fault_of_count,
    lie,
    number_of,
    requests_to,
    rows_by_day,
    totals,
)
from tests.support.days import days_ago, utc_today

DAYS = 30
"""Each a window of its own that differs from its total; as many second counts may be wrong."""
CALM = 2
"""A speed at which second counts, which have half a minute for all, have 15 seconds."""
MOST_TRIES = 6
"""Of a second count in the ten seconds that it has; pauses have jitter."""


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


@pytest.fixture
def read(world, launch_tap):
    def read(*faults, speed=CALM, **settings):
        start = days_ago(DAYS - 1).isoformat()
        config = config_for(world, start_date=start, window_days=1, **settings)
        true = rows_by_day(launch_tap(config))
        world.faults([fault_of_count(TRENDS, add=1), *faults])
        output = launch_tap(config, speed=speed)
        assert output.status == 0, output.log
        assert rows_by_day(output) == true
        assert bookmarks(output) == {EVENT: days_ago(1).isoformat()}
        return output

    return read


def test_second_counts_that_hang_are_given_up(read, world):
    output = read({"match": {"path": COUNTS}, "action": {"delay": 600.0}}, speed=SPEED)
    assert "trying again" not in output.log
    assert len(requests_to(world, COUNTS)) <= 8


@pytest.mark.parametrize(
    "action", [{"count": {"not_ready": 1_000_000}}, {"status": 503}, {"empty": True}], ids=str
)
def test_second_counts_that_never_come_are_given_up(read, world, action):
    read({"match": {"path": COUNTS}, "action": action}, speed=SPEED)
    assert len(requests_to(world, COUNTS)) <= MOST_TRIES * DAYS


def test_second_counts_that_are_refused_for_one_event_are_asked_for_others(world, launch_tap):
    refused = {"status": 200, "body": {"status": "fail", "code": 400, "error": "no"}}
    world.faults(
        [
            fault_of_count(TRENDS, add=1),
            fault_of_count(TRENDS, event_name="Search", add=1),
            {"match": {"path": COUNTS, "event_name": EVENT}, "action": refused},
        ]
    )
    output = launch_tap(config_for(world, events=[EVENT, "Search"], window_days=1))
    assert output.status == 0, output.log
    assert f"event `{EVENT}`: fewer rows" in output.log
    assert "event `Search`" not in output.log


def test_many_gaps_are_counted_twice_each_and_closed(read, world):
    output = read(fault_of_count(COUNTS, add=1))
    assert "and 26 more days" in output.log
    assert len(requests_to(world, COUNTS)) <= 2 * DAYS
    assert world.requests()["max_in_flight"]["reads"] <= 3


def test_days_whose_totals_begin_at_another_hour_are_settled(world, launch_tap):
    high = [int(number_of(days_ago(each))) for each in (2, 4, 6, 8)]
    low = [int(number_of(days_ago(each))) for each in (3, 5, 7, 9)]
    config = config_for(world, verify_counts="fail")
    true = rows_by_day(launch_tap(config))
    daily = {day: rows for day, rows in true.items() if day != number_of(utc_today())}
    moved = {
        str(day): daily[str(day)] + step for days, step in ((high, 1), (low, -1)) for day in days
    }
    lie(world, TRENDS, totals(daily, **moved))
    output = launch_tap(config)
    assert output.status == 0, output.log


LONG = 60
NEW = "Sold Out"
"""An event without identical rows."""


@pytest.fixture
def whole(world, launch_tap):
    """Run the tap on many days, with daily totals that are all too high."""

    def whole(state=None, name=EVENT, **settings):
        more = {"lookback_days": 0, "verify_counts": "fail", **settings}
        config = config_for(world, events=[name], start_date=days_ago(LONG).isoformat(), **more)
        world.faults([fault_of_count(TRENDS, event_name=name, add=1)])
        return launch_tap(config, state=state, speed=CALM)

    return whole


EACH_WINDOW = pytest.mark.parametrize("window_days", [0, 1])


@EACH_WINDOW
def test_totals_that_are_always_too_high_are_settled_in_one_run(world, whole, window_days):
    output = whole(window_days=window_days)
    assert output.status == 0, output.log
    assert bookmarks(output) == {EVENT: days_ago(1).isoformat()}
    assert len(requests_to(world, COUNTS)) == LONG


@EACH_WINDOW
@pytest.mark.parametrize("ago", [2, 59])
def test_a_gap_is_found_where_all_totals_are_too_high(world, whole, window_days, ago):
    gap = days_ago(ago)
    world.rows(EVENT, int(number_of(gap)), hide=1)
    first = whole(window_days=window_days)
    assert first.status == 1
    assert bookmarks(first) == {EVENT: days_ago(ago + 1).isoformat()}
    assert f"on {gap}: " in first.log
    assert "more days" not in first.log
    assert "comparable" not in first.log
    world.rows(EVENT, int(number_of(gap)), hide=0)
    second = whole(state=first.state, window_days=window_days)
    assert second.status == 0, second.log
    assert rows_by_day(second)[number_of(gap)] == rows_by_day(first)[number_of(gap)] + 1


@EACH_WINDOW
def test_a_repeated_row_hides_no_missing_row_where_all_totals_are_too_high(
    world, whole, window_days
):
    world.rows(EVENT, int(number_of(days_ago(20))), hide=1)
    world.rows(EVENT, int(number_of(days_ago(25))), repeat=1)
    output = whole(window_days=window_days)
    assert output.status == 1
    assert bookmarks(output) == {EVENT: days_ago(21).isoformat()}
    assert f"on {days_ago(20)}: " in output.log


@pytest.mark.parametrize("hidden", [0, 1])
def test_many_days_without_identical_rows_are_counted_in_ranges(world, whole, hidden):
    for ago in range(LONG + 1):
        world.rows(NEW, int(number_of(days_ago(ago))), add=2)
    gap = days_ago(17)
    world.rows(NEW, int(number_of(gap)), hide=hidden)
    output = whole(name=NEW)
    assert output.status == hidden, output.log
    closed = days_ago(18 if hidden else 1).isoformat()
    assert bookmarks(output) == {NEW: closed}
    assert (
        f"on {gap}: 1 of 2; the next run" in output.log if hidden else "rows came" not in output.log
    )
    assert len(requests_to(world, COUNTS)) <= (15 if hidden else 1)


@EACH_WINDOW
@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_counts_that_are_all_too_high_are_said_not_to_be_comparable(
    world, launch_tap, mode, window_days
):
    world.faults([fault_of_count(TRENDS, add=1), fault_of_count(COUNTS, add=1)])
    more = {"verify_counts": mode, "window_days": window_days}
    output = launch_tap(config_for(world, start_date=days_ago(LONG).isoformat(), **more))
    assert output.status == (mode == "fail")
    words = f"these are {LONG} of {LONG} days, so the counts of this event may not be comparable"
    assert words in output.log
    assert len(requests_to(world, COUNTS)) == MOST_UNSETTLED
    assert bookmarks(output) == {EVENT: None if mode == "fail" else days_ago(1).isoformat()}


def test_many_days_that_were_counted_too_high_are_settled(read):
    assert "WARNING" not in read().log


OTHERS = 24


@pytest.mark.parametrize("action", [{"count": {"not_ready": 4}}, {"delay": 1.0}], ids=str)
def test_counts_that_are_slow_delay_no_export_of_another_event(start_emulator, launch_tap, action):
    emulator = start_emulator(**{**SIZE, "empty_events": OTHERS, "preparing": 0})
    slow = [f"Never Happened {number}" for number in range(1, OTHERS + 1)]
    match = {"path": TRENDS, "kind": "count"}
    emulator.faults([{"match": {**match, "event_name": name}, "action": action} for name in slow])
    output = launch_tap(config_for(emulator, events=[EVENT, *slow], window_days=1))
    assert output.status == 0, output.log
    asked = [each for each in emulator.requests()["requests"] if each["method"] == "POST"]
    last_count = max(at for at, each in enumerate(asked) if each["path"].startswith(TRENDS))
    opened = [at for at, each in enumerate(asked) if each["path"] == "/1/events.json"]
    assert len(opened) == 10
    assert opened[-1] < last_count
    assert set(bookmarks(output)) == {EVENT, *slow}
