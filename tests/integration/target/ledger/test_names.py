"""Records that the ledger recognises in the next run, and records that are new to it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from target_clevertap.singer.stream_warnings import FILE_TIMES
from tests.support.forked_emulator import ForkedEmulator
from tests.support.target_process import TargetProcess, lines, orders, record, schema, state

EVENT_COLUMNS = {
    name: {}
    for name in ("event_key", "event_name", "event_time", "object_id", "identity", "event_props")
}
MOMENT = "2026-01-01T00:00:00Z"
KEY = "46d311844bc27631813edb68c7fc00a6"
VISITS = {"type": "event", "event": "Visited", "identity": "email"}
POINTS = {"type": "profile", "identity": "email", "operations": {"points": "$incr"}}


SEEN = {
    stream: {"type": "event", "event": "Seen", "identity": "email", "time": "at"}
    for stream in ("one", "two")
}


def seen(stream, key, email):
    columns = {"event_key": {}, "email": {}, "at": {}}
    row = record(stream, event_key=key, email=email, at=MOMENT)
    return [schema(stream, columns, ["event_key"], ["at"]), row]


def event(key=KEY, stream="events", **more):
    columns = {"event_name": "Searched", "event_time": MOMENT, "object_id": "__g1"}
    return record(stream, event_key=key, **{**columns, "identity": None, "event_props": {}, **more})


def events(*records, stream="events", keys=("event_key",)):
    return [schema(stream, EVENT_COLUMNS, keys, ["event_time"]), *records]


def run(target, messages, **settings):
    finished = target.run(messages, **settings)
    assert finished.status == 0, finished.log
    return finished


def counts(finished):
    """Return how many records a run delivered, and how many it knew as delivered."""
    line = next(each for each in finished.log.splitlines() if ", already delivered " in each)
    numbers = line.partition("delivered ")[2].replace("already delivered ", "").split(", ")
    return int(numbers[0]), int(numbers[1])


@pytest.fixture
def other():
    """Another account, at a host of its own as far as this machine's can be one."""
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10, account_id="TEST-111-1111")
    yield emulator
    emulator.stop()


def age(target, days):
    """Make the ledger as it is so many days after its run."""
    with closing(sqlite3.connect(target.ledger, isolation_level=None)) as database:
        for column in ("claims SET day = day", "states SET day = day"):
            database.execute(f"UPDATE {column} - ?", (days,))


def test_what_is_older_than_ledger_days_is_forgotten_and_sent_again(target):
    messages = [*orders(20), state({"n": 1})]
    assert counts(run(target, messages, ledger_days=5)) == (20, 0)
    age(target, 5)
    assert counts(run(target, messages, ledger_days=5)) == (0, 20)
    age(target, 1)
    assert counts(run(target, messages)) == (0, 20)  # by default nothing is forgotten
    assert counts(run(target, messages, ledger_days=5)) == (20, 0)


@pytest.mark.parametrize("days", [-1, 0.5, "many", 40_000])
def test_ledger_days_that_cannot_be_are_refused(target, days):
    finished = target.run(orders(1), ledger_days=days)
    assert finished.status == 1
    assert "ledger_days" in finished.log
    assert target.requests() == []


def test_what_one_account_got_another_one_gets_too(target, other, tmp_path):
    messages = [*orders(20), state({"n": 1})]
    first = run(target, messages)
    there = TargetProcess(other, tmp_path)
    second = run(there, messages)
    assert (counts(first), counts(second)) == ((20, 0), (20, 0))
    assert len(target.delivered()) == len(there.delivered()) == 20
    assert "(new: it knows of no delivery yet)" in first.log
    assert "knows of no delivery to this account and host yet" in second.log
    third, fourth = run(target, messages), run(there, messages)
    assert (counts(third), counts(fourth)) == ((0, 20), (0, 20))
    assert "knows of no delivery" not in third.log + fourth.log


def test_the_file_does_not_hold_the_account(target):
    run(target, orders(3))
    content = target.ledger.read_bytes()
    assert target.emulator.account_id.encode() not in content
    assert target.emulator.account_id.lower().encode() not in content


def test_an_event_whose_user_was_identified_between_two_runs_is_the_same_event(target):
    run(target, events(event(), event("0" * 32)))
    finished = run(target, events(event(identity="ada"), event("1" * 32)))
    assert counts(finished) == (1, 1)
    assert len(target.delivered()) == 3


