"""A state is found in any wrapper, refused where it is another tap's, and never counts as none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.plugin_process import tap_config, write_json

TODAY = "2026-08-31"
SIZE = {"timezone": "UTC", "days": 6, "users": 30, "events_per_day": 60, "preparing": 0}
CHARGED = {"context": {"event_name": "Charged"}}


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SIZE, today=TODAY)


@pytest.fixture(scope="module")
def first(world, tap_launcher):
    return tap_launcher.run("--config", write_json(config_for(world)))


def config_for(world, **more):
    days = {"start_date": "2026-08-26", "end_date": TODAY}
    return tap_config(world, timezone="UTC", events=["Charged"], **days, **more)


def run_with(launch, world, content):
    """Run the tap with such a state file; return its output and the days it asked for."""
    world.reset()
    path = write_json(None)
    Path(path).write_text(content if isinstance(content, str) else json.dumps(content))
    output = launch(config_for(world), arguments=("--state", path))
    asked = [each["from"] for each in world.requests()["requests"] if each["kind"] == "open"]
    return output, asked


WRAPPED = {
    "itself": lambda state: state,
    "with a byte order mark": lambda state: "\ufeff" + json.dumps(state),
    "meltano state get": lambda state: {"singer_state": state},
    "a STATE message": lambda state: {"type": "STATE", "value": state},
    "state.json of a file backend": lambda state: {
        "completed": {"singer_state": state},
        "partial": {},
    },
    "after failed runs only": lambda state: {"completed": {}, "partial": {"singer_state": state}},
    "what a failed run added": lambda state: {
        "completed": {"singer_state": {"bookmarks": {"profiles": {}}}},
        "partial": {"singer_state": state},
    },
    "meltano state export": lambda state: {"dev:a-to-b": {"completed": {"singer_state": state}}},
    "a row of the table": lambda state: {
        "state_id": "dev:a-to-b",
        "partial_state": "{}",
        "completed_state": json.dumps({"singer_state": state}),
    },
    "a document": lambda state: {
        "_id": "5f",
        "state_id": "dev:a-to-b",
        "partial_state": None,
        "completed_state": {"singer_state": state},
    },
    "a job": lambda state: {"payload": {"singer_state": state}},
    "a message in a wrapper": lambda state: {
        "singer_state": {"type": "STATE", "value": {"singer_state": state}}
    },
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED.keys())
def test_a_state_in_a_wrapper_is_continued_from(launch_tap, world, first, wrap):
    output, asked = run_with(launch_tap, world, wrap(first.state))
    assert output.status == 0, output.log
    assert asked == [20260831]
    assert output.state["bookmarks"]["events"] == first.state["bookmarks"]["events"]
    is_bare = wrap(first.state) == first.state or isinstance(wrap(first.state), str)
    assert ("state: read from inside `" in output.log) != is_bare


@pytest.mark.parametrize(
    "content",
    [{}, "null", {"bookmarks": {}}, {"singer_state": {}}, {"completed": {}, "partial": {}}],
    ids=str,
)
def test_an_empty_state_is_that_of_a_first_run(launch_tap, world, first, content):
    output, asked = run_with(launch_tap, world, content)
    assert output.status == 0, output.log
    assert asked == [20260826]
    assert output.state == first.state


EVENTS = {"version": 1, "timezone": "UTC", "query": None}
OURS = {"bookmarks": {"events": {**EVENTS, "partitions": [CHARGED]}}}
FOREIGN = {
    "bookmarks of other streams": ({"bookmarks": {"orders": {"id": 5}, "users": {}}}, "`orders`"),
    "a stream of the same name": (
        {"bookmarks": {"events": {"replication_key_value": "2026-01-01"}}},
        "`events`",
    ),
    "a stream of the same name, with a version": (
        {"bookmarks": {"events": {"version": 1700000000, "last_pk": 5}}},
        "`events`",
    ),
    "profiles of the same name": (
        {"bookmarks": {"profiles": {"replication_key": "id", "replication_key_value": 5}}},
        "`profiles`",
    ),
    "profiles of the same name, with a cursor alone": (
        {"bookmarks": {"profiles": {"cursor": "WzE2OTk"}}},
        "`profiles`",
    ),
    "partitions of other keys": (
        {"bookmarks": {"events": {"partitions": [{"context": {"project": "a"}}]}}},
        "`events`",
    ),
    "partitions of another key as well": (
        {"bookmarks": {"events": {**EVENTS, "partitions": [{"context": {"event": "a"}}]}}},
        "`event_name`",
    ),
    "no bookmarks": ({"orders": "2026-01-01", "users": "2026-01-01"}, "`orders`"),
    "only streams": ({"events": OURS["bookmarks"]["events"]}, "`bookmarks`"),
    "a classic tap's": ({"currently_syncing": None}, "`bookmarks`"),
    "wrapped": ({"singer_state": {"bookmarks": {"orders": {"id": 5}}}}, "`orders`"),
    "two states": ({**OURS, "singer_state": OURS}, "`singer_state`"),
    "two wrappers": ({"value": OURS, "singer_state": OURS}, "`value` and `singer_state`"),
    "an export of two": ({"a": {"completed": OURS}, "b": {"completed": OURS}}, "2 states"),
    "text": ({"value": "yesterday"}, "JSON object"),
    "a list": ({"value": [OURS]}, "JSON object"),
    "wrapped without end": ({"value": {"value": {"value": {"value": {"value": {
        "value": {"value": OURS}}}}}}}, "wrapped"),
    "no day": (
        {"bookmarks": {"events": {"partitions": [{**CHARGED, "replication_key_value": 1}]}}},
        "a day",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("state", "word"), FOREIGN.values(), ids=FOREIGN.keys())
def test_a_state_of_something_else_is_refused_with_advice(launch_tap, world, state, word):
    output, asked = run_with(launch_tap, world, state)
    assert output.status == 1
    (error,) = [line for line in output.log.splitlines() if "| ERROR" in line]
    assert "state: " in error
    assert word in error
    assert "; " in error
    assert asked == []
    assert "Traceback" not in output.log


@pytest.mark.parametrize("content", ["", '{"bookmarks": {"ev', "STATE", "[]", '{"a": 1}\n{"a": 2}'])
def test_a_file_that_holds_no_state_is_refused(launch_tap, world, content):
    output, asked = run_with(launch_tap, world, content)
    assert output.status == 1
    assert "--state: `" in output.log
    assert asked == []


def test_bookmarks_that_are_not_of_this_tap_are_kept_and_named(launch_tap, world, first):
    other = {"replication_key": "id", "partitions": [{"context": {"shop": 5}}]}
    state = {"bookmarks": {**first.state["bookmarks"], "or\nders": other}}
    output, asked = run_with(launch_tap, world, state)
    assert output.status == 0, output.log
    assert asked == [20260831]
    assert "its bookmarks of `or\\nders` are not of this tap" in output.log
    assert output.state["bookmarks"]["or\nders"] == other


WRONG_DAYS = {
    "profiles": {"replication_key": "seen_through", "replication_key_value": "2026-13-45"},
    "paused profiles": {"paused": {"Search": {"first_day": "2026-08-01x"}}, "version": 1},
    "event_counts": {"timezone": "UTC", "replication_key_value": "2026-02-30"},
    "message_reports": {"timezone": "UTC", "first_day": 7},
}


@pytest.mark.parametrize("layout", ["single", "per_event"])
@pytest.mark.parametrize("name", WRONG_DAYS)
def test_a_wrong_day_of_a_later_stream_ends_a_run_before_it_reads(launch_tap, world, name, layout):
    world.reset()
    stream = name.split()[-1]
    further = {"select": [stream]} if stream != "profiles" else {"profile_events": ["Charged"]}
    config = config_for(world, stream_layout=layout, **further)
    output = launch_tap(config, state={"bookmarks": {stream: WRONG_DAYS[name]}})
    assert output.status == 1
    assert "where a day must be" in output.log
    assert not output.records
    assert not [each for each in world.requests()["requests"] if each["kind"] != "schema"]


def test_a_wrong_total_of_an_event_ends_a_run_before_it_reads(launch_tap, world, first):
    state = json.loads(json.dumps(first.state))
    state["bookmarks"]["events"]["partitions"][0]["totals"] = "2026-08-01 many"
    output, asked = run_with(launch_tap, world, state)
    assert (output.status, output.records, asked) == (1, {}, [])
    assert "where the totals of days must be" in output.log
