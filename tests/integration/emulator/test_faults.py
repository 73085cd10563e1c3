"""Scheduled faults affect exactly the requests that they match."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.walking import EVENTS, asking, opened, records

EVENT = {"type": "event", "identity": "anna", "evtName": "Order Placed"}
UPLOAD = {"kind": "upload"}


def upload(emulator, *entries):
    return emulator.api("POST", "/1/upload", json={"d": list(entries) or [EVENT]})


def stored(emulator) -> int:
    return emulator.uploads()["counts"]["events"]


def statuses(emulator, count, path="/1/profile.json"):
    return [emulator.api("GET", path).status_code for _ in range(count)]


def failing(**match):
    return [{"match": match, "action": {"status": 503}}]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"number": 2}, [200, 503, 200, 200, 200, 200]),
        ({"number": [1, 4]}, [503, 200, 200, 503, 200, 200]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"every": 2, "times": 1}, [200, 503, 200, 200, 200, 200]),
        ({"times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"method": "POST"}, [200] * 6),
        ({"path": "/1/profile"}, [503] * 6),
        ({"kind": "upload"}, [200] * 6),
    ],
    ids=["number", "numbers", "every", "times", "first-two", "method", "path", "kind"],
)
def test_a_fault_hits_the_requests_it_names(clean, match, expected):
    clean.faults(failing(**match))
    assert statuses(clean, 6) == expected
    assert clean.fired() == [expected.count(503)]


def test_of_two_faults_only_the_first_fires_and_uses_up_its_times(clean):
    second = {"match": {"times": 2}, "action": {"status": 500}}
    clean.faults([*failing(number=1), second])
    assert statuses(clean, 4) == [503, 500, 500, 200]
    assert clean.fired() == [1, 2]


def test_a_rate_hits_about_that_share_and_the_same_ones_each_time(clean):
    rounds = []
    for _ in range(2):
        clean.faults(failing(rate=0.3))
        rounds.append(statuses(clean, 100))
    assert rounds[0] == rounds[1]
    assert 15 < rounds[0].count(503) < 45


def test_a_fault_can_name_an_event(clean):
    clean.faults(failing(event_name="Charged", kind="open"))
    opening = [
        clean.api("POST", EVENTS, json=asking(clean, name)).status_code
        for name in ("Search", "Charged")
    ]
    assert opening == [200, 503]


def test_a_status_comes_with_body_and_headers_and_without_effect(clean):
    action = {"status": 429, "body": {"code": 429}, "headers": {"Retry-After": "7"}}
    clean.faults([{"match": UPLOAD, "action": action}])
    answer = upload(clean)
    assert (answer.status_code, answer.json()) == (429, {"code": 429})
    assert answer.headers["Retry-After"] == "7"
    assert stored(clean) == 0


def test_a_status_can_follow_the_effect(clean):
    clean.faults([{"match": UPLOAD, "action": {"status": 504, "effect": True}}])
    assert upload(clean).status_code == 504
    assert stored(clean) == 1


@pytest.mark.parametrize(("moment", "kept"), [("before", 0), ("after", 1)])
def test_a_cut_connection_gives_no_byte(clean, moment, kept):
    clean.faults([{"match": UPLOAD, "action": {"cut": moment}}])
    body = json.dumps({"d": [EVENT]}).encode()
    where = urlsplit(clean.url)
    head = (
        f"POST /1/upload HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        f"X-CleverTap-Account-Id: {clean.account_id}\r\n"
        f"X-CleverTap-Passcode: {clean.passcode}\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
        raw.sendall(head.encode() + body)
        assert raw.recv(1000) == b""
    assert stored(clean) == kept


def test_a_truncated_answer_breaks_off_and_a_clipped_one_ends_well(clean):
    clean.faults(
        [
            {"match": {"number": 1}, "action": {"truncate": 20}},
            {"match": {"number": 2}, "action": {"clip": 20}},
        ]
    )
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        clean.api("GET", "/getSchema?type=events")
    assert len(clean.api("GET", "/getSchema?type=events").content) == 20


def test_html_and_empty_bodies(clean):
    clean.faults(
        [
            {"match": {"number": 1}, "action": {"html": True, "status": 502}},
            {"match": {"number": 2}, "action": {"empty": True}},
        ]
    )
    answer = clean.api("GET", "/getSchema?type=events")
    assert (answer.status_code, answer.text[:6]) == (502, "<html>")
    answer = clean.api("GET", "/getSchema?type=events")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_delay_lets_the_effect_happen_before_the_caller_gives_up(clean):
    clean.faults([{"match": UPLOAD, "action": {"delay": 30}}])
    begun = time.monotonic()
    with pytest.raises(requests.Timeout):
        clean.api("POST", "/1/upload", json={"d": [EVENT]}, timeout=0.3)
    assert stored(clean) == 1
    clean.clear_faults()
    assert upload(clean).status_code == 200
    assert time.monotonic() - begun < 5


def test_a_delayed_effect_does_not_happen_when_the_caller_gives_up(clean):
    clean.faults([{"match": UPLOAD, "action": {"delay_effect": 0.6}}])
    with pytest.raises(requests.Timeout):
        clean.api("POST", "/1/upload", json={"d": [EVENT]}, timeout=0.2)
    time.sleep(0.6)
    assert stored(clean) == 0


def paged(emulator, count, action, at=2):
    emulator.faults([{"match": {"kind": "page", "number": at}, "action": action}])
    cursor = opened(emulator, asking(emulator, "App Launched"), batch_size=100)
    pages = []
    for _ in range(count):
        page = emulator.api("GET", f"{EVENTS}?cursor={cursor}").json()
        pages.append((cursor, page))
        cursor = page.get("next_cursor", cursor)
    return pages


def test_an_expired_cursor_stays_expired(clean):
    answers = [page.get("code") for _, page in paged(clean, 3, {"expire_cursor": True})]
    assert answers == [None, 4004, 4004]


def test_a_repeated_cursor_is_the_one_that_was_asked_with(clean):
    cursor, page = paged(clean, 2, {"repeat_cursor": True})[1]
    assert page["next_cursor"] == cursor


def test_a_row_is_repeated_across_pages(clean):
    pages = [page for _, page in paged(clean, 4, {"repeat_row": True}, at=4)]
    shown = [json.dumps(row, sort_keys=True) for row in records(pages[:3])]
    assert json.dumps(pages[3]["records"][0], sort_keys=True) in shown


def test_an_export_can_go_back_to_being_prepared(clean):
    answers = [page.get("code") for _, page in paged(clean, 4, {"reset_code2": 2})]
    assert answers == [None, 2, 2, None]


def test_record_codes_processed_and_numbers_can_be_forced(clean):
    clean.faults(
        [
            {"match": {"number": 1}, "action": {"record_code": {"2": 555}}},
            {"match": {"number": 2}, "action": {"processed": -1}},
            {"match": {"number": 3}, "action": {"drop_unprocessed_number": True}},
        ]
    )
    forced = upload(clean, EVENT, EVENT).json()
    assert [refused["code"] for refused in forced["unprocessed"]] == [555]
    assert upload(clean, EVENT, EVENT).json()["processed"] == 1
    unnumbered = upload(clean, {**EVENT, "evtName": ""}).json()
    assert "Skipped record number" not in unnumbered["unprocessed"][0]["error"]
    assert stored(clean) == 3


def test_faults_that_make_no_sense_are_refused_with_the_reason(clean):
    answer = requests.post(
        f"{clean.url}/_emulator/faults",
        json=[{"match": {}, "action": {"explode": True}}],
        timeout=10,
    )
    assert answer.status_code == 400
    assert "explode" in answer.json()["error"]


@pytest.mark.parametrize(
    ("match", "action", "named"),
    [
        ({"every": 0}, {}, "every"),
        ({"number": 0}, {}, "number"),
        ({"number": [1, 0]}, {}, "number"),
        ({"times": -1}, {}, "times"),
        ({"rate": 1.5}, {}, "rate"),
        ({}, {"status": 99}, "status"),
        ({}, {"status": 1000}, "status"),
        ({}, {"delay": -1}, "delay"),
        ({}, {"truncate": -1}, "truncate"),
        ({}, {"clip": -1}, "clip"),
        ({}, {"reset_code2": -1}, "reset_code2"),
        ({}, {"status": 503, "headers": {"X-A": "a\r\nb"}}, "headers"),
        ({}, {"status": 503, "headers": {"Ü": "a"}}, "headers"),
        ({}, {"record_code": {"0": 512}}, "record_code"),
    ],
    ids=str,
)
def test_a_fault_that_could_never_be_applied_is_refused(clean, match, action, named):
    answer = clean.session.post(
        f"{clean.url}/_emulator/faults", json=[{"match": match, "action": action}], timeout=10
    )
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def test_faults_nested_too_deeply_are_refused(clean):
    body = '[{"match": {}, "action": {"body": ' + "[" * 100_000
    answer = clean.session.post(f"{clean.url}/_emulator/faults", data=body, timeout=10)
    assert answer.status_code == 400
