"""What goes wrong on the way never ends a run as a success with rows missing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.support.plugin_process import run_tap, tap_config

SMALL = {"timezone": "UTC", "days": 3, "users": 40, "events_per_day": 300, "preparing": 0}


@pytest.fixture
def small(start_emulator):
    return start_emulator(**SMALL)


def config_for(emulator, **more):
    events = ["Charged", "App Launched"]
    start = (datetime.now(timezone.utc) - timedelta(days=2)).date().isoformat()
    config = {"timezone": "UTC", "events": events, "page_size": 46, "start_date": start}
    return tap_config(emulator, **config, **more)


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
