"""`changes_only`: a profile equal to the one that was delivered last is not sent."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.support.target_process import ORDER_COLUMNS, order, record, schema, state

RULE = {"type": "profile", "identity": "email", "changes_only": True}
COLUMNS = {
    "email": {"type": "string"},
    "plan": {"type": ["string", "null"]},
    "n": {"type": ["integer", "null"]},
    "_sdc_batched_at": {"type": "string"},
}
RULES = {"users": RULE}
USERS = 300


def users(*rows, stream="users", columns=COLUMNS):
    """Return a stream of users, each a dict of columns or a number with a plan."""
    return [
        schema(stream, columns, ["email"], []),
        *[record(stream, **(row if isinstance(row, dict) else user(*row))) for row in rows],
        state({"done": True}),
    ]


def user(number, plan, **more):
    return {"email": f"user{number}@example.org", "plan": plan, **more}


def everyone(**plans):
    """Return all users with a plan, some with another."""
    return [user(n, plans.get(f"user{n}", "free"), n=n) for n in range(USERS)]


def sent(target):
    """Return what was stored of each user since the last time, in its order, and forget it."""
    found = [
        (each["identity"].split("@")[0], each["profileData"].get("plan"))
        for each in target.delivered()
        if each["type"] == "profile"
    ]
    target.emulator.reset()
    return found


def run(target, messages, streams=RULES, *, status=0, **settings):
    finished = target.run(messages, streams=streams, **settings)
    assert finished.status == status, finished.log
    return finished


def test_only_profiles_that_changed_are_sent(target):
    first = run(target, users(*everyone()))
    assert len(sent(target)) == USERS
    assert "unchanged" not in first.log
    second = run(target, users(*everyone(user7="gold", user8=None)))
    assert sorted(sent(target)) == [("user7", "gold"), ("user8", None)]
    assert (
        f"delivered 2, already delivered 0, rejected 0, uncertain 0, retried 0, unchanged "
        f"{USERS - 2} (not sent)" in second.log
    )
    assert second.states == [{"done": True}]
    third = run(target, users(*everyone(user7="gold", user8=None)))
    assert sent(target) == []
    assert third.states == [{"done": True}]


def test_neither_a_loaders_columns_nor_an_unmapped_one_nor_the_time_make_a_change(target):
    rule = {**RULE, "time": "seen", "properties": {"Plan": "plan"}, "others": "drop"}
    columns = {**COLUMNS, "seen": {"type": "string", "format": "date-time"}}
    for day in (1, 2):
        rows = [user(n, "free", n=day, seen=f"2026-01-0{day}T00:00:00Z") for n in range(20)]
        loaded = [{**row, "_sdc_batched_at": f"2026-01-0{day}"} for row in rows]
        run(target, users(*loaded, columns=columns), {"users": rule})
        assert len(sent(target)) == (20 if day == 1 else 0)


def test_a_profile_that_changes_back_within_a_run_ends_as_it_was(target):
    run(target, users((1, "a"), (2, "a")))
    sent(target)
    run(target, users((1, "a"), (1, "b"), (1, "a"), (2, "a")))
    assert sent(target) == [("user1", "b"), ("user1", "a")]
    run(target, users((1, "a"), (2, "a")))
    assert sent(target) == []


def test_a_profile_that_changes_back_in_a_later_run_is_sent(target):
    for plan in ("a", "b", "a", "a"):
        run(target, users((1, plan)))
    assert [plan for _, plan in sent(target)] == ["a", "b", "a"]


@pytest.mark.parametrize("rows", [[(1, "b")], [(1, "b"), *[(n, "a") for n in range(2, 30)]]])
def test_a_profile_of_another_stream_makes_the_ones_before_it_old(target, rows):
    both = {"users": RULE, "crm": {"type": "profile", "identity": "email"}}
    old = [(n, "a") for n in range(1, 30)]
    run(target, users(*old))
    sent(target)
    run(target, users(*rows, stream="crm"), both)
    assert len(sent(target)) == len(rows)
    run(target, users(*old), both)
    assert sorted(sent(target)) == sorted((f"user{n}", "a") for n, _ in rows)


def test_a_profile_of_a_stream_with_events_too_makes_the_ones_before_it_old(target):
    both = {"users": RULE, "feed": {"preset": "segment"}}
    columns = {
        **{name: {"type": ["string", "null"]} for name in ("type", "userId", "event", "messageId")},
        "timestamp": {"type": "string", "format": "date-time"},
        **{name: {"type": ["object", "null"]} for name in ("traits", "properties")},
    }
    calls = [
        {
            "type": "identify" if n < 3 else "track",
            "userId": user(n, "b")["email"],
            "event": None if n < 3 else "Seen",
            "messageId": f"m{n}",
            "timestamp": "2026-01-01T00:00:00Z",
            "traits": {"plan": "b"} if n < 3 else None,
            "properties": None if n < 3 else {"a": 1},
        }
        for n in range(1, 30)
    ]
    old = [(n, "a") for n in range(1, 30)]
    run(target, users(*old))
    sent(target)
    feed = [schema("feed", columns, ["messageId"], []), *[record("feed", **each) for each in calls]]
    run(target, feed, both)
    assert sorted(sent(target)) == [("user1", "b"), ("user2", "b")]
    run(target, users(*old), both)
    assert sorted(sent(target)) == [("user1", "a"), ("user2", "a")]


def test_a_run_without_the_key_makes_the_ones_before_it_old(target):
    run(target, users((1, "a"), (2, "a")))
    run(target, users((1, "b")), {"users": {"type": "profile", "identity": "email"}})
    sent(target)
    run(target, users((1, "a"), (2, "a")))
    assert sent(target) == [("user1", "a")]


def test_a_changed_rule_or_schema_sends_what_it_changes(target):
    run(target, users(*everyone()))
    sent(target)
    wider = {**COLUMNS, "city": {"type": "string"}}
    run(target, users(*everyone(), columns=wider))
    assert sent(target) == []
    renamed = {**RULE, "properties": {"Plan name": "plan"}}
    run(target, users(*everyone(), columns=wider), {"users": renamed})
    assert len(sent(target)) == USERS


@pytest.mark.parametrize("many", [1, 40])
def test_a_rejected_profile_counts_as_changed(target, many):
    others = [(n, "a") for n in range(10, 10 + many)]
    run(target, users((1, "a"), *others))
    refused = users({**user(1, "a"), "Phone": "1"}, *others, columns={**COLUMNS, "Phone": {}})
    run(target, refused, status=3)
    sent(target)
    run(target, users((1, "a"), *others))
    assert sent(target) == [("user1", "a")]


def test_a_profile_that_our_own_checks_refuse_counts_as_changed(target):
    run(target, users((1, "a"), *[(n, "a") for n in range(10, 30)]))
    bad = users({**user(1, "a"), "n": "x" * 600}, *[(n, "a") for n in range(10, 30)])
    run(target, bad, status=3)
    sent(target)
    run(target, users((1, "a"), *[(n, "a") for n in range(10, 30)]))
    assert sent(target) == [("user1", "a")]


def test_a_replay_of_a_reject_is_sent_and_compared_with_from_then_on(target):
    run(target, users((1, "a")))
    columns = {**COLUMNS, "Phone": {"type": "string"}}
    run(target, users({**user(1, "b"), "Phone": "1"}, columns=columns), status=3)
    fixed = target.rejects.read_text().replace('"Phone": "1"', '"Phone": "+4915112345678"')
    target.rejects.write_text(fixed)
    for _ in range(2):
        replayed = target.run(fixed.encode(), streams=RULES)
        assert replayed.status == 0, replayed.log
    assert sent(target) == [("user1", "a"), ("user1", "b"), ("user1", "b")]
    run(target, users({**user(1, "b"), "Phone": "+4915112345678"}, columns=columns))
    assert sent(target) == []


def test_a_profile_of_unknown_outcome_counts_as_changed(target):
    run(target, users((1, "a"), (2, "a")))
    sent(target)
    target.faults({"match": {"path": "/1/upload", "number": 1}, "action": {"cut": "after"}})
    finished = target.run(users((1, "b"), (2, "a")), streams=RULES, uncertain="skip")
    assert finished.status == 3, finished.log
    target.emulator.reset()
    run(target, users((1, "a"), (2, "a")))
    assert sent(target) == [("user1", "a")]


def test_records_through_stream_maps_are_compared_after_them(target):
    maps = {"users": {"email": "email", "Level": "plan", "__else__": None}}
    for n in (1, 2):
        run(target, users(*[user(k, "a", n=n) for k in range(20)]), stream_maps=maps)
        assert len(sent(target)) == (20 if n == 1 else 0)
    run(target, users(*[user(k, "b", n=1) for k in range(20)]), stream_maps=maps)
    assert len(sent(target)) == 20


def test_lines_that_have_to_be_read_leniently_are_compared(target):
    def rows(number):
        row = json.dumps(record("users", **user(1, "a", _sdc_n=0))).replace("0}", f"{number}}}")
        return [schema("users", COLUMNS, ["email"], []), row.encode() + b"\n"]

    for number, count in (("NaN", 1), ("NaN", 0), ("7", 0), ("NaN", 0)):
        run(target, rows(number))
        assert len(sent(target)) == count, number


def test_a_profile_that_counts_again_is_always_sent(target):
    rows = users({**user(1, "a"), "n": {"$incr": 2}}, columns={**COLUMNS, "n": {}, "id": {}})
    finished = run(target, rows, {"users": RULE})
    assert finished.status == 0
    assert len(sent(target)) == 1
    run(target, users((1, "a"), columns={**COLUMNS, "n": {}, "id": {}}))
    assert len(sent(target)) == 1


@pytest.mark.parametrize("in_run", [True, False])
def test_a_user_who_was_deleted_and_comes_back_is_sent(target, in_run):
    rule = {**RULE, "on_deleted": "delete", "time": "seen", "ledger_key": ["email"]}
    columns = {
        **COLUMNS,
        "seen": {"type": "string", "format": "date-time"},
        "_sdc_deleted_at": {"type": ["string", "null"]},
    }
    seen = "2026-01-01T00:00:00Z"
    whole = [user(n, "a", seen=seen, _sdc_deleted_at=None) for n in range(30)]
    gone = [{**whole[7], "_sdc_deleted_at": "2026-01-02T00:00:00Z"}]
    settings = {"streams": {"users": rule}, "confirm_deletes": True, "batch_size_rows": 10}
    run(target, users(*whole, columns=columns), **settings)
    sent(target)
    for rows in [[*gone, *whole]] if in_run else [gone, whole]:
        run(target, users(*rows, columns=columns), **settings)
    assert sent(target) == [("user7", "a")]
    run(target, users(*whole, columns=columns), **settings)
    assert sent(target) == []


def test_few_changes_go_in_as_few_requests_as_can_be_and_many_in_all_lanes(target):
    many = [user(n, "a") for n in range(6000)]
    settings = {"batch_size_rows": 20}
    target.faults({"match": {"kind": "upload"}, "action": {"delay": 0.05}})
    run(target, users(*many), **settings)
    target.emulator.reset()
    few = [user(n, "b" if n % 100 == 7 else "a") for n in range(6000)]
    run(target, users(*few), **settings)
    assert len(target.requests()) == 60 / 20
    target.emulator.reset()
    target.faults({"match": {"kind": "upload"}, "action": {"delay": 0.05}})
    run(target, users(*[user(n, "c") for n in range(6000)]), **settings)
    assert target.uploads_in_flight() > 10
    assert len(sent(target)) == 6000


def test_events_next_to_profiles_are_sent_and_profiles_compared(target):
    streams = {
        "users": RULE,
        "orders": {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"},
    }
    for _ in range(2):
        orders = [schema("orders", ORDER_COLUMNS), *[order(n) for n in range(50)]]
        finished = run(target, [*orders, *users(*everyone())], streams)
    assert len(target.delivered()) == 50 + USERS
    assert f"already delivered 50, rejected 0, uncertain 0, retried 0, unchanged {USERS}" in (
        finished.log
    )


def test_a_few_bad_rows_among_unchanged_ones_do_not_stop_the_run(target):
    good = [(n, "a") for n in range(30)]
    bad = [user(n, "a", n="x" * 600) for n in range(30, 70)]
    settings = {"batch_size_rows": 10, "max_rejects": -1}
    run(target, users(*good), **settings)
    run(target, users(*good, *bad), **settings)
    finished = run(target, users(*good, *bad), **settings)
    assert finished.states == [{"done": True}]
    assert "unchanged 30" in finished.log


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            {"type": "event", "event": "E", "identity": "email", "changes_only": True},
            "streams.users.changes_only: only profiles are compared, each event is sent; remove it",
        ),
        ({**RULE, "operations": {"n": "$incr"}}, "`$incr` and `$decr` count again in each row"),
        ({**RULE, "operations": {"n": "$decr"}}, "`$incr` and `$decr` count again in each row"),
    ],
)
def test_a_rule_that_cannot_be_compared_is_refused(target, rule, words):
    finished = run(target, users((1, "a")), {"users": rule}, status=1)
    assert words in finished.log
    assert target.requests() == []


def test_a_run_without_a_ledger_is_refused(target):
    finished = run(target, users((1, "a")), ledger_path="", status=1)
    assert "streams.users.changes_only: only a ledger knows what was delivered last" in finished.log
    assert "set ledger_path, or remove it" in finished.log
    assert target.requests() == []


def test_the_ledger_holds_hashes_and_no_values(target):
    run(target, users(*everyone()))
    content = target.ledger.read_bytes()
    assert b"user7" not in content
    assert b"example.org" not in content
    with closing(sqlite3.connect(target.ledger)) as database:
        assert database.execute("SELECT count(*) FROM profiles").fetchone() == (USERS,)
        assert database.execute("SELECT count(*) FROM profile_claims").fetchone() == (0,)


@pytest.mark.parametrize(
    "rule", [{**RULE, "identity": 'e"mail'}, {**RULE, "identity": ["e.mail", 'e"mail']}]
)
@pytest.mark.parametrize("odd", [None, [1], "text"])
def test_a_record_that_is_no_object_ends_the_run_by_name(target, rule, odd):
    columns = {'e"mail': {"type": "string"}, "plan": {"type": "string"}}
    rows = [{'e"mail': f"user{n}@example.org", "plan": "free"} for n in range(9)]
    messages = users(*rows, columns=columns)[:-1]
    messages[0]["key_properties"] = ['e"mail']
    run(target, messages, {"users": rule})
    wrong = {"type": "RECORD", "stream": "users", "record": odd}
    ended = run(target, [*messages, wrong], {"users": rule}, status=1)
    assert "line 11 of the input: the RECORD has no object in `record`" in ended.log
    assert "Traceback" not in ended.log
