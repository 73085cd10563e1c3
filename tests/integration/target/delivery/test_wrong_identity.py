"""`new_profile_limit`: nothing of a stream is sent whose users CleverTap does not know."""

from __future__ import annotations

import signal
import time

import pytest

from tests.support.target_process import finish, lines, record, schema, state

COLUMNS = {
    "id": {"type": "integer"},
    "customer": {"type": "string"},
    "plan": {"type": "string"},
    "secret": {"type": "string"},
}
RULE = {"type": "profile", "identity": "customer"}
OTHER = {"type": "event", "event": "Seen", "identity": "customer", "ledger_key": ["id"]}
WRONG = {**RULE, "identity": "id"}
KNOWN = 250


def row(number, customer=None, stream="users"):
    customer = f"known{number}" if customer is None else customer
    return record(stream, id=9_000_000 + number, customer=customer, plan="p", secret=f"s{number}")


def rows(known, new=0, *, stream="users"):
    """Return a stream of rows of which some users are known, and some are not, mixed."""
    found = [row(number, stream=stream) for number in range(known)]
    found += [row(number, f"new{number}", stream) for number in range(known, known + new)]
    return [schema(stream, COLUMNS, ["id"], []), *found, state({stream: len(found)})]


@pytest.fixture
def target(target):
    finished = target.run(rows(KNOWN), streams={"users": RULE})
    assert finished.status == 0, finished.log
    return target


def sent(target, kind="profile"):
    """Return the users of what was stored since the fixture, in its order."""
    return [each["identity"] for each in target.delivered() if each["type"] == kind][
        KNOWN * (kind == "profile") :
    ]


def lookups(target):
    return [each for each in target.requests() if each["path"] == "/1/profile.json"]


def run(target, messages, limit, *, status, **settings):
    given = {"streams": {"users": RULE}, **settings}
    finished = target.run(messages, new_profile_limit=limit, **given)
    assert finished.status == status, finished.log
    assert status == 0 or "did not apply" not in finished.log
    assert "known1" not in finished.log
    assert "new2" not in finished.log
    return finished


@pytest.mark.parametrize(
    ("known", "new", "limit", "status"),
    [
        (100, 100, 0.5, 0),
        (99, 101, 0.5, 1),
        (200, 0, 0, 0),
        (199, 1, 0, 1),
        (10, 190, 0.95, 0),
        (9, 191, 0.95, 1),
        (10, 10, 0.5, 0),
        (9, 11, 0.5, 1),
        (9, 10, 0.5, 0),
        (0, 19, 0.5, 0),
        (0, 20, 0.5, 1),
    ],
)
def test_a_stream_is_sent_up_to_the_limit_and_not_one_user_beyond(
    target, known, new, limit, status
):
    finished = run(target, rows(known, new), limit, status=status)
    assert len(sent(target)) == (0 if status else known + new)
    assert finished.states == ([] if status else [{"users": known + new}])
    assert len(lookups(target)) >= (known + new if known + new >= 20 else 0)


def test_without_a_limit_nobody_is_looked_up(target):
    run(target, rows(0, 300), 1, status=0)
    assert len(sent(target)) == 300
    assert lookups(target) == []


def test_the_message_names_the_column_the_numbers_and_the_column_that_is_known(target):
    finished = run(target, rows(KNOWN), 0.5, status=1, streams={"users": WRONG})
    assert (
        "stream `users`: CleverTap does not know 200 of its first 200 users, more than "
        "new_profile_limit (0.5) allows, so nothing of it was sent, and column `id` is probably "
        "not the user key; CleverTap knows 20 of 20 values of column `customer`, so name that one "
        "under streams.users.identity, or raise the limit if they are new"
    ) in finished.log
    assert finished.states == []
    assert sent(target) == []
    asked = lookups(target)
    assert len(asked) == 200 + 2 * 20, "`plan` has too few values to be a user key"
    assert max(each["in_flight"] for each in asked) <= 3


def test_columns_that_the_rule_leaves_out_are_not_asked_for(target):
    streams = {"users": {**WRONG, "others": "drop", "properties": {"Plan": "plan"}}}
    finished = run(target, rows(KNOWN), 0.5, status=1, streams=streams)
    assert "correct streams.users.identity, or raise the limit if they are new" in finished.log
    assert len(lookups(target)) == 200


