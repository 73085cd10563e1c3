"""An event of which no user comes, though CleverTap counts some, is said to be one."""

from __future__ import annotations

import json

import pytest

from tests.support.counted import requests_to
from tests.support.days import days_ago
from tests.support.plugin_process import tap_config

SIZE = {"timezone": "UTC", "days": 5, "users": 50, "events_per_day": 200, "empty_events": 2}
EXPORT = "/1/profiles.json"
USERS = "/1/counts/profiles.json"
NEVER = "Never Happened 1"


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


def config_for(emulator, **more):
    names = ["Charged", "Search", NEVER]
    days = {"start_date": days_ago(4).isoformat()}
    return tap_config(
        emulator, **{"timezone": "UTC", "events": names, "profile_events": names, **days, **more}
    )


def lose_users(emulator):
    """Have all exports of users end without a row."""
    page = {"status": 200, "body": {"status": "success", "records": []}}
    emulator.faults([{"match": {"path": EXPORT, "kind": "page"}, "action": page}])


@pytest.mark.parametrize("mode", ["warn", "fail"])
@pytest.mark.parametrize("events", [["Charged"], ["Charged", "Search"]], ids=len)
def test_no_users_at_all_are_a_gap_and_read_again(world, launch_tap, tmp_path, mode, events):
    path = tmp_path / "receipt.json"
    config = config_for(
        world, profile_events=events, verify_counts=mode, receipt_path=str(path), lookback_days=0
    )
    true = launch_tap(config)
    lose_users(world)
    first = launch_tap(config)
    assert first.status == (mode == "fail")
    assert "profiles: no user came of `Charged`" in first.log
    assert not first.profiles
    assert "replication_key_value" not in first.state["bookmarks"]["profiles"]
    receipt = json.loads(path.read_bytes())
    assert receipt["status"] == "gap"
    assert [each["event_name"] for each in receipt["absent_users"]] == events
    world.clear_faults()
    second = launch_tap(config, state=first.state)
    assert second.status == 0, second.log
    keys = [{each["profile_key"] for each in output.profiles} for output in (true, second)]
    assert keys[0] == keys[1]
    assert "absent_users" not in json.loads(path.read_bytes())


@pytest.mark.parametrize("counted", [True, False])
def test_an_event_without_users_costs_a_count_at_most(world, launch_tap, counted):
    """None if the events of this run have a total of 0."""
    events = ["Charged", NEVER] if counted else ["Charged"]
    output = launch_tap(config_for(world, events=events, verify_counts="fail"))
    assert output.status == 0, output.log
    assert output.profiles
    asked = [each["event_name"] for each in requests_to(world, USERS)]
    assert asked == ([] if counted else [NEVER])
    names = output.state["bookmarks"]["profiles"]["events"]
    assert names == ["Charged", NEVER, "Search"]


@pytest.mark.parametrize(
    "action", [{"status": 401}, {"status": 200, "body": {"status": "fail", "code": 400}}], ids=str
)
def test_counts_of_users_that_are_refused_change_nothing(world, launch_tap, action):
    world.faults([{"match": {"path": USERS}, "action": action}])
    output = launch_tap(config_for(world, events=["Charged"], verify_counts="fail"))
    assert output.status == 0, output.log
    assert output.profiles
    assert requests_to(world, USERS)


def test_without_verification_no_user_is_counted(world, launch_tap):
    output = launch_tap(config_for(world, verify_counts="off"))
    assert output.status == 0, output.log
    assert not requests_to(world, USERS)
