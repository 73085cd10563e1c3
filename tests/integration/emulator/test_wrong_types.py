"""Values of another type than documented, in every field of every body that the emulator takes."""

from __future__ import annotations

import copy
import json

import pytest
import requests

from tests.support.emulator_page import served
from tests.support.forked_emulator import ForkedEmulator
from tests.support.walking import EVENTS, PROFILES, pages_from

DAYS = {"from": 20260829, "to": 20260831}
EVENT = {"event_name": "Charged", **DAYS}
CONDITIONS = {
    "event_properties": [{"name": "Amount", "operator": "gt", "value": 1}],
    "props": [{"name": "Amount", "value": 1}],
    "session_properties": [{"name": "utm_source", "value": "x"}],
}
PAST = {**EVENT, **CONDITIONS, "operator": "gte", "value": 1}
USERS = {
    "profile_fields": [{"name": "City", "operator": "equals", "value": "Mumbai"}],
    "demographics": [{"name": "Score", "value": 1}],
    "app_fields": [{"name": "Make", "value": "x"}],
    "technographics": [{"name": "OS", "value": "iOS"}],
    "reachability": [{"name": "has_email", "value": True}],
}
PLACES = {"geo_fields": [["India", "Maharashtra", "Mumbai"]], "geo_radius": [[19.1, 72.9, 50]]}
GROUPS = {"groups": {"g": {"trend_type": "daily"}}, "unique": True, "sum_event_prop": "Amount"}
QUERIES = [
    EVENT | CONDITIONS,
    *(EVENT | {"common_profile_properties": {key: USERS[key]}} for key in USERS),
    *(EVENT | {"common_profile_properties": {key: PLACES[key]}} for key in PLACES),
    EVENT | {"advanced_query": {"did_all": [PAST], "did_none": [PAST]}},
    EVENT | {"advanced_query": {"did_any": {"any_events": [PAST], "operator": "gt", "value": 1}}},
]
USER = {"identity": "anna", "objectId": "__a", "FBID": "f", "GPID": "g", "ts": 1788000000}
OPERATED = {
    "Tags": {"$set": ["a"], "$add": ["b"], "$remove": ["c"]},
    "Points": {"$incr": 1},
    "Level": {"$decr": 1.5},
    "Old": {"$delete": 1},
}
FIELDS = {
    "Name": "Anna",
    "Email": "a@example.com",
    "Phone": "+4915112345678",
    "Gender": "F",
    "Employed": "Y",
    "Education": "School",
    "Married": "Y",
    "Age": 5,
    "DOB": "$D_1",
    "identity": "anna",
    "City": "Mumbai",
    "Plan": "Gold",
    **OPERATED,
}
BOUGHT = {"Amount": 1, "Items": [{"a": 1}], "nested": {"a": [1]}}
TOKEN = {"id": "t", "type": "fcm", "keys": {"p256dh": "a", "auth": "b"}}
MATCH = {
    "path": "/1/",
    "method": "GET",
    "kind": "page",
    "event_name": "Charged",
    "number": [1],
    "every": 1,
    "rate": 0.5,
    "times": 1,
    "within": 1,
}
COUNT = {
    "days": [20260830],
    "newest_days": 1,
    "add": 1,
    "share": 0.5,
    "value": 1,
    "missing": True,
    "without_minutes": 1,
    "not_ready": 1,
}
ACTION = {
    "status": 503,
    "body": {},
    "headers": {"Retry-After": "1"},
    "effect": True,
    "delay": 1,
    "delay_effect": 1,
    "cut": "after",
    "truncate": 1,
    "clip": 1,
    "html": True,
    "empty": True,
    "expire_cursor": True,
    "repeat_cursor": True,
    "repeat_row": True,
    "drop_row": True,
    "reset_code2": 1,
    "processed": 1,
    "drop_unprocessed_number": True,
    "count": COUNT,
    "record_code": {"1": 555},
}
ROWS = {"event_name": "Charged", "day": 20260830, "add": 1, "properties": {}, "hide": 0}
SCHEMA = {
    "event_name": "Charged",
    "properties": {"a": "String"},
    "left_out": 0,
    "discarded": False,
    "renamed": "Bought",
    "user_properties": {"a": "String"},
}
REPORT = {"channel": ["push"], "delivery": "api,action", "status": ["running"], "label": ["promo"]}
EXPORTS = (EVENTS, PROFILES)
COUNTS = ("/1/counts/events.json", "/1/counts/profiles.json")
BODIES = [
    *((path, query) for path in (*EXPORTS, *COUNTS) for query in QUERIES),
    ("/1/counts/trends.json", EVENT | GROUPS),
    ("/1/targets/list.json", DAYS),
    ("/1/targets/result.json", {"id": 1457432766}),
    ("/1/message/report.json", {**DAYS, **REPORT, "message_type": ["ab"], "daily": True}),
    ("/1/upload", {"d": [{"type": "event", **USER, "evtName": "Charged", "evtData": BOUGHT}]}),
    ("/1/upload", {"d": [{"type": "profile", **USER, "profileData": FIELDS}]}),
    ("/1/upload", {"d": [{"type": "token", "objectId": "__a", "tokenData": TOKEN}]}),
    ("/1/delete/profiles.json", {"identity": ["nobody"]}),
    ("/1/delete/profiles.json", {"guid": ["nobody"]}),
    ("/1/subscribe", {"d": [{"type": "email", "value": "a@b.de", "status": "Unsubscribe"}]}),
    ("/1/disassociate", {"d": [{"type": "phone", "value": "+4915112345678"}]}),
    ("/_emulator/faults", [{"match": MATCH, "action": ACTION}]),
    ("/_emulator/rows", ROWS | {"repeat": 0}),
    ("/_emulator/schema", SCHEMA),
]
OTHERS = (7, 1.5, "x", ["x"], [["x"]], {"a": 1}, {"$incr": {"a": []}}, None, True)
VIEWS = (
    *("requests?limit=9", "summary", "records?kind=profiles", "records?kind=refused", "uploads"),
    *("truth?event_name=Charged", "user?key=anna", "calls", "exports", "faults", "schema.csv"),
)


