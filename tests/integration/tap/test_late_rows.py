"""Days that grew since they were read, and days that stayed short, are read again: once each."""

from __future__ import annotations

import json

import pytest

from tap_clevertap.counts.totals import unpack
from tests.support.counted import (
    COUNTS,
    EVENT,
    SIZE,
    TRENDS,
    bookmarks,
    config_for,
    fault_of_count,
    kept_totals,
    number_of,
    opened_days,
    requests_to,
    rows_by_day,
)
from tests.support.days import days_ago, utc_today
from tests.support.launcher import set_clock
from tests.support.plugin_process import write_json


def late():
    """Return the number of the day that was four days ago."""
    return number_of(days_ago(4))


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


@pytest.fixture
def read(launch_tap, world):
    """Run the tap, by default without days that are read again in any case."""

    def read(before=None, **settings):
        state = None if before is None else before.state
        config = config_for(world, **{"lookback_days": 0, **settings})
        output = launch_tap(config, state=state)
        assert output.status == 0, output.log
        return output

    return read


def days_read(output):
    return set(rows_by_day(output)) - {number_of(utc_today())}


@pytest.mark.parametrize("layout", ["single", "per_event"])
@pytest.mark.parametrize("verify_days", [0, 1, 3])
def test_a_gap_before_verify_days_is_read_again_alone(world, read, verify_days, layout):
    config = {"verify_days": verify_days, "stream_layout": layout}
    world.rows(EVENT, int(late()), hide=1)
    first = read(**config)
    assert "the next run reads these days again" in first.log
    before = len(opened_days(world))
    world.rows(EVENT, int(late()), hide=0)
    second = read(first, **config)
    today = number_of(utc_today())
    assert opened_days(world, before) == [(late(), late()), (today, today)]
    assert "1 days had fewer rows than CleverTap counts" in second.log
    assert rows_by_day(second)[late()] == rows_by_day(first)[late()] + 1
    assert "gaps" not in json.dumps(second.state)
    before = len(opened_days(world))
    read(second, **config)
    assert opened_days(world, before) == [(today, today)]


def test_a_gap_of_more_than_a_year_ago_is_read_again_alone(start_emulator, launch_tap):
    emulator = start_emulator(**{**SIZE, "days": 400, "events_per_day": 30})
    config = config_for(emulator, start_date=days_ago(399).isoformat(), lookback_days=0)
    old = number_of(days_ago(390))
    emulator.rows(EVENT, int(old), hide=1)
    first = launch_tap(config)
    emulator.rows(EVENT, int(old), hide=0)
    before = len(opened_days(emulator))
    second = launch_tap(config, state=first.state)
    assert opened_days(emulator, before) == [(old, old), (number_of(utc_today()),) * 2]
    assert rows_by_day(second)[old] == rows_by_day(first)[old] + 1


@pytest.mark.parametrize("verify_days", [3, 90])
def test_a_gap_that_stays_is_read_again_at_longer_and_longer_intervals(
    world, tap_launcher, tmp_path, verify_days
):
    world.rows(EVENT, int(late()), hide=1)
    days = {"start_date": days_ago(4).isoformat(), "end_date": utc_today().isoformat()}
    config = write_json(config_for(world, verify_days=verify_days, lookback_days=0, **days))
    state, clock, read = None, tmp_path / "clock", {}
    for day in [0, 0, 1, 2, 3, 6, 7, 14, 15, 30, 31, 62, 63, 64, 90]:
        set_clock(clock, day * 86_400)
        before = len(opened_days(world))
        given = [] if state is None else ["--state", write_json(state)]
        output = tap_launcher.run("--config", config, *given, jumps=clock)
        assert output.status == 0, output.log
        state = output.state
        read[day] = output.log if (late(),) * 2 in opened_days(world, before) else ""
    assert [day for day in read if read[day]] == [0, 1, 3, 7, 15, 31, 63]
    assert f"runs from {days_ago(-3)} on read these days again" in read[1]
    assert "no later run reads 1 of these days again" in read[63]
    assert "gaps" not in json.dumps(state)


@pytest.mark.parametrize("verify_days", [2, 90])
def test_a_gap_of_an_earlier_run_fails_the_runs_that_read_it_and_holds_no_bookmark(
    world, launch_tap, verify_days
):
    config = config_for(world, lookback_days=0, verify_days=verify_days)
    world.rows(EVENT, int(late()), hide=1)
    first = launch_tap({**config, "end_date": days_ago(2).isoformat()})
    fails = {**config, "verify_counts": "fail"}
    second = launch_tap(fails, state=first.state)
    assert second.status == 1
    assert "rows are missing of 1 events (`Charged`); run again" in second.log
    assert bookmarks(second) == {EVENT: days_ago(1).isoformat()}
    assert f"runs from {days_ago(-1)} on read these days again" in second.log
    third = launch_tap(fails, state=second.state)
    assert third.status == 0, third.log
    assert not days_read(third)


