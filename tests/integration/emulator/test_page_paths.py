"""The paths of the emulator's page: totals, newest records, users, days, and who may use them."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clevertap_emulator import page
from tests.support.walking import opened

PLACED = {"type": "event", "identity": "anna", "evtName": "Order Placed", "evtData": {"Total": 9.5}}
ANNA = {"type": "profile", "identity": "anna", "profileData": {"Email": "anna@example.com"}}
TOKEN = {"type": "token", "objectId": "__anna", "tokenData": {"type": "fcm", "id": "t1"}}
NO_NAME = {"type": "event", "identity": "anna", "evtData": {}}
BAD_AGE = {"type": "profile", "identity": "ben", "profileData": {"Age": "old"}}
FAULT = {"match": {"kind": "upload", "times": 1}, "action": {"status": 503}}


STATIC = Path(page.__file__).parent / "static"


def own(emulator, path, method="GET", **options):
    """Return the answer of one of the emulator's own paths, without credentials."""
    return emulator.api(method, f"/_emulator/{path}", **{"headers": {}, **options})


def upload(emulator, *records):
    return emulator.api("POST", "/1/upload", json={"d": records})


def raw(emulator, method, path, headers, body=None):
    """Return status, headers and body of a request with exactly these headers."""
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Content-Length": str(len(body or b"")), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def test_the_summary_counts_what_arrived_and_what_was_refused(clean):
    upload(clean, PLACED, ANNA, TOKEN, NO_NAME, BAD_AGE)
    clean.api("POST", "/1/subscribe", json={"d": [{"type": "fax", "value": "1"}]})
    clean.api("POST", "/1/delete/profiles.json", json={"identity": ["anna"]})
    clean.api("GET", "/getSchema", headers={})
    summary = own(clean, "summary").json()
    records = {"events": 1, "profiles": 1, "tokens": 1, "deleted": 1, "refused": 3, "counted": 0}
    assert records.items() <= summary["records"].items()
    refusals = {(each["kind"], each["code"]): each for each in summary["refusals"]}
    assert refusals.keys() == {("event", 509), ("profile", 520), ("subscribe", 524)}
    assert "Event name is mandatory" in refusals["event", 509]["reason"]
    assert summary["requests"]["kinds"] == {"upload": 1, "subscribe": 1, "delete": 1, "schema": 1}
    outcomes = {tuple(each.values()) for each in summary["requests"]["outcomes"]}
    assert ("schema", 401, 401, 1) in outcomes
    assert summary["requests"]["in_flight"] == {"reads": 0, "uploads": 0, "calls": 0}


def test_a_reset_empties_the_summary_and_is_counted(clean):
    upload(clean, PLACED, NO_NAME)
    before = own(clean, "summary").json()
    clean.reset()
    summary = own(clean, "summary").json()
    assert summary["resets"] == before["resets"] + 1
    assert summary["instance"] == before["instance"]
    assert set(summary["records"].values()) == {0}
    assert summary["refusals"] == summary["requests"]["outcomes"] == []


def test_requests_are_selected_from_the_newest(clean):
    for _ in range(3):
        clean.api("GET", "/getSchema")
    upload(clean, PLACED, NO_NAME)
    clean.faults([FAULT])
    upload(clean, PLACED)

    def numbers(**filters):
        return [each["number"] for each in clean.requests(**filters)["requests"]]

    assert numbers() == [1, 2, 3, 4, 5]
    assert numbers(since=3) == numbers(limit=2) == [4, 5]
    assert numbers(before=4, limit=2) == [2, 3]
    assert numbers(kind="schema", limit=1) == [3]
    assert numbers(failed="on") == [4, 5]
    refused, faulty = clean.requests(since=3)["requests"]
    assert (refused["records"], refused["unprocessed"], refused["faulty"]) == (2, 1, False)
    assert (faulty["status"], faulty["unprocessed"], faulty["faulty"]) == (503, None, True)


def test_requests_that_are_still_served_are_asked_for_again(start_emulator):
    emulator = start_emulator(days=1, users=1)
    emulator.api("GET", "/getSchema")
    emulator.faults([{"match": {}, "action": {"delay": 60}}])
    with socket.create_connection(("127.0.0.1", urlsplit(emulator.url).port)) as waiting:
        waiting.sendall(b"GET /getSchema HTTP/1.1\r\nHost: x\r\n\r\n")
        while len(emulator.requests()["requests"]) < 2:
            pass
        assert emulator.requests()["settled_to"] == 1
        emulator.clear_faults()
        emulator.api("GET", "/getSchema")
        assert emulator.requests()["settled_to"] == 1
    while emulator.requests()["settled_to"] < 3:
        pass
    assert own(emulator, "summary").json()["requests"]["outcomes"][-1]["status"] is None