@pytest.mark.parametrize("key", ["event_key", "EVENT_KEY"])
def test_the_key_alone_names_an_event_of_the_tap_by_whatever_stream_it_comes(target, key):
    run(target, events(event()))
    rule = {"type": "event", "event_field": "NAME", "identity": "USER", "time": "AT"}
    columns = {key: {}, "NAME": {}, "USER": {}, "AT": {}, "HITS": {"type": "integer"}}
    again = record("warehouse", **{key: KEY}, NAME="Searched", USER="u", AT=MOMENT, HITS=7)
    more = record("warehouse", **{key: "aa11"}, NAME="Searched", USER="u", AT=MOMENT)
    messages = [schema("warehouse", columns, [key], ["AT"]), again, more]
    finished = run(target, messages, streams={"warehouse": rule})
    assert counts(finished) == (1, 1)


def test_a_key_that_is_a_number_is_of_its_own_table(target):
    rule = {"type": "event", "event": "Seen", "identity": "email", "time": "at"}
    columns = {"event_key": {}, "email": {}, "at": {}}
    messages = [
        message
        for stream in ("one", "two")
        for message in (
            schema(stream, columns, ["event_key"], ["at"]),
            record(stream, event_key=7, email="ada", at=MOMENT),
        )
    ]
    assert counts(run(target, messages, streams={"one": rule, "two": rule})) == (2, 0)
    assert counts(run(target, messages, streams={"one": rule, "two": rule})) == (0, 2)


def test_a_key_that_is_text_but_not_a_hash_is_of_its_own_table(target):
    """Two tables may both have an `order-7`."""
    assert counts(run(target, seen("one", "order-7", "ada"), streams=SEEN)) == (1, 0)
    assert counts(run(target, seen("two", "order-7", "bob"), streams=SEEN)) == (1, 0)
    assert counts(run(target, seen("one", "order-7", "eve"), streams=SEEN)) == (0, 1)


@pytest.mark.parametrize("key", [None, "", " "])
def test_rows_without_a_value_of_the_key_are_distinguished_by_their_content(target, key):
    assert counts(run(target, seen("one", key, "ada"), streams=SEEN)) == (1, 0)
    assert counts(run(target, seen("one", key, "bob"), streams=SEEN)) == (1, 0)
    assert counts(run(target, seen("one", key, "ada"), streams=SEEN)) == (0, 1)


def test_of_one_key_with_two_users_in_one_run_the_first_is_delivered(target):
    """As where the files of two runs come as one, and users were identified between them."""
    keys = [f"{number:032x}" for number in range(50)]
    before = [event(key, object_id=f"__g{number}") for number, key in enumerate(keys)]
    after = [event(key, identity=f"user{number}") for number, key in enumerate(keys)]
    assert counts(run(target, events(*before, *after))) == (50, 50)
    assert len(target.delivered()) == 50


def test_of_one_key_in_one_run_the_first_is_delivered(target):
    finished = run(target, events(event(identity="ada"), event(identity="bob")), max_in_flight=1)
    assert counts(finished) == (1, 1)
    assert [each["identity"] for each in target.delivered()] == ["ada"]


def test_of_one_key_the_second_is_delivered_where_the_first_is_refused(target):
    refused = event(object_id="no object id", event_props={"n": 1})
    messages = events(refused, event(identity="ada", event_props={"n": 2}))
    finished = run(target, messages, max_in_flight=1, max_rejects=-1)
    assert target.rejected_codes() == {526: 1}
    assert counts(finished) == (1, 0)
    assert counts(run(target, messages, max_rejects=-1)) == (0, 2)


def test_both_branches_of_one_stream_of_events_arrive(target):
    rule = {"type": "event", "identity": "identity", "time": "event_time", "others": "drop"}
    settings = {
        "stream_maps": {"copies": {"__source__": "events"}},
        "streams": {
            "events": {**rule, "event": "Kept"},
            "copies": {**rule, "event": "Copied"},
        },
    }
    messages = events(event(identity="ada"), event("1" * 32, identity="ada"))
    assert counts(run(target, messages, **settings)) == (4, 0)
    assert Counter(each["evtName"] for each in target.delivered()) == {"Kept": 2, "Copied": 2}
    assert counts(run(target, messages, **settings)) == (0, 4)


def visits(*records, bookmarks=("seen",), stream="visits"):
    return [schema(stream, {"id": {}, "email": {}, "seen": {}}, bookmarks=bookmarks), *records]