@pytest.mark.parametrize("hidden", [0, 1])
def test_rows_within_the_tolerance_are_looked_for_once_more(world, read, hidden):
    config = {"verify_tolerance": 0.5}
    world.rows(EVENT, int(late()), hide=1)
    first = read(**config)
    assert "WARNING" not in first.log
    world.rows(EVENT, int(late()), hide=hidden)
    second = read(first, **config)
    assert rows_by_day(second)[late()] == rows_by_day(first)[late()] + 1 - hidden
    third = read(second, **config)
    assert not days_read(third)
    world.rows(EVENT, int(late()), add=1)
    assert days_read(read(third, **config)) == {late()}


def test_a_gap_that_a_later_run_reads_is_said_to_be_one(world, read):
    world.rows(EVENT, int(late()), hide=1)
    log = read(verify_days=4).log
    assert "the next run reads these days again" in log
    assert "no later run" not in log


def test_a_late_row_that_an_export_lacks_at_first_is_read_later(world, read):
    first = read()
    world.rows(EVENT, int(late()), add=1, hide=1)
    second = read(first)
    rows = rows_by_day(first)[late()]
    assert f"{rows} of {rows + 1}" in second.log
    world.rows(EVENT, int(late()), hide=0)
    third = read(second)
    assert rows_by_day(third)[late()] == rows + 1
    assert not days_read(read(third))


def test_rows_that_arrive_before_and_after_an_export_fail_no_run(world, read):
    world.rows(EVENT, int(late()), add=2, hide=2)
    world.faults([fault_of_count(TRENDS, days=[int(late())], add=-5)])
    first = read(verify_counts="fail")
    world.clear_faults()
    world.rows(EVENT, int(late()), hide=0)
    second = read(first, verify_counts="fail")
    assert rows_by_day(second)[late()] == rows_by_day(first)[late()] + 2
    assert not days_read(read(second, verify_counts="fail"))


def test_a_day_that_stays_short_is_read_once_more_and_grows_again(world, read):
    first = read()
    world.rows(EVENT, int(late()), add=1, hide=1)
    third = read(read(first))
    assert days_read(third) == {late()}
    fourth = read(third)
    assert not days_read(fourth)
    world.rows(EVENT, int(late()), add=1)
    assert days_read(read(fourth)) == {late()}


def test_a_gap_of_the_oldest_day_that_is_kept_fails_each_run_until_it_is_closed(world, launch_tap):
    until = days_ago(3).isoformat()
    kept = {"verify_days": 2, "lookback_days": 0}
    first = launch_tap(config_for(world, end_date=until, **kept))
    world.rows(EVENT, int(late()), add=1, hide=1)
    config = config_for(world, verify_counts="fail", **kept)
    second = launch_tap(config, state=first.state)
    assert second.status == 1
    assert bookmarks(second) == {EVENT: until}
    third = launch_tap(config, state=second.state)
    assert third.status == 1
    world.rows(EVENT, int(late()), hide=0)
    fourth = launch_tap(config, state=third.state)
    assert fourth.status == 0, fourth.log
    assert rows_by_day(fourth)[late()] == rows_by_day(first)[late()] + 1
    assert bookmarks(fourth) == {EVENT: days_ago(1).isoformat()}


def test_a_day_of_the_look_back_that_is_short_is_read_after_it_too(world, read):
    yesterday = number_of(days_ago(1))
    world.rows(EVENT, int(yesterday), add=1, hide=1)
    first = read(lookback_days=1)
    second = read(first, lookback_days=1)
    third = read(second, lookback_days=1)
    assert unpack(kept_totals(third)).doubted == {days_ago(1)}
    world.rows(EVENT, int(yesterday), hide=0)
    fourth = read(third)
    assert rows_by_day(fourth)[yesterday] == rows_by_day(first)[yesterday] + 1
    assert not unpack(kept_totals(fourth)).doubted


def test_a_total_that_a_second_count_disproves_costs_one_more_reading(world, read):
    world.faults([fault_of_count(TRENDS, days=[int(late())], add=5)])
    first = read()
    second = read(first)
    assert days_read(second) == {late()}
    assert "rows came" not in second.log
    assert not days_read(read(second))


