"""Counts that are late, wrong or refused, by `--counts` and by faults."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.walking import asking

TRENDS, EVENTS, PROFILES = (f"/1/counts/{name}.json" for name in ("trends", "events", "profiles"))
DAILY = {"groups": {"mine": {"trend_type": "daily"}}}
REFUSAL = {"status": "fail", "error": "Counts are not allowed for this account", "code": 403}


def asked(emulator, path, question):
    return emulator.api("POST", path, json=question).json()


def daily(emulator, name="Charged", **changed):
    return asked(emulator, TRENDS, asking(emulator, name) | DAILY | changed)["mine"]


def total(emulator, name="Charged", path=EVENTS, **changed):
    return asked(emulator, path, asking(emulator, name) | changed)


def true_days(emulator, name="Charged"):
    events = emulator.truth(kind="events", event_name=name)["events"]
    return {str(day): n for day, n in Counter(each["ts"] // 1_000_000 for each in events).items()}


def wrong(emulator, *, path="/1/counts/", match=None, **count):
    emulator.faults(
        [{"match": {"kind": "count", "path": path} | (match or {}), "action": {"count": count}}]
    )


def test_daily_totals_are_the_truth_and_days_without_rows_are_absent(clean):
    assert daily(clean) == true_days(clean)
    assert daily(clean, "Refund Requested") == {}


def test_days_without_rows_may_be_listed_as_zero(start_emulator):
    emulator = start_emulator(days=3, preparing=0, trend_zeros=True)
    assert [*daily(emulator, "Refund Requested").values()] == [0, 0, 0]


def test_trends_of_more_than_a_year_are_refused(start_emulator):
    emulator = start_emulator(today="2026-08-31", days=3, preparing=0)
    assert daily(emulator, **{"from": 20250901}) == true_days(emulator)
    answer = asked(emulator, TRENDS, asking(emulator, "Charged") | DAILY | {"from": 20250831})
    assert answer["code"] == 4002
    assert total(emulator, **{"from": 20250831})["count"] == sum(true_days(emulator).values())


def test_counts_and_exports_have_one_limit_in_flight(clean):
    clean.faults([{"match": {"path": "/1/"}, "action": {"delay": 0.5}}])
    paths = [TRENDS, EVENTS, PROFILES, "/1/events.json", "/1/profiles.json"]
    question = asking(clean, "Charged") | DAILY
    with ThreadPoolExecutor(5) as pool:
        answers = pool.map(lambda path: clean.api("POST", path, json=question).status_code, paths)
        assert sorted(answers) == [200, 200, 200, 429, 429]


@pytest.mark.parametrize("path", [TRENDS, EVENTS, PROFILES])
def test_a_project_may_refuse_counts(start_emulator, path):
    emulator = start_emulator(days=2, counts="refused")
    emulator.reset()
    answer = emulator.api("POST", path, json=asking(emulator, "Charged") | DAILY)
    assert (answer.status_code, answer.json()) == (403, REFUSAL)
    assert "cursor" in asked(emulator, "/1/events.json", asking(emulator, "Charged"))


def test_counts_may_be_zero_throughout(start_emulator):
    emulator = start_emulator(days=2, counts="zero", preparing=0)
    assert daily(emulator) == {}
    assert total(emulator)["count"] == 0
    assert total(emulator, path=PROFILES) == {
        "status": "success",
        "count": 0,
        "nQCount": 0,
        "tcount": 0,
        "userDeviceCount": {"devices": 0, "users": 0},
    }


def test_counts_may_never_be_ready(start_emulator):
    emulator = start_emulator(days=2, counts="never-ready", preparing=0)
    req_id = total(emulator)["req_id"]
    polls = [emulator.api("GET", f"{EVENTS}?req_id={req_id}").json()["status"] for _ in range(20)]
    assert set(polls) == {"partial"}
    assert emulator.requests()["counts"] == {"count": 1, "poll": 20}


def test_a_fault_makes_one_count_late(clean):
    wrong(clean, match={"event_name": "Charged"}, not_ready=2)
    waiting, other = total(clean), total(clean, "Search")
    assert (waiting["status"], other["status"]) == ("partial", "success")
    polls = [clean.api("GET", f"{EVENTS}?req_id={waiting['req_id']}").json() for _ in range(2)]
    assert [poll["status"] for poll in polls] == ["partial", "success"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ({"add": 2}, lambda rows: rows + 2),
        ({"add": -2}, lambda rows: rows - 2),
        ({"add": -100_000}, lambda _: None),
        ({"share": 0.5}, lambda rows: round(rows * 0.5)),
        ({"missing": True}, lambda _: None),
        ({"value": -3}, lambda _: -3),
        ({"value": "12"}, lambda _: "12"),
        ({"value": [7]}, lambda _: [7]),
        ({"value": None}, lambda _: None),
    ],
    ids=["more", "fewer", "none", "share", "missing", "negative", "text", "list", "null"],
)
def test_a_fault_changes_the_totals_of_the_days_it_names(clean, count, expected):
    true = true_days(clean)
    changed = {20260829, 20260830}
    wrong(clean, days=sorted(changed), **count)
    told = daily(clean)
    for day, rows in true.items():
        assert told.get(day) == (expected(rows) if int(day) in changed else rows)
    assert ("20260829" in told) == ("value" in count or expected(500) is not None)


def test_trends_alone_may_be_wrong_or_events_too(clean):
    rows = sum(true_days(clean).values())
    wrong(clean, path=TRENDS, add=1, days=[20260830])
    assert (sum(daily(clean).values()), total(clean)["count"]) == (rows + 1, rows)
    wrong(clean, add=1, days=[20260830])
    assert (sum(daily(clean).values()), total(clean)["count"]) == (rows + 1, rows + 1)


def test_a_count_of_wrong_shape_or_without_a_number(clean):
    wrong(clean, value="many")
    assert total(clean) == {"status": "success", "count": "many"}
    wrong(clean, missing=True)
    assert total(clean) == {"status": "success"}


def test_the_newest_days_may_come_after_some_requests(clean):
    wrong(clean, match={"times": 2}, newest_days=2, missing=True)
    told = [sorted(daily(clean)) for _ in range(3)]
    days = sorted(true_days(clean))
    assert told == [days[:-2], days[:-2], days]


def test_the_newest_days_may_come_after_some_time(clean):
    days = sorted(true_days(clean))
    wrong(clean, match={"within": 2}, newest_days=1, missing=True)
    assert sorted(daily(clean)) == days[:-1]
    time.sleep(2.1)
    assert sorted(daily(clean)) == days


def test_rows_of_the_last_minutes_may_not_be_counted_yet(clean):
    true = true_days(clean)
    late = {"type": "event", "identity": "anna", "evtName": "Charged", "ts": 1_788_000_000}
    assert clean.api("POST", "/1/upload", json={"d": [late]}).json()["processed"] == 1
    grown = true_days(clean)
    assert sum(grown.values()) == sum(true.values()) + 1
    wrong(clean, without_minutes=5)
    told = daily(clean)
    assert {day: told[day] for day in [*told][:-1]} == {day: true[day] for day in [*told][:-1]}
    clean.clear_faults()
    assert daily(clean) == grown


def test_refusals_and_broken_responses_are_ordinary_faults(clean):
    body = {"status": "fail", "error": "Not for this event", "code": 400}
    clean.faults(
        [
            {"match": {"kind": "count", "number": 1}, "action": {"status": 400, "body": body}},
            {"match": {"kind": "count"}, "action": {"status": 200, "body": {"status": "success"}}},
        ]
    )
    assert [total(clean), total(clean)] == [body, {"status": "success"}]


@pytest.mark.parametrize(
    "count",
    [{"days": ["soon"]}, {"days": [5]}, {"share": -1}, {"newest_days": 0}, {"lie": 1}],
    ids=["text", "no-day", "share", "newest", "unknown"],
)
def test_a_count_fault_that_makes_no_sense_is_refused(clean, count):
    body = [{"match": {"kind": "count"}, "action": {"count": count}}]
    assert clean.api("POST", "/_emulator/faults", json=body).status_code == 400
