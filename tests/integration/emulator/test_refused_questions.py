"""Rejected reads: unknown credentials, names, dates and paths, and too many at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.walking import EVENTS, PROFILES, asking, walk

RANGE = {"from": 20260829, "to": 20260830}


@pytest.mark.parametrize("path", [EVENTS, PROFILES])
def test_an_unknown_event_is_named_in_a_list_in_a_string(clean, path):
    answer = clean.api("POST", path, json={"event_name": "Uninstalled", **RANGE})
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "fail",
        "error": '["Invalid event : Uninstalled"]',
        "code": 400,
    }


@pytest.mark.parametrize("name", ["charged", "Charged ", "CHARGED", "Video played"])
def test_reading_names_is_exact(clean, name):
    assert clean.api("POST", EVENTS, json={"event_name": name, **RANGE}).json()["code"] == 400


def test_an_event_that_may_not_be_exported_is_http_400(clean):
    answer = clean.api("POST", EVENTS, json={"event_name": "Notification Viewed", **RANGE})
    assert answer.status_code == 400
    assert answer.json()["error"] == "Export not allowed for this event"


def test_a_discarded_event_keeps_its_history(clean):
    schema = clean.api("GET", "/getSchema?type=events").json()["events"]
    assert [event["name"] for event in schema if event["status"] == "Discarded"] == [
        "Legacy Banner Shown"
    ]
    assert clean.truth(kind="events", event_name="Legacy Banner Shown")["events"]
    assert walk(clean, asking(clean, "Legacy Banner Shown"))[0].get("next_cursor")


@pytest.mark.parametrize(
    "days",
    [
        {"from": 20260830, "to": 20260829},
        {"from": 20260830, "to": 20260901},
        {"from": 20260231, "to": 20260830},
        {"from": "soon", "to": 20260830},
        {"from": 20260830},
    ],
    ids=["reversed", "future", "impossible", "no-number", "missing"],
)
def test_a_wrong_range_is_code_4002(clean, days):
    answer = clean.api("POST", EVENTS, json={"event_name": "Charged", **days})
    assert answer.json()["code"] == 4002


def test_unknown_credentials_get_the_recorded_401s(clean):
    unknown = clean.headers | {"X-CleverTap-Account-Id": "NO-SUCH"}
    answer = clean.api("GET", "/getSchema", headers=unknown)
    assert answer.status_code == 401
    assert answer.json() == {"status": "fail", "error": "Account ID is not valid", "code": 401}
    wrong = clean.headers | {"X-CleverTap-Passcode": "guess"}
    answer = clean.api("POST", EVENTS, headers=wrong, json={})
    assert answer.status_code == 401
    assert answer.json() == {"status": "fail", "error": "Invalid Credentials", "code": 401}


def test_unknown_credentials_may_get_no_data_and_no_error(start_emulator):
    emulator = start_emulator(unknown_credentials="silent", wrong_region=True, preparing=0)
    assert emulator.api("GET", "/getSchema?type=events").json() == {
        "status": "success",
        "events": [],
    }
    assert walk(emulator, asking(emulator, "Charged")) == [{"status": "success"}]
    assert walk(emulator, asking(emulator, "Nobody knows")) == [{"status": "success"}]
    assert emulator.api("POST", "/1/upload", json={"d": []}).status_code == 401


def test_the_wrong_region_refuses_right_credentials(start_emulator):
    emulator = start_emulator(wrong_region=True)
    assert emulator.api("GET", "/getSchema").json()["error"] == "Invalid Credentials"


@pytest.mark.parametrize("path", ["/1/event.json", "/1/getSchema", "/", "/v1/nothing"])
def test_an_unknown_path_is_an_empty_200(clean, path):
    answer = clean.api("GET", path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_getschema_can_be_off(start_emulator):
    answer = start_emulator(getschema=False).api("GET", "/getSchema?type=events")
    assert (answer.status_code, answer.content) == (200, b"")


def test_getschema_lists_names_and_user_properties_by_get_and_post(clean):
    events = clean.api("POST", "/getSchema?type=events").json()["events"]
    assert {"App Launched", "Charged", "Café bestellt ☕"} <= {event["name"] for event in events}
    properties = clean.api("GET", "/getSchema?type=userProperties").json()["userProperties"]
    assert "Customer Type" in {each["name"] for each in properties}


@pytest.mark.parametrize(
    ("path", "allowed", "lane"),
    [("/1/profile.json?identity=x", 3, "reads"), ("/1/upload", 15, "uploads")],
    ids=["reads", "uploads"],
)
def test_one_request_too_many_in_flight_is_429(start_emulator, path, allowed, lane):
    emulator = start_emulator(latency_ms=3000)
    body = {"d": []}

    def call(_number):
        return requests.post(emulator.url + path, headers=emulator.headers, json=body, timeout=30)

    with ThreadPoolExecutor(allowed + 2) as pool:
        answers = list(pool.map(call, range(allowed + 2)))
    crowded = [answer for answer in answers if answer.status_code == 429]
    assert len(crowded) == 2
    assert crowded[0].json()["error"] == "Too many concurrent requests"
    assert emulator.requests()["max_in_flight"][lane] > allowed
    assert call(0).status_code != 429


def test_a_second_takes_no_more_uploads_than_are_allowed(start_emulator):
    emulator = start_emulator(uploads_per_second=5)

    def post(count):
        body = {"d": []}
        return [emulator.api("POST", "/1/upload", json=body).status_code for _ in range(count)]

    began = time.monotonic()
    statuses = post(20)
    came_back = int(5 * (time.monotonic() - began))
    assert statuses[:5] == [200] * 5
    assert 5 <= statuses.count(200) <= 5 + came_back
    assert set(statuses) == {200, 429}
    time.sleep(0.5)
    assert post(2) == [200, 200]


def test_a_pace_of_uploads_does_not_slow_down_reads(start_emulator):
    emulator = start_emulator(uploads_per_second=1)
    reads = [emulator.api("GET", "/1/profile.json?identity=x") for _ in range(5)]
    assert 429 not in {answer.status_code for answer in reads}


TRENDS = "/1/counts/trends.json"


def test_unknown_credentials_without_an_error_get_no_trends(start_emulator):
    emulator = start_emulator(unknown_credentials="silent", wrong_region=True, preparing=0)
    groups = {"a": {"trend_type": "daily"}, "b": {"trend_type": "weekly"}}
    for unique in (False, True):
        question = asking(emulator, "Charged") | {"groups": groups, "unique": unique}
        answer = emulator.api("POST", TRENDS, json=question)
        assert answer.json() == {"status": "success", "a": {}, "b": {}}


LONG = "1" * 5000


@pytest.mark.parametrize(
    "path",
    [f"{EVENTS}?batch_size={LONG}", f"/1/counts/events.json?req_id={LONG}"],
    ids=["batch_size", "req_id"],
)
def test_a_number_of_thousands_of_digits_is_answered(clean, path):
    answer = clean.api("POST", path, json=asking(clean, "Charged"))
    assert answer.json()["code"] in {3, 4004}


@pytest.mark.parametrize(
    ("path", "filtered"),
    [
        ("requests", {"since": LONG}),
        ("uploads", {"limit": "-1"}),
        ("truth", {"from": "2026-08-30"}),
        ("truth", {"to": "today"}),
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_read_is_refused_by_name(clean, path, filtered):
    answer = clean.session.get(f"{clean.url}/_emulator/{path}", params=filtered, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{next(iter(filtered))}: `")


@pytest.mark.parametrize("path", [EVENTS, "/1/counts/events.json", "/1/upload"])
def test_a_body_nested_too_deeply_is_malformed(clean, path):
    body = '{"event_name": ' + "[" * 100_000
    assert clean.api("POST", path, data=body).json()["code"] == 400