def test_faults_are_added_and_removed_one_by_one(clean):
    clean.faults([FAULT])
    upload(clean, PLACED)
    cut = [{"match": {"kind": "page"}, "action": {"cut": "after"}}]
    added = own(clean, "faults?keep=on", "POST", json=cut).json()["faults"]
    assert [each["fired"] for each in added] == [1, 0]
    assert own(clean, "faults?keep=on", "POST", json=[{"match": {}}]).status_code == 400
    left = own(clean, f"faults?id={added[0]['id']}", "DELETE").json()["faults"]
    assert [each["action"] for each in left] == [{"cut": "after"}]


def test_the_newest_records_come_first_and_are_cut(clean):
    upload(clean, PLACED)
    upload(clean, {**PLACED, "evtName": "Later", "note": "ü" * 5000})
    listed = own(clean, "records?kind=events&limit=1").json()
    assert (listed["total"], len(listed["newest"])) == (2, 1)
    assert listed["newest"][0]["request"] == 2
    assert len(listed["newest"][0]["record"]) == 2001


@pytest.mark.parametrize("path", ["records", "requests", "truth", "uploads"])
def test_an_unknown_kind_is_refused(clean, path):
    refused = own(clean, f"{path}?kind=spoons")
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("kind: `spoons` is not valid")


def test_a_user_is_found_by_every_key_with_all_that_is_known(clean):
    upload(clean, PLACED, ANNA, {**PLACED, "evtName": "Later"}, NO_NAME, {**PLACED, "identity": 5})
    call = {"type": "email", "value": "anna@example.com", "status": "Unsubscribe"}
    clean.api("POST", "/1/subscribe", json={"d": [call]})
    object_id = own(clean, "user?key=anna").json()["profile"]["object_ids"][0]
    for key in ("anna", "anna@example.com", object_id, " anna "):
        found = own(clean, "user", params={"key": key}).json()
        assert found["profile"]["identity"] == "anna"
        lists = {each["kind"]: each for each in found["lists"]}
        totals = {kind: each["total"] for kind, each in lists.items() if each["total"]}
        assert totals == {"events": 2, "profiles": 1, "subscriptions": 1, "refused": 1}
        names = [json.loads(each["record"])["evtName"] for each in lists["events"]["newest"]]
        assert names == ["Later", "Order Placed"]
        assert lists["refused"]["newest"][0]["code"] == 509


def test_a_user_who_was_only_refused_deleted_or_never_seen(clean):
    upload(clean, BAD_AGE)
    ben = own(clean, "user?key=ben").json()
    assert ben["profile"] is None
    assert [each["total"] for each in ben["lists"]] == [0, 0, 0, 1]
    assert own(clean, "user?key=nobody").json()["profile"] is None
    assert own(clean, "user").status_code == 400


def test_a_refused_user_is_found_without_the_blanks_around_the_key(clean):
    upload(clean, {**BAD_AGE, "identity": " ben "}, {**BAD_AGE, "identity": "  "})
    refused = own(clean, "records?kind=refused").json()["newest"]
    assert [each["user"] for each in refused] == [None, "ben"]
    found = own(clean, "user", params={"key": " ben "}).json()
    assert [each["total"] for each in found["lists"] if each["kind"] == "refused"] == [1]


def test_an_event_that_is_asked_for_is_listed_though_many_have_more(clean):
    upload(clean, *({**PLACED, "evtName": f"Event {number}"} for number in range(250)))
    listed = own(clean, "days?event_name=Refund Requested").json()
    assert len(listed["names"]) == 201
    assert listed["names"][-1] == {"name": "Refund Requested", "generated": 0, "uploaded": 0}
    everything = own(clean, "days").json()
    assert len(everything["names"]) == 200
    assert everything["left_out"] == listed["left_out"] + 1
    assert own(clean, "days?event_name=None such").json()["names"] == everything["names"]


def test_days_have_the_events_of_the_truth(clean):
    upload(clean, PLACED, PLACED, {**PLACED, "ts": 1_500_000_000})
    days = own(clean, "days").json()
    assert days["days"] == [f"2026-08-{day}" for day in range(27, 32)]
    truth = clean.truth(kind="events", event_name="Charged")["events"]
    charged = own(clean, "days?event_name=Charged").json()
    by_day = [sum(str(e["ts"]).startswith(f"202608{day}") for e in truth) for day in range(27, 32)]
    assert charged["generated"] == by_day
    assert sum(days["uploaded"]) == 2
    assert days["outside"] == 1
    assert days["names"][0] == {"name": "Order Placed", "generated": 0, "uploaded": 3}
    assert sum(each["generated"] for each in days["names"]) == sum(days["generated"])


