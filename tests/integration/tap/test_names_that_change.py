"""Events that appear, vanish, come back, are renamed or discarded between runs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from tests.integration.tap.odd_server import pages, rows, run, serving
from tests.support.plugin_process import tap_config

SIZE = {"timezone": "UTC", "days": 12, "users": 40, "events_per_day": 60, "preparing": 0}
VANISHING = "Search"
APPEARING = "Late Riser"
DISCARDED = "Legacy Banner Shown"


def days_ago(days):
    return (datetime.now(timezone.utc).date() - timedelta(days)).isoformat()


def number(day):
    return int(day.replace("-", ""))


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


def config_for(emulator, **more):
    people = {"profile_events": ["*"]}
    return tap_config(emulator, **{"timezone": "UTC", "start_date": days_ago(11), **people, **more})


def schema_of(emulator):
    return emulator.api("GET", "/getSchema?type=events").json()


def set_schema(emulator, events):
    """Have getSchema answer with these events."""
    body = {"status": "success", "events": events}
    emulator.faults([{"match": {"kind": "schema"}, "action": {"status": 200, "body": body}}])


def leave_out(emulator, *names):
    set_schema(
        emulator, [each for each in schema_of(emulator)["events"] if each["name"] not in names]
    )


def first_days(emulator, path, name):
    """Return the first days that exports of an event were asked for."""
    asked = emulator.requests()["requests"]
    of_event = [each for each in asked if each["kind"] == "open" and each["event_name"] == name]
    return {each["from"] for each in of_event if each["path"] == path}


def logged(output, word):
    return [line for line in output.log.splitlines() if "getSchema: " in line and word in line]


def of_events(output):
    return {
        each["context"]["event_name"]: each
        for each in output.state["bookmarks"]["events"]["partitions"]
    }


def keys(*outputs):
    return {row["event_key"] for output in outputs for row in output.events}


def people(*outputs):
    return {row["profile_key"] for output in outputs for row in output.profiles}


def upload(emulator, name, *days):
    """Upload an event of a user for each of some days ago."""
    now = datetime.now(timezone.utc).timestamp()
    answer = emulator.api(
        "POST",
        "/1/upload",
        json={
            "d": [
                {
                    "type": "event",
                    "identity": "u",
                    "ts": int(now) - 86_400 * ago - 60,
                    "evtName": name,
                }
                | {"evtData": {"Ago": ago}}
                for ago in days
            ]
        },
    )
    assert answer.json()["processed"] == len(days)


def test_an_event_that_appears_is_read_from_start_date(launch_tap, world):
    before = launch_tap(config_for(world))
    assert logged(before, "new events") == []
    upload(world, APPEARING, 9, 4, 0)
    after = launch_tap(config_for(world), state=before.state)
    assert after.status == 0, after.log
    assert sorted(
        row["event_props"]["Ago"] for row in after.events if row["event_name"] == APPEARING
    ) == [0, 4, 9]
    assert "u" in {row["identity"] for row in after.profiles}
    (line,) = logged(after, "new events")
    assert (
        f"it has new events (`{APPEARING}`); they are read from start_date, {days_ago(11)}" in line
    )
    bookmark = of_events(after)[APPEARING]
    assert (bookmark["first_day"], bookmark["replication_key_value"]) == (days_ago(11), days_ago(1))
    assert min(first_days(world, "/1/profiles.json", APPEARING)) == number(days_ago(11))
    assert logged(launch_tap(config_for(world), state=after.state), "new events") == []


def test_an_event_that_the_schema_leaves_out_for_a_run_keeps_its_bookmark(launch_tap, world):
    first = launch_tap(config_for(world, end_date=days_ago(6)))
    leave_out(world, VANISHING)
    second = launch_tap(config_for(world, end_date=days_ago(3)), state=first.state)
    assert second.status == 0, second.log
    assert VANISHING not in {row["event_name"] for row in second.events}
    assert of_events(second)[VANISHING]["replication_key_value"] == days_ago(6)
    assert of_events(second)["Charged"]["replication_key_value"] == days_ago(3)
    bookmark = second.state["bookmarks"]["profiles"]
    assert VANISHING not in bookmark["events"]
    assert bookmark["paused"] == {
        VANISHING: {"first_day": days_ago(11), "replication_key_value": days_ago(6)}
    }

    world.reset()
    third = launch_tap(config_for(world), state=second.state)
    assert third.status == 0, third.log
    for path in ("/1/events.json", "/1/profiles.json"):
        assert min(first_days(world, path, VANISHING)) == number(days_ago(6))
        assert min(first_days(world, path, "Charged")) == number(days_ago(3))
    assert "paused" not in third.state["bookmarks"]["profiles"]
    assert VANISHING in third.state["bookmarks"]["profiles"]["events"]
    assert third.state["bookmarks"]["profiles"]["first_day"] == days_ago(11)

    whole = launch_tap(config_for(world))
    assert keys(first, second, third) == keys(whole)
    assert people(first, second, third) == people(whole)
    assert {
        name: each["replication_key_value"]
        for name, each in of_events(third).items()
        if "replication_key_value" in each
    } == {
        name: each["replication_key_value"]
        for name, each in of_events(whole).items()
        if "replication_key_value" in each
    }


def test_an_event_stays_paused_over_many_runs(launch_tap, world):
    state = launch_tap(config_for(world, end_date=days_ago(6))).state
    paused = {VANISHING: {"first_day": days_ago(11), "replication_key_value": days_ago(6)}}
    leave_out(world, VANISHING)
    for last in (5, 4, 3):
        state = launch_tap(config_for(world, end_date=days_ago(last)), state=state).state
        assert state["bookmarks"]["profiles"]["paused"] == paused
    assert state["bookmarks"]["profiles"]["replication_key_value"] == days_ago(3)


def test_it_is_reported_once_and_again_only_if_it_vanishes_again(launch_tap, world):
    output = launch_tap(config_for(world))
    reports = []
    for is_left_out in (True, True, False, True):
        world.reset()
        if is_left_out:
            leave_out(world, VANISHING)
        output = launch_tap(config_for(world), state=output.state)
        assert output.status == 0, output.log
        reports.append(len(logged(output, "leaves out")))
        for stream in ("events", "profiles"):
            remembered = output.state["bookmarks"][stream].get("missing")
            assert remembered == ([VANISHING] if is_left_out else None)
    assert reports == [1, 0, 0, 1]


def test_one_that_vanishes_while_another_appears_may_be_renamed(tap_launcher):
    more = {"events": None, "profile_events": ["*"]}
    with serving(pages(rows(0, 3)), names=("Charged", "Search")) as server:
        before = run(tap_launcher, server, **more)
    with serving(pages(rows(0, 3)), names=("Charged", "Searched")) as server:
        after = run(tap_launcher, server, state=before.state, **more)
        again = run(tap_launcher, server, state=after.state, **more)
    (line,) = logged(after, "")
    assert "leaves out 1 events that were read before (`Search`)" in line
    assert "perhaps renamed (`Searched` appeared)" in line
    assert {row["event_name"] for row in after.events} == {"Charged", "Searched"}
    assert logged(again, "") == []


def test_a_discarded_event_is_reported_once_and_its_history_is_read(launch_tap, world):
    first = launch_tap(config_for(world))
    (line,) = logged(first, "discarded")
    assert f"it has discarded events (`{DISCARDED}`)" in line
    assert DISCARDED in {row["event_name"] for row in first.events}
    second = launch_tap(config_for(world), state=first.state)
    assert logged(second, "discarded") == []

    events = schema_of(world)["events"]
    for each in events:
        if each["name"] == VANISHING:
            each["status"] = "discarded"
    set_schema(world, events)
    third = launch_tap(config_for(world), state=second.state)
    (line,) = logged(third, "discarded")
    assert f"(`{VANISHING}`)" in line
    assert VANISHING in {row["event_name"] for row in third.events}
    for stream in ("events", "profiles"):
        assert third.state["bookmarks"][stream]["discarded"] == [DISCARDED, VANISHING]
    assert logged(launch_tap(config_for(world), state=third.state), "discarded") == []
    excluded = config_for(world, excluded_events=[DISCARDED, VANISHING])
    assert logged(launch_tap(excluded), "discarded") == []


def test_a_discarded_event_of_typed_streams_is_reported_once(launch_tap, world):
    config = config_for(world, stream_layout="per_event")
    first = launch_tap(config)
    assert len(logged(first, "discarded events")) == 1
    second = launch_tap(config, state=first.state)
    assert logged(second, "discarded events") == []
    assert second.state == first.state


def test_a_schema_that_fails_forgets_nothing(launch_tap, world):
    named = {"events": [DISCARDED], "profile_events": []}
    first = launch_tap(config_for(world, **named))
    world.faults([{"match": {"kind": "schema"}, "action": {"empty": True}}])
    second = launch_tap(config_for(world, **named), state=first.state)
    assert second.status == 0, second.log
    assert second.state["bookmarks"]["events"]["discarded"] == [DISCARDED]


def test_a_configured_event_that_was_read_before_is_read_though_the_schema_leaves_it_out(
    launch_tap, world
):
    named = {"events": [VANISHING, "Charged"], "profile_events": [VANISHING, "Charged"]}
    first = launch_tap(config_for(world, end_date=days_ago(3)))
    leave_out(world, VANISHING)
    second = launch_tap(config_for(world, **named), state=first.state)
    assert second.status == 0, second.log
    assert of_events(second)[VANISHING]["replication_key_value"] == days_ago(1)
    assert {row["event_name"] for row in second.events} == {VANISHING, "Charged"}
    unread = launch_tap(config_for(world, **named))
    assert unread.status == 1
    assert f"events: CleverTap does not know `{VANISHING}`" in unread.log


@pytest.mark.parametrize(
    ("stream", "part", "wrong"),
    [
        ("events", "missing", "Search"),
        ("events", "discarded", [5]),
        ("profiles", "paused", ["Search"]),
        ("profiles", "paused", {"Search": "2026-08-01"}),
        ("profiles", "paused", {"Search": {"first_day": 5}}),
        ("profiles", "paused", {"Search": {"replication_key_value": "2026-08-32"}}),
    ],
    ids=str,
)
def test_a_state_of_a_wrong_shape_is_refused(tap_launcher, stream, part, wrong):
    more = {"events": None, "profile_events": ["*"]}
    with serving(pages(rows(0, 3)), names=("Charged", "Search")) as server:
        state = run(tap_launcher, server, **more).state
        state["bookmarks"][stream][part] = wrong
        output = run(tap_launcher, server, state=json.loads(json.dumps(state)), **more)
    assert output.status == 1
    assert "state: " in output.log
    assert "Traceback" not in output.log


def test_a_renamed_event_is_reported_once_and_read_under_its_new_name(launch_tap, world):
    before = launch_tap(config_for(world))
    world.schema(VANISHING, renamed="Searched")
    after = launch_tap(config_for(world), state=before.state)
    assert after.status == 0, after.log
    (line,) = logged(after, "leaves out")
    assert f"(`{VANISHING}`), perhaps renamed (`Searched` appeared)" in line
    of_old = [row for row in before.events if row["event_name"] == VANISHING]
    of_new = [row for row in after.events if row["event_name"] == "Searched"]
    assert len(of_old) == len(of_new) > 0
    again = launch_tap(config_for(world), state=after.state)
    assert logged(again, "leaves out") == logged(again, "new events") == []


def test_a_name_left_out_of_one_answer_costs_nothing(launch_tap, world):
    first = launch_tap(config_for(world, end_date=days_ago(6)))
    world.schema(VANISHING, left_out=1)
    second = launch_tap(config_for(world, end_date=days_ago(3)), state=first.state)
    assert len(logged(second, "leaves out")) == 1
    third = launch_tap(config_for(world), state=second.state)
    assert logged(third, "") == []
    assert keys(first, second, third) == keys(launch_tap(config_for(world)))
