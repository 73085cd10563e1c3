"""Delivery over HTTP: what arrives, in which order, and what the answers lead to."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    USER_COLUMNS,
    check_order,
    finish,
    interleaved,
    lines,
    next_state,
    order,
    orders,
    record,
    schema,
    state,
)


def order_ids(target):
    return Counter(each["evtData"]["id"] for each in target.delivered() if each["type"] == "event")


def once(count):
    return Counter(range(count))


def test_events_and_profiles_arrive_by_their_rules(target):
    finished = target.run(
        [
            schema("orders", ORDER_COLUMNS),
            schema("users", USER_COLUMNS, keys=["email"]),
            order(1, user=7),
            record("users", email="user7@example.org", plan="gold"),
            state({"done": True}),
        ]
    )
    assert finished.status == 0
    assert finished.states == [{"done": True}]
    assert target.delivered() == [
        {
            "type": "event",
            "identity": "user7@example.org",
            "ts": 1767225601,
            "evtName": "Ordered",
            "evtData": {"id": 1, "total": 0.25},
        },
        {"type": "profile", "identity": "user7@example.org", "profileData": {"plan": "gold"}},
    ]


def test_many_records_go_side_by_side_and_every_one_arrives_once(target):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 0.05}})
    finished = target.run(orders(20_000), batch_size_rows=200)
    assert finished.status == 0
    assert order_ids(target) == once(20_000)
    assert finished.states[-1] == {"orders": 20_000}
    assert 10 <= target.uploads_in_flight() <= 15


def test_states_come_early_and_in_order(target):
    finished = target.run(orders(20_000), batch_size_rows=50)
    counts = [each["orders"] for each in finished.states]
    assert counts == sorted(set(counts))
    assert len(counts) > 5


def test_a_users_records_keep_their_order_across_streams_though_one_has_half_of_all(target):
    target.faults(
        {"match": {"path": "/1/upload", "every": 3}, "action": {"delay_effect": 0.03}},
        {"match": {"path": "/1/upload", "every": 5}, "action": {"status": 429}},
    )
    assert target.run(interleaved(4_000), batch_size_rows=50).status == 0
    check_order(target, 4_000)


def test_a_skewed_user_does_not_bring_uploads_down_to_one_at_a_time(target):
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 0.1}})
    messages = [schema("orders", ORDER_COLUMNS)]
    messages += [order(number, user=0 if number % 4 == 0 else number) for number in range(3_000)]
    target.run(messages, batch_size_rows=50)
    assert target.uploads_in_flight() >= 10


def test_a_batch_that_does_not_fill_is_sent_though_no_more_input_comes(target):
    process = target.start(flush_seconds=0.3)
    process.stdin.write(
        b"".join(json.dumps(each).encode() + b"\n" for each in orders(3, states_every=3))
    )
    process.stdin.flush()
    assert next_state(process) == {"orders": 3}
    assert process.poll() is None
    assert order_ids(target) == once(3)
    process.communicate()


def test_requests_are_split_by_bytes(target):
    finished = target.run(
        [
            schema("orders", {**ORDER_COLUMNS, "note": {}}),
            *[order(n, user=1, note="x" * 500) for n in range(100)],
        ],
        max_request_bytes=5_000,
    )
    assert finished.status == 0
    assert order_ids(target) == once(100)
    assert all(request["bytes"] <= 5_000 for request in target.requests())


def test_refused_records_are_rejects_with_their_own_record_and_the_rest_is_delivered(target):
    messages = [schema("users", {"email": {}, "Email": {}, "Gender": {}}, keys=["email"])]
    for number in range(3_000):
        columns = {"email": f"u{number}@example.org", "Email": f"u{number}@example.org"}
        if number % 100 == 0:
            columns["Email"] = "no address"
        elif number % 100 == 50:
            columns["Gender"] = "cat"
        messages.append(record("users", **columns))
    messages.append(state({"done": True}))
    finished = target.run(messages)
    assert finished.status == 3
    assert finished.states == [{"done": True}]
    assert target.rejected_codes() == {515: 30, 514: 30}
    for rejected, code in target.rejected():
        assert (rejected["Email"] == "no address") == (code == 515)
    assert len(target.delivered()) == 2_940
    assert "rejected 60 (514: 30, 515: 30)" in finished.log


@pytest.mark.parametrize(("most", "status"), [(2, 3), (3, 0), (-1, 0)])
def test_the_exit_status_tells_of_more_rejects_than_allowed(target, most, status):
    messages = [schema("orders", ORDER_COLUMNS)]
    messages += [order(number, email=None if number < 3 else "a@b.c") for number in range(10)]
    finished = target.run([*messages, state(1)], max_rejects=most)
    assert finished.status == status
    assert finished.states == [1]
    assert target.rejected_codes() == {"identity_missing": 3}


def test_mended_rejects_are_delivered_and_the_file_steps_aside(target):
    messages = orders(100)
    for message in messages[1::10]:
        message["record"]["email"] = None
    assert target.run(messages).status == 3
    assert len(target.rejected()) == 10
    fixed = target.rejects.read_text().replace('"email": null', '"email": "x@example.org"')
    target.rejects.write_text(fixed)
    finished = target.replay()
    assert finished.status == 0, finished.log
    assert order_ids(target) == once(100)
    assert not target.rejects.exists()
    assert len(list(target.folder.glob("rejects.jsonl.replayed-*"))) == 1


def test_what_is_refused_again_in_a_replay_is_in_a_new_file(target):
    messages = [schema("orders", ORDER_COLUMNS), *[order(n, email=None) for n in range(3)]]
    target.run(messages)
    assert target.replay().status == 3
    assert target.rejected_codes() == {"identity_missing": 3}


def test_a_second_run_over_the_same_rows_sends_nothing(target):
    target.run(orders(2_000))
    requests = len(target.requests())
    finished = target.run(orders(2_000))
    assert finished.status == 0
    assert finished.states[-1] == {"orders": 2_000}
    assert len(target.requests()) == requests
    assert "already delivered 2000" in finished.log


@pytest.mark.parametrize("spelled", ["12.5", "12.50", "125e-1", "1.25e1"])
def test_a_number_that_is_written_otherwise_is_not_sent_again(target, spelled):
    def lines(total):
        row = json.dumps(order(1)).replace('"total": 0.25', f'"total": {total}')
        return [schema("orders", ORDER_COLUMNS), row.encode() + b"\n"]

    target.run(lines("12.500"))
    target.run(lines(spelled))
    assert order_ids(target) == once(2) - once(1)


def test_without_a_ledger_a_second_run_sends_all_again(target):
    for _ in range(2):
        assert target.run(orders(10), ledger_path="").status == 0
    assert order_ids(target) == Counter(dict.fromkeys(range(10), 2))


def test_records_an_answer_does_not_account_for_are_not_sent_again(target):
    target.faults({"match": {"path": "/1/upload", "number": 1}, "action": {"processed": -5}})
    finished = target.run(orders(20), max_in_flight=1)
    assert finished.status == 3
    assert target.rejected_codes() == {"unmatched": 20}
    requests = len(target.requests())
    target.run(orders(20), max_in_flight=1)
    assert len(target.requests()) == requests
    assert target.replay().status == 0
    assert len(target.requests()) > requests


@pytest.mark.parametrize(("status", "code"), [(400, "malformed"), (413, "too_large")])
def test_a_request_refused_as_a_whole_is_split_until_its_culprit_is_found(target, status, code):
    # the tenth record is in the first request, then in one half of each split
    target.faults(
        {"match": {"path": "/1/upload", "number": [1, 2, 3, 4]}, "action": {"status": status}}
    )
    finished = target.run(orders(8), max_in_flight=1)
    assert finished.status == 3
    assert [(rejected["id"], why) for rejected, why in target.rejected()] == [(0, code)]
    assert order_ids(target) == Counter(range(1, 8))


def test_a_few_refused_records_are_just_rejects(target):
    messages = [schema("users", {"email": {}, "Email": {}}, keys=["email"])]
    messages += [record("users", email=f"u{n}", Email="none") for n in range(20)]
    finished = target.run([*messages, state("end")])
    assert finished.status == 3
    assert finished.states == ["end"]
    assert target.rejected_codes() == {515: 20}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"passcode": "wrong"}, ["401", "account_id", "passcode", "region"]),
        ({"api_url": "http://127.0.0.1:9"}, ["cannot reach 127.0.0.1:9"]),
        ({"api_url": "https://nowhere.invalid"}, ["cannot reach nowhere.invalid"]),
    ],
    ids=["passcode", "refused", "no such host"],
)
def test_a_host_or_account_that_is_wrong_ends_the_run_with_advice(target, settings, words):
    finished = target.run([*orders(2_000), state("end")], **settings)
    assert finished.status == 1
    assert finished.states == []
    assert all(word in finished.log for word in words), finished.log
    assert "Traceback" not in finished.log
    assert not target.rejects.exists()


def test_an_error_ends_the_run_though_no_more_input_comes(target):
    process = target.start(passcode="wrong", flush_seconds=0)
    process.stdin.write(b"".join(json.dumps(each).encode() + b"\n" for each in orders(3)))
    process.stdin.flush()
    assert process.wait(timeout=10) == 1
    process.communicate()


def test_a_rule_whose_stream_never_comes_is_reported(target):
    finished = target.run(
        [schema("public-orders", ORDER_COLUMNS), state(1)],
        streams={"orders": ORDERS_RULE, "public-orders": ORDERS_RULE},
    )
    assert finished.status == 0
    assert (
        "no stream came for the rules of `orders`; the streams that came: `public-orders`"
        in finished.log
    )


AMOUNT_RULE = {**ORDERS_RULE, "properties": {"Amount": "total"}}


@pytest.mark.parametrize("dry_run", [{}, {"dry_run": "local"}], ids=["sent", "dry run"])
def test_a_column_that_no_record_has_any_more_is_reported(target, dry_run):
    came = orders(30)
    for each in came[1:]:
        each["record"].pop("total")
    finished = target.run([*came, state(1)], streams={"orders": AMOUNT_RULE}, **dry_run)
    assert finished.status == 0
    assert "streams.orders.properties: no record had `total`, so it was not" in finished.log


def test_a_column_that_one_record_has_is_not_reported(target):
    came = orders(30)
    for each in came[2:]:
        each["record"].pop("total")
    came[1]["record"]["total"] = None
    finished = target.run([*came, state(1)], streams={"orders": AMOUNT_RULE})
    assert finished.status == 0
    assert "no record had" not in finished.log


@pytest.mark.parametrize(
    ("rule", "bookmark", "warned"),
    [
        pytest.param({}, "updated_at", True, id="kept"),
        pytest.param({"others": "drop"}, "updated_at", False, id="dropped"),
        pytest.param({"properties": {"Seen": "updated_at"}}, "updated_at", False, id="named"),
        pytest.param({}, "created_at", False, id="its time"),
        pytest.param({"time": "updated_at"}, "updated_at", True, id="its time, of a change"),
        pytest.param({}, "id", False, id="its key"),
        pytest.param({"type": "profile"}, "updated_at", False, id="of a profile"),
    ],
)
def test_a_bookmark_that_makes_each_updated_row_an_event_is_warned_of(
    target, rule, bookmark, warned
):
    columns = {**ORDER_COLUMNS, "updated_at": {"type": "string", "format": "date-time"}}
    rule = {**ORDERS_RULE, **rule}
    if rule["type"] == "profile":
        del rule["event"]
    row = order(1, updated_at="2026-01-02T00:00:00Z")
    messages = [schema("orders", columns, bookmarks=(bookmark,)), row]
    finished = target.run(messages, streams={"orders": rule})
    assert finished.status == 0, finished.log
    assert ("updated row is sent as a new event" in finished.log) == warned


def test_stream_maps_apply_before_rules_and_rejects_keep_what_came(target):
    finished = target.run(
        [schema("raw", ORDER_COLUMNS), *[{**order(n), "stream": "raw"} for n in range(4)]],
        stream_maps={
            "raw": {
                "__alias__": "orders",
                "__filter__": "id != 2",
                "email": "None if id == 3 else email.upper()",
            },
            "__else__": None,
        },
    )
    assert finished.status == 3
    assert {each["identity"] for each in target.delivered()} == {
        "USER0@EXAMPLE.ORG",
        "USER1@EXAMPLE.ORG",
    }
    (rejected,) = target.rejected()
    assert rejected == (order(3)["record"], "identity_missing")
    assert '"stream":"raw"' in target.rejects.read_text().replace(" ", "")


def test_rejects_and_state_do_not_wait_for_more_input(target):
    messages = [schema("orders", ORDER_COLUMNS), order(1), order(2, email=None), state({"n": 2})]
    process = target.start(flush_seconds=1, max_rejects=-1)
    process.stdin.write(lines(messages))
    process.stdin.flush()
    assert next_state(process, seconds=30) == {"n": 2}
    assert target.rejected_codes() == {"identity_missing": 1}
    assert finish(process).status == 0