def visit(seen, stream="visits", **more):
    return record(stream, id=1, email="ada", **({"seen": seen} if seen else {}), **more)


VISITS_WITHOUT_TIME = {**VISITS, "others": "drop"}


@pytest.mark.parametrize("are_many", [False, True])
@pytest.mark.parametrize(
    "rule", [VISITS_WITHOUT_TIME, {**POINTS, "others": "drop", "properties": {"points": "id"}}]
)
def test_a_bookmark_that_moved_says_that_it_happened_again(target, rule, are_many):
    filler = [record("users", email=f"u{n}", plan="x" * 80) for n in range(600)]
    filler = [schema("users", {"email": {}, "plan": {}}, ["email"]), *(filler * are_many)]
    settings = {"streams": {"visits": rule, "users": {"type": "profile", "identity": "email"}}}

    def deliver(*seen):
        messages = [*filler, *visits(), *map(visit, seen), *filler[1:]]
        delivered, known = counts(run(target, messages, **settings))
        return delivered - len(filler[1:]) * 2, known

    assert deliver("2026-01-01") == (1, 0)
    assert deliver("2026-01-01", "2026-01-02") == (1, 1)
    assert deliver("2026-01-02", "2026-01-02", "2026-01-03") == (1, 2)


def test_the_bookmark_counts_as_it_came_in_though_a_stream_map_leaves_it_out(target):
    settings = {
        "streams": {"visits": VISITS},
        "stream_maps": {"visits": {"id": "id", "email": "email", "__else__": None}},
    }
    messages = [*visits(), visit("2026-01-01"), visit("2026-01-02")]
    assert counts(run(target, messages, **settings)) == (2, 0)
    assert counts(run(target, messages, **settings)) == (0, 2)


def test_a_record_has_one_name_whether_its_line_is_read_with_others_or_with_care(target):
    settings = {"streams": {"visits": VISITS_WITHOUT_TIME}}
    many = [record("visits", id=n, email="ada", seen=f"{n:080}") for n in range(600)]
    assert counts(run(target, [*visits(), *many], **settings)) == (600, 0)
    assert counts(run(target, [*visits(), *many[:50]], **settings)) == (0, 50)
    lenient = [lines([each]).replace(b'"seen"', b'"note": NaN, "seen"') for each in many[:50]]
    assert counts(run(target, [*visits(), *lenient], **settings)) == (0, 50)


def test_an_operator_that_comes_in_the_record_counts_by_its_bookmark(target):
    people = schema("users", {"email": {}, "points": {}, "at": {}}, ["email"], ["at"])
    rule = {"users": {"type": "profile", "identity": "email", "properties": {"points": "points"}}}
    rule["users"]["others"] = "drop"

    def adding(at):
        return record("users", email="ada", points={"$incr": 5}, at=at)

    assert counts(run(target, [people, adding(1)], streams=rule)) == (1, 0)
    assert counts(run(target, [people, adding(1), adding(2)], streams=rule)) == (1, 1)


CHOICE = "so an equal row may be new or sent again"


@pytest.mark.parametrize("bookmarks", [(), ("seen",)])
def test_without_a_bookmark_equal_rows_were_sent_again_unless_the_rule_says_otherwise(
    target, bookmarks
):
    messages = [*visits(bookmarks=bookmarks), visit(None), visit(None)]
    first = run(target, messages, streams={"visits": VISITS})
    second = run(target, messages, streams={"visits": VISITS})
    assert (counts(first), counts(second)) == ((1, 1), (0, 2))
    assert "taken for sent again 1," in first.log
    assert "taken for sent again 2," in second.log
    assert first.log.count(CHOICE) == (0 if bookmarks else 1)


@pytest.mark.parametrize("column", sorted(FILE_TIMES))
@pytest.mark.parametrize("rule", [VISITS, POINTS])
def test_a_file_that_is_saved_again_says_its_rows_again(target, column, rule):
    columns = {"email": {}, "points": {}, column: {}}
    table = schema("visits", columns, ["email"], [column])

    def saved(moment, *points):
        rows = [record("visits", email=f"u{n}", points=p, **{column: moment}) for n, p in points]
        return run(target, [table, *rows], streams={"visits": rule})

    first = saved("2026-01-01T00:00:00Z", (1, 5), (2, 5))
    assert counts(first) == (2, 0)
    assert first.log.count(CHOICE) == 1
    assert counts(saved("2026-01-02T00:00:00Z", (1, 5), (2, 7))) == (1, 1)