def test_large_days_are_counted_without_being_drawn(start_emulator):
    emulator = start_emulator(days=3, events_per_day=30_000, users=100, preparing=0)
    counted = own(emulator, "days?event_name=App Launched").json()
    events = emulator.truth(kind="events", event_name="App Launched")["events"]
    assert sum(counted["generated"][:2]) == sum(
        str(each["ts"])[:8] in {day.replace("-", "") for day in counted["days"][:2]}
        for each in events
    )


def test_what_would_take_too_long_is_unknown_until_an_export_reads_it(start_emulator):
    emulator = start_emulator(days=2, events_per_day=200_000, users=10)
    days = own(emulator, "days?event_name=App Launched").json()
    assert days["unknown"] == days["days"][-1:]
    assert days["generated"][0] > 20_000


def test_open_exports_and_their_pages(clean):
    cursor = opened(clean, {"event_name": "Charged", "from": 20260830, "to": 20260831})
    clean.api("GET", f"/1/events.json?cursor={cursor}")
    (export,) = own(clean, "exports").json()["exports"]
    assert (export["event_name"], export["pages_served"]) == ("Charged", 1)
    assert (export["from"], export["to"]) == ("2026-08-30", "2026-08-31")
    assert not export["expired"]


def test_settings_are_listed_without_the_passcode(start_emulator):
    emulator = start_emulator(days=1, users=1, passcode="open-sesame-77", contract="documented")
    answer = own(emulator, "settings")
    assert "open-sesame-77" not in answer.text
    settings = {each["flag"]: each for each in answer.json()["settings"]}
    assert settings["--contract"]["value"] == "documented"
    assert settings["--contract"]["default"] == "captured"
    assert "--passcode" not in settings


def test_the_page_comes_with_its_files_and_a_strict_policy(clean):
    index = own(clean, "")
    assert index.headers["Content-Type"] == "text/html; charset=utf-8"
    assert own(clean, "page/lit-html/lit-html.js").headers["Content-Type"].startswith("text/javas")
    assert own(clean, "page/../routes.py").status_code == 404
    assert own(clean, "page/lit-html/LICENSE").status_code == 404
    for answer in (index, own(clean, "summary"), own(clean, "uploads?since=x"), own(clean, "none")):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    moved = clean.session.get(f"{clean.url}/_emulator", allow_redirects=False, timeout=60)
    assert (moved.status_code, moved.headers["Location"]) == (308, "/_emulator/")
    assert "Content-Security-Policy" not in clean.api("GET", "/getSchema").headers


def test_lit_html_is_as_its_source_says():
    folder = STATIC / "lit-html"
    listed = re.findall(
        r"^([0-9a-f]{64})  (\S+)$", (folder / "SOURCE.md").read_text(), re.MULTILINE
    )
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {name for _, name in listed} == found - {"SOURCE.md"}
    for digest, name in listed:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    manifest = (STATIC.parents[2] / "pyproject.toml").read_text()
    assert 'license = "Apache-2.0 AND BSD-3-Clause"' in manifest
    assert '"clevertap_emulator/page/static/lit-html/LICENSE"' in manifest


def test_the_page_names_no_other_host_and_no_inline_script():
    for path in STATIC.rglob("*.*"):
        if "lit-html" not in path.parts and path.suffix != ".svg":
            assert "http" not in path.read_text(), path
    index = (STATIC / "index.html").read_text()
    assert re.findall(r"<script[^>]*>", index) == ['<script type="module" src="page/main.js">']
    assert not re.search(r"<style|\sstyle=|\son\w+=", index)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 200),
        ("POST", {"Origin": "http://HOST"}, 200),
        ("POST", {"Origin": "https://evil.example"}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Origin": "http://localhost:1"}, 403),
        ("GET", {"Origin": "https://evil.example"}, 403),
        ("POST", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("POST", {"Sec-Fetch-Site": "same-site"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ("GET", {"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_no_other_site_acts_through_a_browser(clean, method, headers, status):
    host = urlsplit(clean.url).netloc
    given = {name: value.replace("HOST", host) for name, value in headers.items()}
    path = "/_emulator/faults"
    answer = raw(clean, method, path, {"Host": host, **given}, b"[]" if method == "POST" else None)
    assert answer[0] == status
    if status == 403:
        assert b'"status":"fail"' in answer[2]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:8025", 200),
        ("[::1]:8025", 200),
        ("192.168.1.7:8025", 200),
        ("emulator:8025", 200),
        ("clevertap.test", 200),
        ("host.docker.internal:8025", 200),
        ("evil.example.com:8025", 403),
        ("127.0.0.1.evil.com", 403),
        ("evil.com.", 403),
        ("localhost.evil.com", 403),
        ("[::1].evil.com", 403),
        ("127.0.0.1@evil.com", 403),
    ],
)
def test_no_name_that_was_rebound_reads_data(clean, host, status):
    assert raw(clean, "GET", "/_emulator/uploads", {"Host": host})[0] == status
