"""Inputs that come many lines at a time: what is delivered, and how the run ends."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.target_process import (
    ORDER_COLUMNS,
    USER_COLUMNS,
    check_order,
    finish,
    interleaved,
    lines,
    order,
    orders,
    record,
    schema,
    state,
)

MANY = 6_000


def children(process):
    """Return the processes that a process has started and that are there."""
    found = []
    for listed in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listed.read_text().split())
    return found


def from_file(target, messages, **settings):
    """Run with a file as input, which is read in large parts."""
    path = target.folder / "input.jsonl"
    path.write_bytes(lines(messages))
    return target.run_file(path, **settings)


def delivered_ids(target):
    return Counter(each["evtData"]["id"] for each in target.delivered())


def test_a_large_input_starts_no_other_process(target):
    process = target.start(batch_size_rows=50)
    process.stdin.write(lines(orders(MANY)))
    process.stdin.flush()
    target.until_requests(5)
    assert children(process) == []
    assert finish(process).status == 0
    assert delivered_ids(target) == Counter(range(MANY))


def test_every_record_arrives_once_and_each_state_comes_after_its_records(target):
    finished = from_file(target, orders(MANY, states_every=100), batch_size_rows=50)
    assert finished.status == 0, finished.log
    assert delivered_ids(target) == Counter(range(MANY))
    counts = [each["orders"] for each in finished.states]
    assert counts == sorted(set(counts))
    assert counts[-1] == MANY
    again = from_file(target, orders(MANY, states_every=100))
    assert f"already delivered {MANY}" in again.log


def test_no_more_requests_are_in_flight_than_are_allowed_though_there_are_more_lanes(target):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 0.05}})
    finished = from_file(target, orders(2_000), batch_size_rows=20, max_in_flight=6)
    assert finished.status == 0
    assert target.uploads_in_flight() == 6
    assert delivered_ids(target) == Counter(range(2_000))


def test_a_users_records_keep_their_order_across_streams(target):
    target.faults(
        {"match": {"path": "/1/upload", "every": 3}, "action": {"delay_effect": 0.03}},
        {"match": {"path": "/1/upload", "every": 5}, "action": {"status": 429}},
    )
    assert from_file(target, interleaved(MANY), batch_size_rows=50).status == 0
    check_order(target, MANY)


def test_odd_records_are_rejects_with_their_own_record(target):
    messages = orders(MANY)
    for message in messages[3::100]:
        if message["type"] == "RECORD":
            message["record"]["email"] = None
    finished = from_file(target, messages)
    refused = [
        each["record"] for each in messages if each.get("record", {}).get("email", 0) is None
    ]
    assert finished.status == 3
    assert finished.states[-1] == {"orders": MANY}
    assert [each for each, _ in target.rejected()] == refused
    assert target.rejected_codes() == {"identity_missing": len(refused)}
    assert sum(delivered_ids(target).values()) == MANY - len(refused)


def test_rejects_in_a_large_file_are_mended_and_delivered(target):
    messages = orders(MANY)
    for message in messages:
        if message["type"] == "RECORD":
            message["record"]["email"] = None
    # a good record comes first: the set-up is not to blame
    from_file(target, [messages[0], order(MANY), *messages[1:-1]])
    assert len(target.rejected()) == MANY
    fixed = target.rejects.read_text().replace('"email": null', '"email": "x@example.org"')
    target.rejects.write_text(fixed)
    assert target.replay().status == 0
    assert delivered_ids(target) == Counter(range(MANY + 1))
    assert target.rejected() == []


def test_a_stream_and_a_schema_that_come_late(target):
    users = [record("users", email=f"user{number}@example.org", plan="x") for number in range(MANY)]
    messages = [
        *orders(MANY),
        schema("users", USER_COLUMNS, keys=["email"]),
        *users,
        schema("orders", {**ORDER_COLUMNS, "due": {"type": "string", "format": "date"}}),
        *[order(number, due="2026-01-01") for number in range(MANY, 2 * MANY)],
        state({"done": True}),
    ]
    finished = from_file(target, messages)
    assert finished.status == 0, finished.log
    assert finished.states[-1] == {"done": True}
    dues = [each["evtData"].get("due") for each in target.delivered() if each["type"] == "event"]
    assert Counter(dues) == {None: MANY, "$D_1767225600": MANY}
    assert len(target.delivered()) == 3 * MANY


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (json.dumps(record("orders", email="a", created_at=1)), "lacks `id`"),
        (json.dumps(record("other", id=1)), "comes before its SCHEMA"),
        ('{"type":"RECORD"', "cannot be read"),
    ],
)
def test_a_faulty_line_is_named_and_what_came_before_is_delivered(target, line, words):
    messages = [*orders(MANY), f"{line}\n".encode(), *orders(MANY, first=MANY)]
    finished = from_file(target, messages)
    assert finished.status == 1
    assert f"line {len(orders(MANY)) + 1} of the input" in finished.log
    assert words in finished.log
    assert "Traceback" not in finished.log
    assert delivered_ids(target) == Counter(range(MANY))
    assert finished.states[-1] == {"orders": MANY}


def test_a_line_without_end_ends_the_run_before_it_takes_all_memory(target):
    process = target.start()
    process.stdin.write(lines(orders(MANY)))
    with suppress(BrokenPipeError):
        for _ in range(100):
            process.stdin.write(b" " * (1 << 20))
    finished = finish(process)
    assert finished.status == 1
    assert f"line {len(orders(MANY)) + 1} of the input: it cannot be read" in finished.log
    assert "longer than 64 MB" in finished.log
    assert delivered_ids(target) == Counter(range(MANY))
