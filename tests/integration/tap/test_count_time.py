"""Counts that are slow, or never there, cost a run a limited time, and no export."""

from __future__ import annotations

import pytest

from tap_clevertap.counts.second_counts import MOST_OF_EVENT
from tests.support.counted import (
    COUNTS,
    EVENT,
    SIZE,
    TODAY,
    TRENDS,
    bookmarks,
    config_for,
    days_ago,
    fault_of_count,
    lie,
    number_of,
    requests_to,
    rows_by_day,
    totals,
)

DAYS = 30
"""Each a window of its own that differs from its total; an event may have as many second counts."""
MOST_TRIES = 6
"""Of a second count in the ten seconds that it has; pauses have jitter."""


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


@pytest.fixture
def read(world, launch_tap):
    def read(*faults, **settings):
        start = days_ago(DAYS - 1).isoformat()
        config = config_for(world, start_date=start, window_days=1, **settings)
        true = rows_by_day(launch_tap(config))
        world.faults([fault_of_count(TRENDS, add=1), *faults])
        output = launch_tap(config)
        assert output.status == 0, output.log
        assert rows_by_day(output) == true
        assert bookmarks(output) == {EVENT: days_ago(1).isoformat()}
        return output

    return read


def test_second_counts_that_hang_are_given_up(read, world):
    output = read({"match": {"path": COUNTS}, "action": {"delay": 600.0}})
    assert "trying again" not in output.log
    assert len(requests_to(world, COUNTS)) <= 8


@pytest.mark.parametrize(
    "action", [{"count": {"not_ready": 1_000_000}}, {"status": 503}, {"empty": True}], ids=str
)
def test_second_counts_that_never_come_are_given_up(read, world, action):
    read({"match": {"path": COUNTS}, "action": action})
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
    daily = {day: rows for day, rows in true.items() if day != number_of(TODAY)}
    moved = {
        str(day): daily[str(day)] + step for days, step in ((high, 1), (low, -1)) for day in days
    }
    lie(world, TRENDS, totals(daily, **moved))
    output = launch_tap(config)
    assert output.status == 0, output.log


def test_an_event_has_a_limited_number_of_second_counts(world, launch_tap):
    more = {"lookback_days": 0, "verify_counts": "fail"}
    config = config_for(world, start_date=days_ago(45).isoformat(), window_days=1, **more)
    world.faults([fault_of_count(TRENDS, add=1)])
    first = launch_tap(config)
    assert first.status == 1
    assert len(requests_to(world, COUNTS)) == MOST_OF_EVENT
    assert "more days; the next run reads these days again" in first.log
    assert bookmarks(first)[EVENT] < days_ago(1).isoformat()
    later = first
    for _ in range(3):
        later = launch_tap(config, state=later.state)
    assert later.status == 0, later.log
    assert bookmarks(later) == {EVENT: days_ago(1).isoformat()}


def test_many_days_that_were_counted_too_high_are_settled(read):
    assert "WARNING" not in read().log


OTHERS = 24


@pytest.mark.parametrize("action", [{"count": {"not_ready": 4}}, {"delay": 1.0}], ids=str)
def test_counts_that_are_slow_delay_no_export_of_another_event(start_emulator, launch_tap, action):
    emulator = start_emulator(**{**SIZE, "empty_events": OTHERS})
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
