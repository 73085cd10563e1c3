"""The further streams: all that the emulator has, off by default, and left out if it fails."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from tests.support.inboxes import put_messages
from tests.support.plugin_process import discovered, tap_config, write_json

FURTHER = {
    "event_schema": "name",
    "user_property_schema": "name",
    "campaigns": "id",
    "campaign_reports": "id",
    "message_reports": "message_id",
    "category_groups": "key",
    "content_blocks": "id",
}
ALL = [*FURTHER, "event_counts"]
OF_FILES = ["exported_events", "exported_profiles", "webhook_messages"]
LAST = date(2026, 8, 31)
DAYS = {"start_date": "2026-06-05", "end_date": "2026-08-31", "timezone": "Asia/Kolkata"}
PATHS = {
    "event_schema": "/getSchema",
    "user_property_schema": "/getSchema",
    "campaigns": "/1/targets/list.json",
    "campaign_reports": "/1/targets/result.json",
    "message_reports": "/1/message/report.json",
    "event_counts": "/1/counts/trends.json",
    "category_groups": "/category-groups",
    "content_blocks": "/v1/contentBlock/list",
}


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(
        today="2026-08-31", days=92, users=40, events_per_day=60, report_max_days=14
    )


@pytest.fixture(scope="module")
def catalog():
    """Without events and profiles, so that what is read comes from `select`."""
    catalog = discovered()
    for stream in catalog["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = False
    return write_json(catalog)


@pytest.fixture
def read(launch_tap, emulator, catalog):
    def read(*streams, faults=(), state=None, **settings):
        emulator.reset()
        emulator.faults(list(faults))
        config = tap_config(emulator, **{**DAYS, "select": list(streams), **settings})
        return launch_tap(config, arguments=("--catalog", catalog), state=state)

    return read


def asked(emulator, path):
    return [each for each in emulator.requests()["requests"] if each["path"] == path]


def api(emulator, method, path, **query):
    parts = {"params" if method == "GET" else "json": query}
    return emulator.api(method, path, **parts).json()


def windows(days=28, first=date(2026, 6, 5), last=LAST):
    while first <= last:
        end = min(last, first + timedelta(days - 1))
        yield {"from": int(f"{first:%Y%m%d}"), "to": int(f"{end:%Y%m%d}")}
        first = end + timedelta(1)


def test_none_is_read_without_being_selected(launch_tap, emulator):
    output = launch_tap(tap_config(emulator, events=["Charged"], **DAYS))
    assert output.status == 0, output.log
    assert output.schemas.keys() == {"events", "profiles"}


def test_all_are_read_once_selected(read):
    output = read(*ALL)
    assert output.status == 0, output.log
    assert output.records.keys() == set(ALL)
    assert "left out" not in output.log
    for name, key in FURTHER.items():
        keys = [each[key] for each in output.records[name]]
        assert len(set(keys)) == len(keys)


def test_one_is_read_that_the_catalog_selects(launch_tap, emulator):
    catalog = discovered()
    for stream in catalog["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = stream["tap_stream_id"] == "category_groups"
    emulator.reset()
    output = launch_tap(tap_config(emulator, **DAYS), arguments=("--catalog", write_json(catalog)))
    assert output.records.keys() == {"category_groups"}
    assert [each["path"] for each in emulator.requests()["requests"]] == ["/category-groups"]


@pytest.mark.parametrize(
    ("patterns", "further"),
    [
        (["*.*"], []),
        (["*.*", "!profiles.*", "!campaigns"], []),
        (["*.*", "campaigns.*"], ["campaigns"]),
        (["event*.*", "category_groups.name"], ["event_schema", "event_counts", "category_groups"]),
        (7, [*ALL, *OF_FILES]),
    ],
    ids=str,
)
def test_the_pattern_of_meltano_for_all_streams_selects_none(
    tap_launcher, emulator, tmp_path, patterns, further
):
    catalog = discovered()
    for stream in catalog["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = True
    put_messages(tmp_path / "inbox", b"text")
    files = {"export_files_url": str(tmp_path / "files"), "inbox_path": str(tmp_path / "inbox")}
    (tmp_path / "files").mkdir()
    config = write_json(tap_config(emulator, **DAYS, **files))
    output = tap_launcher.run(
        "--config", config, "--catalog", write_json(catalog),
        MELTANO_EXTRACT__SELECT=json.dumps(patterns),
    )  # fmt: skip
    assert output.status == 0, output.log
    assert output.schemas.keys() == {"events", "profiles", *further}
    assert all(each in output.log for each in {*ALL, *OF_FILES} - set(further))


def test_a_wrong_name_is_refused(read):
    output = read("campaign")
    assert output.status == 1
    assert "select" in output.log
    assert "campaigns" in output.log


def test_schemas_have_all_names_and_types(read, emulator):
    output = read("event_schema", "user_property_schema")
    events = api(emulator, "GET", "/getSchema", type="events")["events"]
    properties = api(emulator, "GET", "/getSchema", type="userProperties")["userProperties"]
    by_name = {each["name"]: each for each in output.records["event_schema"]}
    assert by_name.keys() == {each["name"] for each in events}
    for each in events:
        record = by_name[each["name"]]
        assert record["properties"] == each["properties"]
        assert (record["type"], record["status"]) == (each["type"], each["status"])
    assert [(each["name"], each["type"]) for each in output.records["user_property_schema"]] == [
        (each["name"], each["type"]) for each in properties
    ]


def test_campaigns_to_come_are_there_too(launch_tap, start_emulator, catalog):
    emulator = start_emulator(days=40, users=10, events_per_day=10)
    config = tap_config(emulator, timezone="Asia/Kolkata", select=["campaigns"])
    output = launch_tap(config, arguments=("--catalog", catalog))
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    listed = [
        each
        for window in windows(first=today - timedelta(30), last=today + timedelta(30))
        for each in api(emulator, "POST", PATHS["campaigns"], **window)["targets"]
    ]
    assert {each["id"]: each["status"] for each in output.records["campaigns"]} == {
        each["id"]: each["status"] for each in listed
    }
    assert any(each["id"] > 2**53 for each in output.records["campaigns"])
    assert {each["status"] for each in listed} >= {"scheduled", "completed"}


class RefusesDaysToCome(BaseHTTPRequestHandler):
    """A CleverTap that lists no campaigns of days to come."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        campaign = {"id": body["from"], "name": "Diwali", "scheduled_on": body["from"]}
        is_past = body["from"] <= int(f"{datetime.now(timezone.utc):%Y%m%d}")
        refusal = {"status": "fail", "error": "future", "code": 4002}
        response = {"status": "success", "targets": [campaign]} if is_past else refusal
        content = json.dumps(response).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def test_days_to_come_may_be_refused(launch_tap, catalog):
    with ThreadingHTTPServer(("127.0.0.1", 0), RefusesDaysToCome) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        config = {
            "account_id": "a",
            "passcode": "p",
            "api_url": f"http://127.0.0.1:{server.server_port}",
            "timezone": "UTC",
            "select": ["campaigns"],
        }
        output = launch_tap(config, arguments=("--catalog", catalog))
        server.shutdown()
    assert output.status == 0, output.log
    assert "left out" not in output.log
    assert len(output.records["campaigns"]) == 1


