"""Days that change after they were read: late rows, gaps, rows sent twice."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.walking import (
    PROFILES,
    as_truth,
    asking,
    canonical,
    opened,
    pages_from,
    records,
    walk,
)

DAY = 20260829


def exported(emulator, name="Charged"):
    return Counter(as_truth(name, each) for each in records(walk(emulator, asking(emulator, name))))


def true(emulator, name="Charged"):
    events = emulator.truth(kind="events", event_name=name)["events"]
    return Counter(canonical(event) for event in events)


def totals(emulator, name="Charged"):
    question = asking(emulator, name) | {"groups": {"daily": {"trend_type": "daily"}}}
    trends = emulator.api("POST", "/1/counts/trends.json", json=question).json()["daily"]
    count = emulator.api("POST", "/1/counts/events.json", json=question).json()["count"]
    assert sum(trends.values()) == count
    return trends


def test_rows_added_to_a_closed_day_are_in_exports_counts_and_truth(clean):
    before, counted = true(clean), totals(clean)
    told = clean.rows("Charged", DAY, add=20)
    after = true(clean)
    added = after - before
    assert added.total() == after.total() - before.total() == 20
    assert all(f'"ts": {DAY}' in event for event in added)
    assert exported(clean) == after
    rows = counted[str(DAY)] + 20
    assert totals(clean) == counted | {str(DAY): rows}
    assert told == {"event_name": "Charged", "rows": rows, "exported": rows}
    clean.reset()
    assert true(clean) == before


def test_two_additions_have_different_rows(clean):
    before = true(clean)
    for _ in range(2):
        clean.rows("Charged", DAY, add=5)
    assert max((true(clean) - before).values()) == 1


def test_an_export_opened_before_lacks_what_came_after(clean):
    cursor = opened(clean, asking(clean, "Charged"))
    clean.rows("Charged", DAY, add=3, hide=1)
    read = Counter(as_truth("Charged", each) for each in records(pages_from(clean, cursor)))
    assert (true(clean) - read).total() == 3


def test_added_rows_may_have_given_properties_and_a_new_name(clean):
    clean.rows("Coupon Used", DAY, add=2, properties={"Code": "X1", "When": "$D_1700000000"})
    read = records(walk(clean, asking(clean, "Coupon Used")))
    assert [each["event_props"] for each in read] == [{"Code": "X1", "When": "$D_1700000000"}] * 2
    listed = [each["name"] for each in clean.api("GET", "/getSchema").json()["events"]]
    assert listed[-1] == "Coupon Used"
    assert exported(clean, "Coupon Used") == true(clean, "Coupon Used")


def test_rows_may_come_to_days_before_the_history_and_to_names_without_events(clean):
    assert clean.rows("Refund Requested", 20260601, add=1)["rows"] == 1
    question = {"event_name": "Refund Requested", "from": 20260601, "to": 20260601}
    (row,) = records(walk(clean, question))
    assert row["ts"] // 1_000_000 == 20260601


def test_rows_of_today_are_not_in_the_future(clean):
    before = true(clean)
    clean.rows("Charged", 20260831, add=50)
    assert max(event.split('"ts": ')[1] for event in true(clean) - before) < "20260831121000"


def test_hidden_rows_are_counted_and_true_but_not_exported(clean):
    told = clean.rows("Charged", DAY, hide=2)
    assert told["rows"] - told["exported"] == 2
    assert totals(clean)[str(DAY)] == told["rows"]
    gap = true(clean) - exported(clean)
    assert gap.total() == 2
    assert all(f'"ts": {DAY}' in event for event in gap)
    users = records(walk(clean, asking(clean, "Charged"), PROFILES))
    assert len(users) == len(clean.truth(kind="profiles", event_name="Charged")["profiles"])
    clean.rows("Charged", DAY, hide=0)
    assert exported(clean) == true(clean)


def test_repeated_rows_are_exported_twice_and_counted_once(clean):
    told = clean.rows("Charged", DAY, repeat=3)
    assert told["exported"] - told["rows"] == 3
    assert totals(clean)[str(DAY)] == told["rows"]
    assert (exported(clean) - true(clean)).total() == 3


def test_all_rows_of_a_day_may_be_hidden(clean):
    told = clean.rows("Charged", DAY, hide=1000)
    assert told["exported"] == 0
    read = {each["ts"] // 1_000_000 for each in records(walk(clean, asking(clean, "Charged")))}
    assert DAY not in read
    assert len(read) == 4


def test_one_page_may_lack_a_row_once(clean):
    match = {"kind": "page", "event_name": "Charged", "times": 1}
    clean.faults([{"match": match, "action": {"drop_row": True}}])
    assert exported(clean, "Search") == true(clean, "Search")
    assert (true(clean) - exported(clean)).total() == 1
    assert exported(clean) == true(clean)


@pytest.mark.parametrize(
    "change",
    [
        {"event_name": "Charged", "day": 20260901, "add": 1},
        {"event_name": "Charged", "day": 20260231, "add": 1},
        {"event_name": "Charged", "day": "soon", "add": 1},
        {"event_name": "Charged", "day": DAY, "add": -1},
        {"event_name": "", "day": DAY},
        {"event_name": "Charged", "day": DAY, "delete": 1},
        {"day": DAY},
        [],
    ],
    ids=["future", "impossible", "text", "negative", "unnamed", "unknown", "nameless", "list"],
)
def test_a_change_that_makes_no_sense_is_refused(clean, change):
    answer = clean.api("POST", "/_emulator/rows", json=change)
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")
    assert true(clean)
