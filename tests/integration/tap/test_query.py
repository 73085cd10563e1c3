"""The setting `query` is in every export, and is refused before anything is sent."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tap_clevertap.counts.totals import pack
from tests.integration.tap.odd_server import DAY, pages, rows, run, serving
from tests.support.pages import README, documented
from tests.support.plugin_process import write_json

QUERY = {
    "event_properties": [{"name": "Amount", "operator": "gte", "value": 99.5}],
    "common_profile_properties": {
        "profile_fields": [{"name": "Email", "value": "zq7@example.org"}],
        "reachability": [{"name": "has_token", "value": True}],
    },
    "advanced_query": {"did_none": [{"event_name": "Search", "from": 20260801, "to": 20260831}]},
}
SENT = json.loads(json.dumps(QUERY).replace("true", '"True"'))
NAMES = ("Charged", "Search")
PEOPLE = {"events": None, "profile_events": ["Charged"]}
PERSONAL = "zq7"


def answers(*names):
    return serving(pages(rows(0, 3)), names=names or NAMES)


def blocks(question):
    """Return the query in the body of an export or a count."""
    own = {"event_name", "from", "to", "unique", "groups"}
    return {key: question[key] for key in question if key not in own}


def exports(server):
    """Return the path and body of each request for an export."""
    return [each for each in server.questions if each[0] in {"/1/events.json", "/1/profiles.json"}]


def query_in(output, stream="events"):
    return output.state["bookmarks"][stream]["query"]


def test_it_is_in_every_export_of_events_and_profiles(tap_launcher):
    with answers() as server:
        output = run(tap_launcher, server, query=QUERY, **PEOPLE)
    assert output.status == 0, output.log
    assert sorted(path for path, _ in exports(server)) == [
        *["/1/events.json"] * 2,
        "/1/profiles.json",
    ]
    assert all(blocks(question) == SENT for _, question in server.questions)
    assert {question["event_name"] for _, question in server.questions} == set(NAMES)
    assert {question["from"] for _, question in server.questions} == {int(DAY.replace("-", ""))}
    assert PERSONAL not in output.log


def test_without_one_nothing_more_is_sent(tap_launcher):
    with answers() as server:
        for nothing in ({}, None):
            output = run(tap_launcher, server, query=nothing)
            assert output.status == 0, output.log
            assert query_in(output) is None
    assert len(exports(server)) == 4
    assert all(blocks(question) == {} for _, question in server.questions)


def test_an_environment_variable_holds_it_as_json(tap_launcher):
    with answers() as server:
        path = write_json(server.config())
        variable = {"TAP_CLEVERTAP_QUERY": json.dumps(QUERY)}
        output = tap_launcher.run("--config", path, "--config=ENV", speed=20, **variable)
        assert output.status == 0, output.log
        assert len(exports(server)) == 2
        assert all(blocks(question) == SENT for _, question in server.questions)
        for text in ("[]", "{", '"x"', "event_properties"):
            variable = {"TAP_CLEVERTAP_QUERY": text}
            output = tap_launcher.run("--config", path, "--config=ENV", speed=20, **variable)
            assert output.status == 1
            assert "TAP_CLEVERTAP_QUERY: it does not hold a JSON object" in output.log


@pytest.mark.parametrize("number", ["99.90", "1e2", "12345678901234567"])
def test_a_number_arrives_with_its_value(tap_launcher, tmp_path, number):
    with answers() as server:
        path = tmp_path / "config.json"
        query = {"event_properties": [{"name": "Amount", "value": 0}]}
        text = json.dumps(server.config(query=query)).replace('"value": 0', f'"value": {number}')
        path.write_text(text)
        output = tap_launcher.run("--config", str(path), speed=20)
    assert output.status == 0, output.log
    (sent,) = server.questions[0][1]["event_properties"]
    assert sent["value"] == json.loads(number)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"from": 20260801}, ["query.from: ", "start_date"]),
        (
            {"event_properties": [{"name": "Amount", "operator": ">", "value": PERSONAL}]},
            ["query.event_properties[0].operator: `>` is not an operator here; use one of equals"],
        ),
        (f"{PERSONAL}", ["query: the value has the wrong type; set an object"]),
        ([{"name": PERSONAL}], ["query: the value has the wrong type; set an object"]),
    ],
    ids=str,
)
def test_a_fault_ends_the_run_before_anything_is_sent(tap_launcher, query, words):
    with answers() as server:
        output = run(tap_launcher, server, query=query)
    assert output.status == 1
    assert [word for word in words if word not in output.log] == []
    assert server.questions == []
    assert PERSONAL not in output.log
    assert "Traceback" not in output.log


def test_an_event_in_it_that_the_project_does_not_have_is_refused_before_reading(tap_launcher):
    with answers("Charged", "search") as server:
        output = run(tap_launcher, server, query=QUERY)
    assert output.status == 1
    path = "query.advanced_query.did_none[0].event_name"
    assert f"{path}: CleverTap does not know `Search`; `Search`: did you mean" in output.log
    assert server.questions == []


def refusing(**failure):
    opened = lambda _: {"status": "fail", **failure}  # noqa: E731 - short
    return serving(pages(rows(0, 3)), names=NAMES, opened=opened)


@pytest.mark.parametrize("settings", [{}, {**PEOPLE, "events": ["Charged"]}])
@pytest.mark.parametrize("http", [200, 400])
def test_a_query_that_clevertap_refuses_ends_the_run_with_its_words(tap_launcher, http, settings):
    words = '["Invalid operator : gte", "\x1b[2J"]'
    with refusing(error=words, code=400, http=http) as server:
        output = run(tap_launcher, server, query=QUERY, **settings)
    assert output.status == 1
    assert f"HTTP {http}, code 400: " in output.log
    assert '`["Invalid operator : gte", "\\x1b[2J"]`' in output.log
    assert "; correct query, or " in output.log
    assert not output.records
    assert "Traceback" not in output.log


def test_other_refusals_are_without_words(tap_launcher):
    with refusing(error=f"quoting {PERSONAL}", code=400) as server:
        output = run(tap_launcher, server)
    assert output.status == 1
    assert PERSONAL not in output.log
    page = lambda *_: {"status": "fail", "error": PERSONAL, "code": 400}  # noqa: E731 - short
    query = {"session_properties": [{"name": "first_time", "value": True}]}
    with serving(page) as server:
        output = run(tap_launcher, server, query=query)
    assert output.status == 1
    assert PERSONAL not in output.log


@pytest.mark.parametrize(
    "words", ['["Invalid event : Search"]', "Invalid event_properties", "Invalid event properties"]
)
def test_a_name_in_it_that_an_export_does_not_know_leaves_no_event_out(tap_launcher, words):
    with refusing(error=words, code=400) as server:
        output = run(tap_launcher, server, query=QUERY, events=None, excluded_events=["Search"])
    assert output.status == 1
    assert "a name in it is unknown: `" in output.log
    assert "left out" not in output.log


def test_an_unknown_event_is_left_out_as_without_a_query(tap_launcher):
    unknown = {"status": "fail", "error": '["Invalid event : Search"]', "code": 400}
    opened = lambda name: unknown if name == "Search" else {"cursor": f"{name}|0"}  # noqa: E731
    with serving(pages(rows(0, 3)), names=NAMES, opened=opened) as server:
        output = run(tap_launcher, server, query=QUERY, events=None)
    assert output.status == 0, output.log
    assert "event `Search` is left out" in output.log
    assert len(output.events) == 3


def test_days_that_are_refused_may_be_those_of_the_query(tap_launcher):
    with refusing(error="Invalid date in did_none", code=4002) as server:
        output = run(tap_launcher, server, query=QUERY)
    assert output.status == 1
    assert "`Invalid date in did_none`" in output.log
    assert "correct query, or check timezone" in output.log


TOTALS = pack({date(2026, 8, 29): 7})


class TestState:
    """The state holds a hash of the query, and a run under another one warns once."""

    CHANGED = "query: it is not the one under which the days in the state were read"

    def runs(self, tap_launcher, *queries, **settings):
        state, outputs = None, []
        with answers() as server:
            for query in queries:
                output = run(tap_launcher, server, state=state, query=query, **settings)
                assert output.status == 0, output.log
                outputs.append(output)
                state = output.state
        return outputs

    def test_a_changed_query_is_a_warning_in_one_run(self, tap_launcher):
        outputs = self.runs(tap_launcher, None, None, QUERY, QUERY, None, **PEOPLE)
        assert [output.log.count(self.CHANGED) for output in outputs] == [0, 0, 1, 0, 1]
        assert "meltano run --full-refresh" in outputs[2].log
        found = [(query_in(each), query_in(each, "profiles")) for each in outputs]
        assert found[0] == found[1] == found[4] == (None, None)
        assert found[2] == found[3]
        assert found[2][0] == found[2][1]
        assert len(found[2][0]) == 16
        assert PERSONAL not in json.dumps(outputs[2].state)

    def test_days_stay_closed_and_what_was_counted_is_forgotten(self, tap_launcher):
        (before,) = self.runs(tap_launcher, None)
        state = before.state
        for partition in state["bookmarks"]["events"]["partitions"]:
            partition["totals"] = TOTALS
        with answers() as server:
            after = run(tap_launcher, server, state=state, query=QUERY)
        (first, _) = after.state["bookmarks"]["events"]["partitions"]
        assert first["replication_key_value"] == DAY
        assert first.get("totals") != TOTALS

    def test_a_state_of_which_nothing_was_read_is_taken_over_silently(self, tap_launcher):
        state = {"bookmarks": {"events": {"version": 1, "timezone": "UTC", "query": None}}}
        with answers() as server:
            output = run(tap_launcher, server, state=state, query=QUERY)
        assert output.status == 0
        assert self.CHANGED not in output.log
        assert query_in(output)


def test_the_documented_query_is_sent(launch_tap):
    query = documented(README, "Query")["query"]
    with answers() as server:
        output = launch_tap(server.config(query=query))
    assert output.status == 0, output.log
    assert len(exports(server)) == 2
    assert all(blocks(question) == query for _, question in server.questions)