def test_campaigns_without_a_result_are_reported_later(read, emulator):
    output = read("campaign_reports")
    ids = {
        each["id"]
        for window in windows()
        for each in api(emulator, "POST", PATHS["campaigns"], **window)["targets"]
    }
    results = {
        each: api(emulator, "POST", PATHS["campaign_reports"], id=each).get("result")
        for each in ids
    }
    assert {
        each["id"]: {"sent": each["sent"], "clicked": each["clicked"]}
        for each in output.records["campaign_reports"]
    } == {name: result for name, result in results.items() if result}
    without = sum(result is None for result in results.values())
    assert without > 8
    assert f"{without} campaigns have no result yet" in output.log
    assert "WARNING" not in output.log


class FailsForSome(BaseHTTPRequestHandler):
    """A CleverTap that has no results of some campaigns, but always a 503."""

    failing = frozenset((1, 2, 20))
    outage: ClassVar[list[float]] = []

    def do_GET(self):
        self._respond(200, {"status": "success", "events": [{"name": "Charged"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        listed = [{"id": each, "name": "Diwali", "scheduled_on": 20260831} for each in range(1, 41)]
        if self.path.endswith("list.json"):
            self._respond(200, {"status": "success", "targets": listed})
        elif body["id"] in self.failing or time.monotonic() < min(self.outage, default=0):
            self._respond(503, {})
        else:
            self._respond(200, {"status": "success", "result": {"sent": 5, "clicked": body["id"]}})

    def _respond(self, status, response):
        content = json.dumps(response).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def reports_of_a_failing_server(tap_launcher, catalog):
    def run(speed):
        with ThreadingHTTPServer(("127.0.0.1", 0), FailsForSome) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            config = {
                "account_id": "a",
                "passcode": "p",
                "api_url": f"http://127.0.0.1:{server.server_port}",
                "select": ["campaign_reports", "event_schema"],
                **DAYS,
                "start_date": "2026-08-01",
            }
            arguments = ("--config", write_json(config), "--catalog", catalog)
            output = tap_launcher.run(*arguments, speed=speed)
            server.shutdown()
        return output

    return run


def test_results_that_keep_failing_do_not_keep_others_out(reports_of_a_failing_server):
    output = reports_of_a_failing_server(speed=60)
    assert output.status == 0, output.log
    ids = {each["id"] for each in output.records["campaign_reports"]}
    assert ids == {*range(1, 41)} - FailsForSome.failing
    assert "does not give the results of 3 campaigns (HTTP 503)" in output.log
    assert "left out" not in output.log


def test_an_outage_leaves_no_result_out(reports_of_a_failing_server, monkeypatch):
    monkeypatch.setattr(FailsForSome, "failing", frozenset())
    monkeypatch.setattr(FailsForSome, "outage", [time.monotonic() + 4])
    output = reports_of_a_failing_server(speed=60)
    assert output.status == 0, output.log
    assert len(output.records["campaign_reports"]) == 40
    assert "does not give" not in output.log


def test_messages_are_asked_for_14_days_at_most(read, emulator):
    output = read("message_reports")
    messages = [
        each
        for window in windows(14)
        for each in api(emulator, "POST", PATHS["message_reports"], **window)["messages"]
    ]
    assert {each["message_id"]: each["sent"] for each in output.records["message_reports"]} == {
        each["message id"]: each["sent"] for each in messages
    }
    one = output.records["message_reports"][0]
    sent = next(each for each in messages if each["message id"] == one["message_id"])
    assert one["start_date"].replace("-", "") == sent["start_date"]
    assert one["labels"] == sent["labels"]
    assert any(
        "conversion_event" in (each["details"] or {}) for each in output.records["message_reports"]
    )


def test_messages_are_read_again_over_a_look_back(read):
    first = read("message_reports")
    bookmark = first.state["bookmarks"]["message_reports"]
    assert bookmark["replication_key"] == "start_date"
    assert bookmark["replication_key_value"] == "2026-08-31"
    again = read("message_reports", state=first.state)
    days = {each["start_date"] for each in again.records["message_reports"]}
    assert (min(days), max(days)) == ("2026-08-02", "2026-08-31")
    assert again.state == first.state
    longer = read("message_reports", state=first.state, lookback_days=60)
    assert min(each["start_date"] for each in longer.records["message_reports"]) == "2026-07-03"


def test_a_refused_slice_closes_no_later_day(read):
    faults = [{"match": {"path": PATHS["message_reports"], "number": 3}, "action": {"status": 403}}]
    output = read("message_reports", faults=faults, max_in_flight=1)
    assert output.status == 0
    assert "message_reports is left out: /1/message/report.json: CleverTap refuses it" in output.log
    closed = output.state["bookmarks"]["message_reports"].get("replication_key_value", "")
    assert closed < "2026-07-16"


def test_counts_are_the_events_of_each_day(read, emulator):
    output = read("event_counts")
    expected = Counter(
        (each["event_name"], each["ts"] // 1_000_000) for each in emulator.truth()["events"]
    )
    since = {key: total for key, total in expected.items() if key[1] >= 20260605}
    found = {
        (each["event"], int(each["day"].replace("-", ""))): each["total"]
        for each in output.records["event_counts"]
    }
    assert found == since
    state = output.state["bookmarks"]["event_counts"]
    assert state["replication_key_value"] == "2026-08-31"
    assert set(state["events"]) >= {name for name, _ in since}


def test_counts_of_a_new_event_are_read_from_the_start(read):
    first = read("event_counts", events=["Charged"])
    again = read("event_counts", events=["Charged", "Search"], state=first.state)
    firsts = {}
    for each in again.records["event_counts"]:
        firsts.setdefault(each["event"], each["day"])
    assert firsts["Charged"] >= "2026-08-02"
    assert firsts["Search"] < "2026-06-12"


def test_content_blocks_come_in_pages(read, emulator):
    output = read("content_blocks")
    assert sorted(int(each["id"]) for each in output.records["content_blocks"]) == list(
        range(90_000, 90_230)
    )
    one = output.records["content_blocks"][0]
    assert one["created_at"].endswith("+00:00")
    assert one["content"].startswith("<p>Größe")
    assert len(asked(emulator, PATHS["content_blocks"])) == 3


def test_category_groups_have_times(read, emulator):
    groups = api(emulator, "GET", PATHS["category_groups"])["list"]
    output = read("category_groups")
    assert [(each["key"], each["name"], each["channels"]) for each in groups] == [
        (each["key"], each["name"], each["channels"]) for each in output.records["category_groups"]
    ]
    assert all(each["created_on"].endswith("+00:00") for each in output.records["category_groups"])


FAILURES = {
    "403": {"status": 403, "body": {"status": "fail", "error": "not enabled", "code": 403}},
    "fail in a 200": {"status": 200, "body": {"status": "fail", "error": "x", "code": 400}},
    "no such path": {"status": 200, "empty": True},
    "another shape": {
        "status": 200,
        "body": {
            "status": "success",
            "list": 5,
            "targets": 5,
            "messages": 5,
            "contentBlocks": 5,
            "events": 5,
            "userProperties": 5,
            "daily": 5,
        },
    },
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", [each for each in ALL if each != "campaign_reports"])
def test_one_that_fails_is_left_out(read, name, failure):
    match = {"path": PATHS[name]}
    other = "event_schema"
    if PATHS[name] == "/getSchema":
        if failure == "no such path":
            pytest.skip("it is the first request, so no CleverTap API answers there")
        other = "category_groups"
    output = read(
        name, other, faults=[{"match": match, "action": FAILURES[failure]}], events=["Charged"]
    )
    assert output.status == 0, output.log
    assert output.records.keys() == {other}
    assert f"{name} is left out: " in output.log
    assert len(output.states[-1]["bookmarks"].get(name, {}).get("replication_key_value", "")) == 0


@pytest.mark.parametrize("name", ALL)
def test_refused_credentials_end_the_run(read, name):
    output = read(name, passcode="wrong")
    assert output.status == 1
    assert "it refuses the credentials (401)" in output.log


def test_transient_failures_are_retried(read):
    faults = [
        {"match": {"kind": "report", "every": 3, "times": 3}, "action": {"status": 503}},
        {"match": {"kind": "report", "every": 4, "times": 2}, "action": {"cut": "after"}},
    ]
    calm = read(*FURTHER)
    output = read(*FURTHER, faults=faults)
    assert output.status == 0, output.log
    assert "left out" not in output.log
    assert {name: sorted(map(str, rows)) for name, rows in output.records.items()} == {
        name: sorted(map(str, rows)) for name, rows in calm.records.items()
    }
