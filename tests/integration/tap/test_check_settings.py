"""`tap-clevertap check` sees what a run with the same settings would meet."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial

import pytest

from tests.integration.tap.odd_server import pages, rows, serving
from tests.support.checked import run_check
from tests.support.plugin_process import tap_config, write_json
from tests.support.raw_server import RawServer, read_head

SIZE = {"timezone": "UTC", "days": 3, "users": 50, "events_per_day": 300, "preparing": 0}
NO_EVENTS = {
    "match": {"kind": "schema"},
    "action": {"status": 200, "body": {"status": "success", "events": []}},
}
QUERY = {"event_properties": [{"name": "Amount", "operator": "gte", "value": 1}]}
PASSED = [
    "settings", "host", "credentials", "events", "export", "timezone", "counts", "in_flight",
]  # fmt: skip


@pytest.fixture(scope="module")
def project(start_emulator_for_module):
    return start_emulator_for_module(**SIZE)


@pytest.fixture
def emulator(project):
    project.reset()
    return project


@pytest.fixture
def check(tap_launcher):
    return partial(run_check, tap_launcher)


def settings(emulator, **changed):
    return tap_config(emulator, **{"timezone": "UTC", **changed})


def typed(emulator, **changed):
    return settings(emulator, stream_layout="per_event", **changed)


def names_of(emulator):
    found = emulator.api("GET", "/getSchema", params={"type": "events"}).json()["events"]
    return [each["name"] for each in found]


# Typed streams


def test_a_fine_project_of_typed_streams_is_asked_for_its_schema_once(emulator, check):
    found = check(typed(emulator, stream_maps={"event_charged": {"twice": "amount * 2"}}))
    assert found.codes == {}
    assert list(found.findings) == PASSED
    requests = [each["path"] for each in emulator.requests()["requests"]]
    assert requests.count("/getSchema") == 1


def test_a_map_that_does_not_fit_a_typed_stream_is_reported(emulator, check, tap_launcher):
    config = typed(emulator, stream_maps={"event_charged": {"twice": "1 +"}})
    found = check(config)
    assert found.codes == {"settings": "wrong_settings"}
    output = tap_launcher.run("--config", write_json(config))
    assert output.status == 1
    assert found.text("settings") in output.log


@pytest.mark.parametrize(
    ("faults", "changed", "codes"),
    [
        ([NO_EVENTS], {}, {"events": "no_events"}),
        ([], {"events": ["Charged", "No Such Event"]}, {"events": "unknown_events"}),
        ([], {"passcode": "wrong"}, {"credentials": "wrong_passcode"}),
        (
            [{"match": {"kind": "schema"}, "action": {"status": 503}}],
            {"events": ["Charged"]},
            {"api": "failing"},
        ),
        (
            [{"match": {"kind": "schema"}, "action": {"empty": True}}],
            {"events": ["Charged"]},
            {"api": "not_clevertap"},
        ),
    ],
    ids=str,
)
def test_typed_streams_are_told_apart_as_one_stream(emulator, check, faults, changed, codes):
    emulator.faults(faults)
    found = check(typed(emulator, **changed))
    assert found.codes == codes
    assert found.findings["settings"]["ok"]


def test_wrong_credentials_without_an_error_are_no_wrong_setting(start_emulator, check):
    emulator = start_emulator(unknown_credentials="silent", **SIZE)
    found = check(typed(emulator, passcode="wrong"))
    assert found.codes == {"credentials": "wrong_passcode"}


def test_a_host_that_never_responds_is_asked_once_for_typed_streams(check):
    def listen_on(connection):
        read_head(connection)
        time.sleep(20)

    with closing(RawServer(listen_on)) as server:
        config = {"account_id": "a", "passcode": "p", "api_url": f"http://{server.host}"}
        found = check({**config, "stream_layout": "per_event"}, speed=40)
    assert found.codes == {"host": "timeout"}
    assert server.connections == 1


# The setting query


def test_a_query_is_in_each_export_and_count(check):
    with serving(pages(rows(0, 3))) as server:
        found = check(server.config(query=QUERY, verify_counts="warn"), speed=20)
    assert found.codes == {"counts": "unreadable"}
    assert {path for path, _ in server.questions} == {"/1/events.json", "/1/counts/events.json"}
    assert all(asked.items() >= QUERY.items() for _, asked in server.questions)


REFUSAL = {"status": 400, "body": {"status": "fail", "error": "Invalid operator", "code": 400}}
UNKNOWN = {"status": 400, "body": {"status": "fail", "error": '["Invalid event : Search"]'}}
NO_SUCH_DAYS = {"status": 200, "body": {"status": "fail", "error": "Invalid date", "code": 4002}}


@pytest.mark.parametrize("action", [REFUSAL, UNKNOWN, NO_SUCH_DAYS], ids=["400", "name", "days"])
def test_a_query_that_clevertap_refuses_is_reported_with_its_words(emulator, check, action):
    emulator.faults([{"match": {"kind": "open", "number": 1}, "action": action}])
    found = check(settings(emulator, query=QUERY))
    assert found.codes == {"query": "refused"}
    assert action["body"]["error"] in found.text("query")
    assert "correct query" in found.text("query")


def test_exports_that_are_refused_without_a_query_too_are_not_its_fault(emulator, check):
    emulator.faults([{"match": {"kind": "open"}, "action": REFUSAL}])
    found = check(settings(emulator, query=QUERY))
    assert found.codes == {"export": "refused"}
    assert "Invalid operator" not in found.text("export")


def test_an_unknown_event_in_a_query_is_reported_with_its_place(emulator, check):
    clause = {"event_name": "No Such Event", "from": 20260801, "to": 20260831}
    found = check(settings(emulator, query={"advanced_query": {"did_all": [clause]}}))
    assert found.codes == {"events": "unknown_events"}
    assert "query.advanced_query.did_all[0].event_name" in found.text("events")


def test_a_query_that_selects_nothing_is_no_fault(emulator, check):
    rare = {"event_properties": [{"name": "No Such Property", "value": 1}]}
    found = check(settings(emulator, query=rare))
    assert found.codes == {}
    assert found.findings["export"]["code"] == "no_rows"
    assert "that query selects" in found.text("export")


# Events


def test_events_that_are_all_excluded_are_a_wrong_setting(emulator, check):
    found = check(settings(emulator, events=["Charged"], excluded_events=["Charged"]))
    assert found.codes == {"settings": "wrong_settings"}
    assert "excluded_events" in found.text("settings")
    assert emulator.requests()["requests"] == []


@pytest.mark.parametrize("layout", ["single", "per_event"])
def test_a_project_whose_events_are_all_excluded_is_reported(emulator, check, layout):
    excluded = names_of(emulator)
    found = check(settings(emulator, excluded_events=excluded, stream_layout=layout))
    assert found.codes == {"events": "none_left"}
    assert "excluded_events" in found.text("events")