def test_no_more_than_three_lookups_are_in_flight_and_each_user_is_looked_up_once(target):
    target.faults({"match": {"path": "/1/profile.json"}, "action": {"delay": 0.02}})
    twice = [*rows(KNOWN)[:-1], *rows(KNOWN)[1:]]
    run(target, twice, 0.5, status=0)
    assert len(lookups(target)) == 200
    assert max(each["in_flight"] for each in lookups(target)) == 3


def test_another_stream_waits_behind_and_each_user_keeps_its_order(target):
    mixed = [*rows(0)[:-1], *rows(0, stream="seen")[:-1]]
    for number in range(KNOWN):
        mixed += [row(number), row(number, stream="seen")]
    streams = {"users": RULE, "seen": OTHER}
    run(target, [*mixed, state({"all": 1})], 0.5, status=0, streams=streams)
    assert len(sent(target)) == len(sent(target, "event")) == KNOWN
    assert len(lookups(target)) == 400


def test_what_came_before_the_stream_is_delivered_with_its_state(target):
    messages = [*rows(KNOWN), *rows(0, 300, stream="seen"), *rows(5)]
    streams = {"users": RULE, "seen": OTHER}
    finished = run(target, messages, 0.5, status=1, streams=streams)
    assert "stream `seen`: CleverTap does not know 200 of its first 200 users" in finished.log
    assert len(sent(target)) == KNOWN
    assert sent(target, "event") == []
    assert finished.states == [{"users": KNOWN}]


def test_a_stream_is_judged_once(target):
    run(target, [*rows(KNOWN), *rows(0, 300)], 0.5, status=0)
    assert len(lookups(target)) == 200


def test_a_few_users_are_sent_and_the_log_tells_how_many_they_are(target):
    finished = run(target, rows(0, 19), 0.5, status=0)
    assert "new_profile_limit did not apply, as 19 users are fewer than 20" in finished.log
    assert lookups(target) == []


def test_a_key_that_cannot_be_looked_up_is_sent_with_a_warning(target):
    streams = {"users": {**RULE, "identity_type": "FBID"}}
    finished = run(target, rows(0, 300), 0, status=0, streams=streams)
    assert "stream `users`: new_profile_limit does not apply" in finished.log
    assert lookups(target) == []


def test_rejects_that_are_sent_again_are_not_judged(target):
    bad = [schema("users", {**COLUMNS, "Phone": {}}, ["id"], [])]
    bad += [{**row(n, f"new{n}")} for n in range(30)]
    for message in bad[1:]:
        message["record"]["Phone"] = "1"
    run(target, bad, 1, status=3)
    fixed = target.rejects.read_text().replace('"Phone": "1"', '"Phone": "+4915112345678"')
    finished = run(target, fixed.encode(), 0, status=0)
    assert len(sent(target)) == 30, finished.log
    assert lookups(target) == []


@pytest.mark.parametrize(
    "action", [{"status": 429}, {"status": 503}, {"cut": "before"}, {"html": True}]
)
def test_lookups_are_tried_again(target, action):
    target.faults({"match": {"path": "/1/profile.json", "every": 9}, "action": action})
    run(target, rows(100, 99), 0.5, status=0)
    assert len(sent(target)) == 199


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"status": 401}, "it refuses the credentials (401)"),
        ({"status": 403}, "does not let this account look up profiles (403); check the passcode's"),
        ({"html": True}, "not a response of CleverTap's API"),
    ],
)
def test_a_run_whose_users_cannot_be_looked_up_stops_before_anything_is_sent(target, action, words):
    target.faults({"match": {"path": "/1/profile.json"}, "action": action})
    finished = run(target, rows(100, 99), 0.5, status=1)
    assert words in finished.log
    assert sent(target) == []
    assert finished.states == []


def test_a_signal_ends_a_run_that_waits_for_lookups(target):
    target.faults({"match": {"path": "/1/profile.json"}, "action": {"delay": 30}})
    before = len(target.requests())
    process = target.start(streams={"users": RULE}, new_profile_limit=0.5)
    process.stdin.write(lines(rows(KNOWN)))
    process.stdin.flush()
    target.until_requests(before + 1)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    finished = finish(process, timeout=20)
    assert finished.status == 128 + signal.SIGTERM
    assert time.monotonic() - began < 15
    assert sent(target) == []


def test_held_records_are_sent_after_flush_seconds(target):
    process = target.start(streams={"users": RULE}, new_profile_limit=0.5, flush_seconds=0.2)
    process.stdin.write(lines(rows(50)))
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while len(sent(target)) < 50:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert finish(process).status == 0
    assert len(lookups(target)) == 50
