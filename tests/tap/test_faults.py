"""What goes wrong on the way never ends a run as a success with rows missing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from plugin_process import run_tap, tap_config

SMALL = {"timezone": "UTC", "days": 3, "users": 40, "events_per_day": 300, "preparing": 0}
PAGE = {"kind": "page"}

RECOVERABLE = [
    pytest.param({"status": 429, "headers": {"Retry-After": "1"}}, id="429 with Retry-After"),
    pytest.param({"status": 503}, id="503"),
    pytest.param({"cut": "before"}, id="cut before"),
    pytest.param({"cut": "after"}, id="cut after"),
    pytest.param({"truncate": 200}, id="truncated body"),
    pytest.param({"html": True}, id="html"),
    pytest.param({"empty": True}, id="empty body"),
    pytest.param({"expire_cursor": True}, id="cursor expired"),
    pytest.param({"repeat_cursor": True}, id="cursor repeated"),
]


@pytest.fixture
def small(start_emulator):
    return start_emulator(**SMALL)


def keys(output):
    return sorted(row["event_key"] for row in output.events)


def config_for(emulator, **more):
    events = ["Charged", "App Launched"]
    start = (datetime.now(timezone.utc) - timedelta(days=2)).date().isoformat()
    config = {"timezone": "UTC", "events": events, "page_size": 46, "start_date": start}
    return tap_config(emulator, **config, **more)


@pytest.mark.parametrize("action", RECOVERABLE)
@pytest.mark.parametrize("number", [1, 3], ids=["first page", "third page"])
def test_a_passing_fault_loses_and_doubles_nothing(small, action, number):
    whole = run_tap(config_for(small))
    small.reset()
    small.faults([{"match": {**PAGE, "number": number}, "action": action}])
    output = run_tap(config_for(small))
    assert output.status == 0, output.log
    assert small.fired() == [1]
    assert keys(output) == keys(whole)
    assert output.state == whole.state


def test_rows_that_moved_between_pages_of_a_second_walk_are_not_doubled(small):
    whole = run_tap(config_for(small))
    small.reset()
    small.faults([{"match": {**PAGE, "number": 4}, "action": {"expire_cursor": True}}])
    output = run_tap(config_for(small))
    assert keys(output) == keys(whole)
    assert len(set(keys(output))) == len(output.events)


def test_a_cursor_that_always_comes_back_ends_the_run_with_advice_and_a_true_state(small):
    small.faults([{"match": {**PAGE, "every": 1}, "action": {"repeat_cursor": True}}])
    output = run_tap(config_for(small, max_in_flight=1))
    assert output.status == 1
    assert "cursor came back" in output.log
    assert "Traceback" not in output.log
    assert output.states == []


def test_401_in_the_middle_stops_at_once_naming_the_suspects(small):
    small.faults([{"match": {**PAGE, "number": 2}, "action": {"status": 401}}])
    output = run_tap(config_for(small))
    assert output.status == 1
    for suspect in ("account_id", "passcode", "region"):
        assert suspect in output.log
    assert "Traceback" not in output.log


def test_an_export_in_progress_is_waited_for_and_holds_up_no_other(start_emulator):
    emulator = start_emulator(**{**SMALL, "preparing": 3, "preparing_status": 202})
    output = run_tap(config_for(emulator, max_in_flight=1))
    assert output.status == 0, output.log
    requests = emulator.requests()["requests"]
    opened = [n for n, each in enumerate(requests) if each["kind"] == "open"]
    waited = [n for n, each in enumerate(requests) if each["code"] == 2]
    assert len(opened) == 2
    # With one request in flight, the second export is opened before the first is ready.
    assert opened[1] < waited[-1]


def test_patience_with_an_export_in_progress_ends(start_emulator):
    emulator = start_emulator(**{**SMALL, "preparing": 1000})
    output = run_tap(config_for(emulator, not_ready_patience=1))
    assert output.status == 1
    assert "still in progress" in output.log
    assert "not_ready_patience" in output.log


def test_no_more_than_max_in_flight_requests_are_in_flight(start_emulator):
    emulator = start_emulator(**SMALL, latency_ms=30)
    run_tap(tap_config(emulator, timezone="UTC", page_size=46, max_in_flight=3))
    assert emulator.requests()["max_in_flight"]["reads"] == 3
    assert not [each for each in emulator.requests()["requests"] if each["status"] == 429]


def test_what_was_closed_before_a_failure_is_in_the_last_state(small):
    second = {"kind": "open", "event_name": "App Launched"}
    small.faults([{"match": second, "action": {"status": 403, "delay": 2}}])
    output = run_tap(config_for(small))
    assert output.status == 1
    partitions = output.state["bookmarks"]["events"]["partitions"]
    closed = [each["context"]["event_name"] for each in partitions if "first_day" in each]
    assert closed == ["Charged"]