def test_a_late_row_is_seen_though_the_total_was_too_high_before(world, read):
    world.faults([fault_of_count(TRENDS, days=[int(late())], add=5)])
    first = read()
    world.clear_faults()
    world.rows(EVENT, int(late()), add=1)
    assert days_read(read(first)) == {late()}


def test_the_bookmark_moves_on_after_a_day_next_to_it_that_grew(world, launch_tap):
    until = days_ago(4).isoformat()
    first = launch_tap(config_for(world, end_date=until))
    assert bookmarks(first) == {EVENT: until}
    before = len(opened_days(world))
    world.rows(EVENT, int(late()), add=1)
    second = launch_tap(config_for(world, lookback_days=0), state=first.state)
    assert opened_days(world, before) == [
        (late(), late()),
        (number_of(days_ago(3)), number_of(utc_today())),
    ]
    assert bookmarks(second) == {EVENT: days_ago(1).isoformat()}


def test_a_run_of_low_counts_makes_no_later_run_read_days_again(world, read):
    config = {"start_date": days_ago(69).isoformat()}
    first = read(**config)
    world.faults([fault_of_count(TRENDS, value=0)])
    second = read(first, events=[EVENT, "Search"], **config)
    assert kept_totals(second) == kept_totals(first)
    world.clear_faults()
    assert not days_read(read(second, **config))


def test_a_smaller_total_is_kept_if_a_second_count_confirms_it(world, read):
    config = {"start_date": days_ago(69).isoformat()}
    world.rows(EVENT, int(late()), add=2)
    first = read(**config)
    low = {"days": [int(late())], "add": -1}
    world.faults([fault_of_count(TRENDS, **low), fault_of_count(COUNTS, **low)])
    second = read(first, **config)
    assert len(requests_to(world, COUNTS)) == 1
    assert kept_totals(second) != kept_totals(first)
    world.clear_faults()
    assert days_read(read(second, **config)) == {late()}


@pytest.mark.parametrize("runs_before", [1, 2, 3])
def test_a_late_row_is_read_where_totals_are_always_lower(world, read, runs_before):
    world.faults([fault_of_count(TRENDS, days=[int(late())], add=-5)])
    output = first = read()
    for _ in range(runs_before - 1):
        output = read(output)
        assert not days_read(output)
    world.rows(EVENT, int(late()), add=2)
    later = read(output)
    assert rows_by_day(later)[late()] == rows_by_day(first)[late()] + 2
    assert not days_read(read(later))


@pytest.mark.parametrize("verify_days", [1, 90])
def test_days_that_grew_are_found_after_a_pause_too(world, read, verify_days):
    config = {"verify_days": verify_days}
    first = read(end_date=days_ago(4).isoformat(), **config)
    world.rows(EVENT, int(late()), add=1)
    second = read(first, **config)
    assert rows_by_day(second)[late()] == rows_by_day(first)[late()] + 1


def test_no_day_is_found_to_grow_that_is_not_kept(world, read):
    first = read()
    world.rows(EVENT, int(late()), add=1)
    for fewer in (0, 3):
        assert not days_read(read(first, verify_days=fewer))
    assert days_read(read(first, verify_days=4)) == {late()}


def test_totals_are_kept_through_a_run_that_asks_for_none(world, read):
    first = read()
    between = read(first, verify_counts="off")
    world.rows(EVENT, int(late()), add=1)
    assert days_read(read(between)) == {late()}


def test_a_late_row_of_a_typed_stream_is_read_with_its_day_alone(world, read):
    config = {"stream_layout": "per_event"}
    first = read(**config)
    world.rows(EVENT, int(late()), add=1)
    before = len(opened_days(world))
    second = read(first, **config)
    today = number_of(utc_today())
    assert opened_days(world, before) == [(late(), late()), (today, today)]
    assert set(second.records) == {"event_charged"}
    assert late() in {str(row["ts"])[:8] for row in second.records["event_charged"]}


def test_days_of_more_than_a_year_are_counted_in_parts(start_emulator, launch_tap):
    emulator = start_emulator(**{**SIZE, "days": 400, "events_per_day": 30})
    config = config_for(emulator, start_date=days_ago(399).isoformat(), verify_counts="fail")
    first = launch_tap(config)
    assert first.status == 0, first.log
    truth = emulator.truth(event_name=EVENT, kind="events")["events"]
    assert len(first.events) == len(truth)
    assert len(requests_to(emulator, TRENDS)) == 2
    old = number_of(days_ago(80))
    emulator.rows(EVENT, int(old), add=1)
    assert old in rows_by_day(launch_tap(config, state=first.state))