def fields(body, path=()):
    """Yield the path of a value and of all that is in it."""
    yield path
    if isinstance(body, (dict, list)):
        for key, value in body.items() if isinstance(body, dict) else enumerate(body):
            yield from fields(value, (*path, key))


def put(body, path, value):
    if not path:
        return value
    changed = part = copy.deepcopy(body)
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return changed


def called(url, body, path):
    """Name a case; the same field of two queries is one case."""
    kind = f"{body['d'][0]['type']} " if url == "/1/upload" else ""
    return f"{url} {kind}{'.'.join(map(str, path))}"


CASES = {
    called(url, body, path): (url, body, path) for url, body in BODIES for path in fields(body)
}


@pytest.fixture(scope="module")
def running():
    options = {"users": 30, "events_per_day": 20, "preparing": 0, "nested_objects": True}
    with ForkedEmulator.start(today="2026-08-31", days=4, **options) as emulator:
        yield emulator


@pytest.mark.parametrize("case", CASES)
def test_a_value_of_another_type_is_answered_as_the_api_does(running, case):
    url, body, path = CASES[case]
    running.reset()
    for value in OTHERS:
        answer = running.api("POST", url, json=put(body, path, value))
        assert answer.status_code in {200, 400}, (value, answer.text)
        answered = answer.json()
        assert url.startswith("/_emulator/") or answered["status"] in {"success", "partial", "fail"}
        if "cursor" in answered:
            pages_from(running, answered["cursor"], url)
    running.clear_faults()
    for name in EXPORTS if url == "/1/upload" else ():
        for each in ({}, {"common_profile_properties": USERS | PLACES}):
            opened = running.api("POST", name, json=EVENT | each).json()
            pages_from(running, opened.get("cursor"), name)
    for view in VIEWS:
        assert running.session.get(f"{running.url}/_emulator/{view}").status_code == 200, view
    statuses = {each["status"] for each in running.requests()["requests"]}
    assert statuses <= {200, 400}


LATIN = "d\xe9j\xe0".encode("latin-1")


@pytest.mark.parametrize("url", ["/1/upload", "/1/subscribe", "/1/disassociate"])
def test_a_record_that_is_not_utf_8_is_refused_alone(running, url):
    running.reset()
    body = b'{"d":[{"type":"%b"},{"type":"email","value":"a@b.de"}]}' % LATIN
    answered = json.loads(running.api("POST", url, data=body).content.decode())
    assert [each["code"] for each in answered["unprocessed"]] == [512, 524 - 12 * ("sub" in url)]
    (logged,) = running.requests()["requests"]
    assert (logged["status"], logged["records"], logged["unprocessed"]) == (200, 2, 2)