def test_a_file_that_is_saved_again_sets_its_addresses_again(target):
    rule = {"type": "subscription", "identity": "email", "identity_type": "email"}
    rule["status"] = "Unsubscribe"
    columns = {"email": {"type": "string"}, "_sdc_last_modified": {}}
    table = schema("emails", columns, ["email"], ["_sdc_last_modified"])

    def saved(moment):
        row = record("emails", email="ada@example.org", _sdc_last_modified=moment)
        return counts(run(target, [table, row], streams={"emails": rule}))

    days = ("2026-01-01", "2026-01-01", "2026-01-02")
    assert [saved(day) for day in days] == [(1, 0), (0, 1), (1, 0)]


def test_the_choice_is_not_asked_for_where_it_was_made_or_there_is_none(target):
    for rule in ({**VISITS, "equal_rows": "resent"}, {**VISITS, "time": "seen"}):
        finished = run(
            target, [*visits(bookmarks=()), visit("2026-01-01")], streams={"visits": rule}
        )
        assert CHOICE not in finished.log


@pytest.mark.parametrize("are_many", [False, True])
def test_the_choice_is_asked_for_where_only_records_hold_an_increment(target, are_many):
    rule = {"users": {"type": "profile", "identity": "email"}}
    people = schema("users", {"email": {}, "points": {}, "note": {}}, ["email"], [])
    row = record("users", email="ada", points={"$incr": 5})
    plain = record("users", email="bob", note="x" * 1000)
    others = [plain] * (40 if are_many else 1)
    assert CHOICE not in run(target, [people, *others], streams=rule).log
    assert run(target, [people, *others, row, row], streams=rule).log.count(CHOICE) == 1
    chosen = {"users": {**rule["users"], "equal_rows": "resent"}}
    assert CHOICE not in run(target, [people, *others, row], streams=chosen).log


NEW = {"streams": {"visits": {**VISITS, "equal_rows": "new"}}}


def test_each_equal_row_is_a_new_one_where_the_rule_says_so(target):
    messages = [*visits(bookmarks=()), visit(None), visit(None)]
    for _ in range(3):
        finished = run(target, messages, **NEW)
        assert counts(finished) == (2, 0)
        assert CHOICE not in finished.log
    assert len(target.delivered()) == 6


@pytest.mark.parametrize("uncertain", ["skip", "resend"])
def test_after_a_run_that_ended_early_equal_rows_are_the_same_one_for_one(target, uncertain):
    target.faults({"match": {"kind": "upload", "every": 2}, "action": {"delay": 20}})
    settings = {**NEW, "uncertain": uncertain, "batch_size_rows": 2, "max_in_flight": 1}
    messages = [*visits(bookmarks=()), visit(None), visit(None), visit(None), visit(None)]
    process = target.start(**settings)
    process.stdin.write(lines(messages))
    process.stdin.flush()
    target.until_requests(2)
    target.until_answered(1)
    process.kill()
    process.communicate()
    target.emulator.clear_faults()
    before = len(target.delivered())
    finished = run(target, messages, **settings, max_rejects=-1)
    is_sent = uncertain == "resend"
    assert counts(finished) == ((2 if is_sent else 0), 2)
    assert len(target.delivered()) == before + 2 * is_sent
    assert target.rejected_codes() == ({} if is_sent else {"uncertain": 2})
    assert counts(run(target, messages, **settings)) == (4, 0)


def test_rejects_sent_again_between_two_runs_are_counted_apart_from_the_taps_rows(target):
    rows = [*visits(bookmarks=()), visit(None), visit(None)]
    bad = record("visits", id=2)
    broken = b'{"type":"RECORD","stream":"visits","record":1}\n'
    assert target.run([*rows, bad, bad, broken], **NEW).status == 1
    fixed = target.rejects.read_text().replace('{"id": 2}', '{"id": 1, "email": "ada"}')
    target.rejects.write_text(fixed)
    replayed = target.replay(**NEW)
    assert counts(replayed) == (2, 0)
    (aside,) = target.folder.glob("*.replayed-*")
    assert counts(run(target, aside.read_bytes(), **NEW)) == (0, 2)
    assert counts(run(target, [*rows, visit(None)], **NEW)) == (1, 2)
    assert counts(run(target, rows, **NEW)) == (2, 0)
