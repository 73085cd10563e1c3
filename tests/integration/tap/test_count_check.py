"""What was read is compared with CleverTap's own totals, which also plan what is read."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.support.counted import (
    COUNTS,
    EVENT,
    SIZE,
    TRENDS,
    bookmarks,
    config_for,
    events_of,
    fault_of_count,
    kept_totals,
    lie,
    lie_of_a_gap,
    number_of,
    requests_to,
    rows_by_day,
    rows_of,
    totals,
)
from tests.support.days import days_ago, utc_today


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


each_contract = pytest.mark.parametrize("contract", ["documented", "captured"])
each_layout = pytest.mark.parametrize("layout", ["single", "per_event"])


@each_contract
@each_layout
def test_a_rare_event_is_one_export_and_an_empty_one_none(
    start_emulator, launch_tap, contract, layout
):
    emulator = start_emulator(**{**SIZE, "empty_events": 32, "contract": contract})
    config = {"start_date": days_ago(29).isoformat(), "stream_layout": layout}
    output = launch_tap(config_for(emulator, events=[], **config))
    assert output.status == 0, output.log
    read = Counter(row["event_name"] for row in events_of(output))
    truth = emulator.truth(kind="events")["events"]
    start = int(number_of(days_ago(29)))
    assert read == Counter(row["event_name"] for row in truth if row["ts"] // 10**6 >= start)
    opened = Counter(each["event_name"] for each in requests_to(emulator, "/1/events.json"))
    assert {name: opened[name] for name in read} == dict.fromkeys(read, 1)
    assert len(read) > 1
    assert not [name for name in opened if name.startswith("Never Happened")]
    counted = Counter(each["event_name"] for each in requests_to(emulator, TRENDS))
    assert set(counted.values()) == {1}
    assert not requests_to(emulator, COUNTS)
    assert set(bookmarks(output).values()) >= {days_ago(1).isoformat()}
    assert bookmarks(output)["Never Happened 1"] == days_ago(1).isoformat()


def test_equal_counts_say_nothing(world, launch_tap):
    output = launch_tap(config_for(world, verify_counts="fail"))
    assert output.status == 0, output.log
    assert "WARNING" not in output.log
    assert not requests_to(world, COUNTS)


@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_a_missing_row_is_a_gap(world, launch_tap, mode):
    true = rows_by_day(launch_tap(config_for(world)))
    gap = days_ago(4)
    lie_of_a_gap(world, true, number_of(gap))
    output = launch_tap(config_for(world, verify_counts=mode))
    read = f"{gap}: {true[number_of(gap)]} of {true[number_of(gap)] + 1}"
    assert output.log.count(read) == 1
    assert len(requests_to(world, COUNTS)) == 2
    assert rows_by_day(output) == true
    if mode == "warn":
        assert output.status == 0
        assert bookmarks(output) == {EVENT: days_ago(1).isoformat()}
    else:
        assert output.status == 1
        assert "verify_counts: rows are missing of 1 events (`Charged`)" in output.log
        assert bookmarks(output) == {EVENT: days_ago(5).isoformat()}


def test_a_gap_is_read_again_by_the_next_run_and_then_no_more(world, launch_tap):
    world.rows(EVENT, int(number_of(utc_today())), add=1)  # just after midnight it has none
    true = rows_by_day(launch_tap(config_for(world)))
    gap = number_of(days_ago(4))
    lie_of_a_gap(world, true, gap)
    config = config_for(world, lookback_days=0)
    first = launch_tap(config)
    second = launch_tap(config, state=first.state)
    assert set(rows_by_day(second)) == {gap, number_of(utc_today())}
    third = launch_tap(config, state=second.state)
    assert set(rows_by_day(third)) == {number_of(utc_today())}


@each_contract
@each_layout
def test_a_row_that_a_page_lacks_fails_the_run_and_comes_with_the_next(
    start_emulator, launch_tap, contract, layout
):
    world = start_emulator(**SIZE, contract=contract)
    true = launch_tap(config_for(world, stream_layout=layout))
    world.faults([{"match": {"kind": "page"}, "action": {"drop_row": True}}])
    config = config_for(world, verify_counts="fail", page_size=23, stream_layout=layout)
    first = launch_tap(config)
    assert first.status == 1
    assert "verify_counts: rows are missing of 1 events" in first.log
    world.clear_faults()
    second = launch_tap(config, state=first.state)
    assert second.status == 0, second.log
    found = {row["event_key"] for each in (first, second) for row in events_of(each)}
    assert found == {row["event_key"] for row in events_of(true)}


def test_the_second_count_is_believed(world, launch_tap):
    true = rows_by_day(launch_tap(config_for(world)))
    gap = number_of(days_ago(4))
    lie(world, TRENDS, totals(true, **{gap: true[gap] + 5}))
    output = launch_tap(config_for(world, verify_counts="fail"))
    assert output.status == 0, output.log
    assert len(requests_to(world, COUNTS)) == 1


def test_a_share_may_be_missing(world, launch_tap):
    true = rows_by_day(launch_tap(config_for(world)))
    gap = number_of(days_ago(4))
    lie(world, TRENDS, totals(true, **{gap: true[gap] + 1}))
    output = launch_tap(config_for(world, verify_counts="fail", verify_tolerance=0.5))
    assert output.status == 0, output.log
    assert not requests_to(world, COUNTS)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"status": 200, "body": {"status": "fail", "code": 400, "error": "no"}}, "refuses"),
        ({"status": 200, "body": {"status": "partial", "req_id": 7}}, "in time"),
        ({"status": 200, "body": {"status": "success", "daily": {"20261101": -1}}}, "no number"),
        ({"status": 200, "body": {"status": "success", "daily": {"20261101": "1"}}}, "no number"),
        ({"status": 200, "body": {"status": "success", "other": {}}}, "no number"),
        ({"status": 404, "body": ""}, "refuses"),
        ({"status": 403, "body": {"status": "fail", "code": 403}}, "refuses"),
        ({"status": 401, "body": {"status": "fail", "code": 401}}, "refuses"),
        ({"status": 200, "empty": True}, "refuses"),
        ({"status": 503}, "in time"),
    ],
    ids=str,
)
def test_a_project_without_counts_is_warned_once_and_read(world, launch_tap, action, reason):
    whole = {"events": [], "verify_counts": "fail"}
    true = launch_tap(config_for(world, **whole))
    world.faults([{"match": {"path": "/1/counts"}, "action": action}])
    output = launch_tap(config_for(world, **whole))
    assert output.status == 0, output.log
    assert output.log.count("verify_counts:") == 1
    assert reason in output.log
    assert {row["event_key"] for row in output.events} == {row["event_key"] for row in true.events}
    assert bookmarks(output) == bookmarks(true)


def test_no_count_is_the_first_to_be_refused(world, launch_tap):
    """A schema that is not answered leaves the counts to make the first contact."""
    config = config_for(world)
    true = rows_by_day(launch_tap(config))
    paths = ("/1/counts", "/getSchema")
    world.faults([{"match": {"path": path}, "action": {"empty": True}} for path in paths])
    output = launch_tap(config)
    assert output.status == 0, output.log
    assert rows_by_day(output) == true
    assert output.log.count("verify_counts:") == 1


def test_a_host_that_is_not_the_api_is_named_by_the_exports(world, launch_tap):
    world.faults([{"match": {}, "action": {"empty": True}}])
    output = launch_tap(config_for(world))
    assert output.status == 1
    assert "no CleverTap API answers there" in output.log


def test_counts_that_are_zero_everywhere_are_not_believed(world, launch_tap):
    true = rows_by_day(launch_tap(config_for(world)))
    lie(world, TRENDS, totals(dict.fromkeys(map(number_of, map(days_ago, range(10))), 0)))
    output = launch_tap(config_for(world, verify_counts="fail"))
    assert output.status == 0, output.log
    assert rows_by_day(output) == true
    assert output.log.count("CleverTap counts no row of any event") == 1


def test_a_repeated_row_of_one_day_hides_no_missing_row_of_another(world, launch_tap):
    world.rows(EVENT, int(number_of(days_ago(3))), hide=1)
    world.rows(EVENT, int(number_of(days_ago(5))), repeat=1)
    output = launch_tap(config_for(world, verify_counts="fail"))
    assert output.status == 1
    assert "more rows came than CleverTap counts" in output.log
    assert bookmarks(output) == {EVENT: days_ago(4).isoformat()}


@pytest.mark.parametrize("left_out", [[1], [3], [9], [1, 2, 3, 4, 5, 6]], ids=str)
def test_a_day_that_the_totals_leave_out_is_read_and_proved(world, launch_tap, left_out):
    true = rows_by_day(launch_tap(config_for(world)))
    days = [int(number_of(days_ago(each))) for each in left_out]
    world.faults([fault_of_count(TRENDS, days=days, missing=True)])
    output = launch_tap(config_for(world, verify_counts="fail"))
    assert output.status == 0, output.log
    assert rows_by_day(output) == true
    assert "WARNING" not in output.log
    assert requests_to(world, COUNTS)


@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_a_day_without_any_count_is_not_proved(world, launch_tap, tmp_path, mode):
    left_out = days_ago(3)
    refused = {"status": 200, "body": {"status": "fail", "code": 400, "error": "no"}}
    world.faults(
        [
            fault_of_count(TRENDS, days=[int(number_of(left_out))], missing=True),
            {"match": {"path": COUNTS}, "action": refused},
        ]
    )
    path = tmp_path / "receipt.json"
    output = launch_tap(config_for(world, verify_counts=mode, receipt_path=str(path)))
    assert output.status == 0, output.log
    assert output.log.count("CleverTap's totals leave out days with rows") == 1
    (event,) = json.loads(path.read_bytes())["events"]
    assert [day["day"] for day in event["days"] if day["counted"] is None] == [
        str(each) for each in (left_out, utc_today())
    ]
    assert bookmarks(output) == {EVENT: days_ago(1).isoformat()}


def test_a_missing_row_of_a_day_that_the_totals_leave_out_is_a_gap(world, launch_tap):
    day = int(number_of(days_ago(3)))
    world.rows(EVENT, day, hide=1)
    world.faults([fault_of_count(TRENDS, days=[day], missing=True)])
    output = launch_tap(config_for(world, verify_counts="fail"))
    assert output.status == 1
    assert bookmarks(output) == {EVENT: days_ago(4).isoformat()}


NO_ROW = pytest.mark.parametrize("total", [{"share": 0.0}, {"value": 0}, {"missing": True}])


@NO_ROW
def test_days_that_were_counted_too_early_are_read_by_the_next_run(world, launch_tap, total):
    config = config_for(world, events=[EVENT, "Search"])
    true = len(rows_of(launch_tap(config)))
    world.faults([fault_of_count(TRENDS, **total)])
    first = launch_tap(config)
    assert not rows_of(first)
    assert f"CleverTap counts no row of 1 events (`{EVENT}`), so they are not read" in first.log
    assert not requests_to(world, COUNTS)
    world.clear_faults()
    assert len(rows_of(launch_tap(config, state=first.state))) == true


@NO_ROW
@pytest.mark.parametrize("verify_days", [0, 1])
def test_a_day_that_no_later_run_would_see_grow_is_read(world, launch_tap, total, verify_days):
    config = config_for(world, events=[EVENT, "Search"], verify_days=verify_days)
    true = len(rows_of(launch_tap(config)))
    world.faults([fault_of_count(TRENDS, **total)])
    assert len(rows_of(launch_tap(config))) == true


@NO_ROW
def test_a_day_before_those_that_the_state_keeps_is_read(world, launch_tap, total):
    config = config_for(world, events=[EVENT, "Search"], verify_days=3)
    true = rows_of(launch_tap(config))
    world.faults([fault_of_count(TRENDS, **total)])
    before = len(requests_to(world, "/1/events.json"))
    first = launch_tap(config)
    opened = requests_to(world, "/1/events.json")[before:]
    assert [each["to"] for each in opened if each["event_name"] == EVENT] == [
        int(number_of(days_ago(3)))
    ]
    world.clear_faults()
    second = launch_tap(config, state=first.state)
    keys = {row["event_key"] for each in (first, second) for row in rows_of(each)}
    assert keys == {row["event_key"] for row in true}


def test_a_day_that_had_rows_is_read_though_it_is_counted_as_empty(world, launch_tap):
    config = config_for(world, events=[EVENT, "Search"], lookback_days=3)
    first = launch_tap(config)
    world.faults([fault_of_count(TRENDS, newest_days=4, value=0)])
    second = launch_tap(config, state=first.state)
    recent = [number_of(days_ago(each)) for each in (1, 2, 3)]
    days = [Counter(str(row["ts"])[:8] for row in rows_of(each)) for each in (first, second)]
    assert [days[1][each] for each in recent] == [days[0][each] for each in recent] != [0, 0, 0]
    assert kept_totals(second) == kept_totals(first)


@each_contract
@each_layout
def test_a_late_event_is_read_with_its_day_alone(start_emulator, launch_tap, contract, layout):
    world = start_emulator(**SIZE, contract=contract)
    config = config_for(world, start_date=days_ago(69).isoformat(), stream_layout=layout)
    first = launch_tap(config)
    world.rows(EVENT, int(number_of(days_ago(60))), add=3)
    before = [len(requests_to(world, path)) for path in ("/1/events.json", TRENDS)]
    second = launch_tap(config, state=first.state)
    assert len(requests_to(world, TRENDS)) == before[1] + 1
    assert not requests_to(world, COUNTS)
    opened = [
        (each["from"], each["to"]) for each in requests_to(world, "/1/events.json")[before[0] :]
    ]
    late = int(number_of(days_ago(60)))
    recent = (int(number_of(days_ago(1))), int(number_of(utc_today())))
    assert sorted(opened) == [(late, late), recent]
    rows = rows_by_day(second)
    assert rows[str(late)] == rows_by_day(first)[str(late)] + 3
    third = launch_tap(config, state=second.state)
    assert str(late) not in rows_by_day(third)


def test_a_state_without_totals_is_taken_over(world, launch_tap):
    world.rows(EVENT, int(number_of(utc_today())), add=1)  # just after midnight it has none
    config = config_for(world, start_date=days_ago(69).isoformat())
    state = launch_tap(config).state
    (partition,) = state["bookmarks"]["events"]["partitions"]
    kept = partition.pop("totals")
    output = launch_tap(config, state=state)
    assert set(rows_by_day(output)) == {number_of(days_ago(1)), number_of(utc_today())}
    (partition,) = output.state["bookmarks"]["events"]["partitions"]
    assert partition["totals"] == kept


def test_rows_that_the_api_repeats_are_named(world, launch_tap):
    world.faults([{"match": {"kind": "page"}, "action": {"repeat_row": True}}])
    output = launch_tap(config_for(world, page_size=23))
    assert output.status == 0, output.log
    assert "set duplicates to merge" in output.log
    world.faults([{"match": {"kind": "page"}, "action": {"repeat_row": True}}])
    merged = launch_tap(config_for(world, page_size=23, duplicates="merge"))
    assert "more rows" not in merged.log


def test_a_walk_that_is_begun_again_has_no_gap(world, launch_tap):
    world.faults([{"match": {"kind": "page", "number": 3}, "action": {"expire_cursor": True}}])
    output = launch_tap(config_for(world, page_size=23, verify_counts="fail"))
    assert output.status == 0, output.log
    assert "rows came" not in output.log


def test_a_broken_total_in_the_state_is_refused(world, launch_tap):
    state = launch_tap(config_for(world)).state
    state["bookmarks"]["events"]["partitions"][0]["totals"] = "2026-11-01 many"
    output = launch_tap(config_for(world), state=state)
    assert output.status == 1
    assert "where the totals of days must be" in output.log


def test_without_verification_nothing_is_counted(world, launch_tap):
    output = launch_tap(config_for(world, verify_counts="off"))
    assert output.status == 0, output.log
    assert not requests_to(world, "/1/counts")
    assert "totals" not in json.dumps(output.state)