@pytest.mark.parametrize("first", ["5", "[]", "null", '{"Amount": 7}'])
def test_of_a_name_that_is_there_twice_the_last_value_counts(running, first):
    running.reset()
    body = '{"d":[{"type":"event","identity":"anna","evtName":"Twice","evtData":%s,"evtData":%s}]}'
    answer = running.api("POST", "/1/upload", data=body % (first, '{"Amount": 1.50}'))
    assert answer.json()["status"] == "success"
    (event,) = running.truth(event_name="Twice", kind="events")["events"]
    assert event["event_props"] == {"Amount": 1.5}


@pytest.mark.parametrize(
    ("url", "body", "error"),
    [
        ("/1/message/report.json", DAYS | {"channel": 1}, "Malformed request"),
        ("/1/message/report.json", DAYS | {"status": [["running"]]}, "Malformed request"),
        ("/1/message/report.json", DAYS | {"label": {"promo": True}}, "Malformed request"),
        (
            "/1/counts/trends.json",
            EVENT | {"groups": {"g": {"trend_type": ["daily"]}}},
            "Invalid group",
        ),
        *(
            (
                url,
                EVENT | {"common_profile_properties": {"geo_radius": [circle]}},
                '["Invalid value : geo_radius"]',
            )
            for circle in ([10**400, 1, 1], [1, -(10**400), 1])
            for url in (*EXPORTS, *COUNTS)
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(running, url, body, error):
    running.reset()
    answered = running.api("POST", url, json=body).json()
    assert answered == {"status": "fail", "error": error, "code": 400}


@pytest.mark.parametrize("operand", [10**400, -1e300, "1", True, None, [1]], ids=str)
def test_an_increment_by_no_number_of_64_bits_is_refused(running, operand):
    running.reset()
    records = [
        {"type": "profile", "identity": "anna", "profileData": {"Points": change}}
        for change in (10**400, {"$incr": operand}, {"$decr": 1.5})
    ]
    answered = running.api("POST", "/1/upload", json={"d": records}).json()
    assert [each["code"] for each in answered["unprocessed"]] == [512]
    found = running.api("GET", "/1/profile.json", params={"identity": "anna"}).json()["record"]
    assert found["profileData"]["Points"] == 10**400


@pytest.mark.parametrize(
    ("count", "accepted"),
    [
        ({"newest_days": 10**30}, True),
        ({"share": 1_000_000}, True),
        ({"share": 1e308}, False),
        ({"without_minutes": 1e8}, True),
        ({"without_minutes": 1e308}, False),
    ],
    ids=str,
)
def test_a_count_is_altered_by_any_number_that_is_accepted(running, count, accepted):
    running.reset()
    fault = [{"match": {}, "action": {"count": count}}]
    answer = running.session.post(f"{running.url}/_emulator/faults", json=fault)
    assert answer.status_code == (200 if accepted else 400)
    for url in (*COUNTS, "/1/counts/trends.json"):
        assert running.api("POST", url, json=EVENT | GROUPS).json()["status"] == "success"
    running.clear_faults()


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ({"status": 204}, 204),
        ({"status": 304, "body": "x"}, 304),
        ({"status": 204, "html": True}, 204),
    ],
    ids=str,
)
def test_a_response_without_a_body_is_no_failure(running, action, status):
    running.reset()
    running.faults([{"match": {}, "action": action}])
    assert running.api("GET", "/getSchema").status_code == status
    running.clear_faults()
    (logged,) = running.requests()["requests"]
    assert (logged["status"], logged["answer_bytes"]) == (status, 0)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_fault_may_not_lie_about_the_length(running, name):
    fault = [{"match": {}, "action": {"status": 200, "headers": {name: "3"}}}]
    answer = running.session.post(f"{running.url}/_emulator/faults", json=fault)
    assert answer.status_code == 400


def test_a_failure_of_the_emulator_itself_is_logged_as_500():
    with served(break_it) as url:
        assert requests.get(f"{url}/getSchema", timeout=30).status_code == 500
        (logged,) = requests.get(f"{url}/_emulator/requests", timeout=30).json()["requests"]
        assert (logged["status"], logged["code"]) == (500, None)
        outcomes = requests.get(f"{url}/_emulator/summary", timeout=30).json()["requests"]
        assert outcomes["outcomes"] == [{"kind": "schema", "status": 500, "code": None, "count": 1}]


def break_it(project):
    project.handle = lambda request: request.unforeseen
