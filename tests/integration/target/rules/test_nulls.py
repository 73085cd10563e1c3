"""`nulls: delete`: a null removes a profile's property, where it came and would be sent."""

from __future__ import annotations

import pytest

from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema

RULE = {"type": "profile", "identity": "id", "nulls": "delete"}
REMOVED = {"$delete": 1}
COLUMNS = {
    "id": {"type": "string"},
    "plan": {"type": ["null", "string"]},
    "score": {"type": ["null", "integer"]},
    "born": {"type": ["null", "string"], "format": "date"},
    "tags": {},
}
SCHEMAS = [schema("people", COLUMNS, ["id"], ["at"])]


def profiles(target):
    return {each["identity"]: each["profileData"] for each in delivered(target)}


@pytest.mark.parametrize("path", PATHS)
def test_a_null_removes_and_an_absent_column_does_not(target, path):
    rows = [
        record("people", id="all", plan="gold", score=1, born="2000-01-01", tags="x"),
        record("people", id="nulls", plan=None, score=None, born=None, tags=None),
        record("people", id="absent", plan="tin"),
        record("people", id="reads", plan="", score="", born="0000-00-00", tags=""),
    ]
    rows += [record("people", id=f"u{n}", plan="p", score=n) for n in range(20)]
    finished = sent_by(path, target, SCHEMAS, rows, streams={"people": RULE})
    assert finished.status == 0, finished.log
    found = profiles(target)
    assert found["all"] == {"plan": "gold", "score": 1, "born": "$D_946684800", "tags": "x"}
    assert found["nulls"] == dict.fromkeys(("plan", "score", "born", "tags"), REMOVED)
    assert found["absent"] == {"plan": "tin"}
    assert found["reads"] == {"plan": "", "score": REMOVED, "born": REMOVED, "tags": ""}
    assert found["u3"] == {"plan": "p", "score": 3}


@pytest.mark.parametrize(
    ("changed", "removed"),
    [({"plan": None}, ["plan"]), ({"score": ""}, ["score"]), ({"born": "0000-00-00"}, ["born"])],
)
def test_one_null_among_many_rows_of_equal_columns_removes(target, changed, removed):
    whole = {"plan": "p", "score": 1, "born": "2000-01-01"}
    rows = [record("people", id=f"u{n}", **whole) for n in range(40)]
    rows[20] = record("people", id="u20", **{**whole, **changed})
    finished = target.run([*SCHEMAS, *rows], streams={"people": RULE})
    assert finished.status == 0, finished.log
    found = {each["identity"]: each["profileData"] for each in target.delivered()}
    sent = {"plan": "p", "score": 1, "born": "$D_946684800"}
    assert found["u20"] == {**sent, **dict.fromkeys(removed, REMOVED)}
    assert all(data == sent for user, data in found.items() if user != "u20")


def test_a_column_that_is_null_in_all_rows_removes(target):
    rows = [record("people", id=f"u{n}", plan=None, score=n) for n in range(40)]
    target.run([*SCHEMAS, *rows], streams={"people": RULE})
    assert all(each["profileData"]["plan"] == REMOVED for each in target.delivered())


def test_the_property_is_gone_in_clevertap(target, emulator):
    rule = {"people": {**RULE, "properties": {"Email": "mail"}}}
    head = schema("people", {"id": {}, "plan": {}, "mail": {}}, ["id"], ["at"])
    first = record("people", id="ada", plan="gold", mail="a@b.example")
    target.run([head, first], streams=rule)
    target.run([head, record("people", id="ada", plan=None, mail=None)], streams=rule)
    profile = emulator.api("GET", "/1/profile.json?identity=ada").json()["record"]
    assert "plan" not in (profile.get("profileData") or {})
    assert profile.get("email") is None


def test_without_the_key_a_null_changes_nothing(target):
    row = record("people", id="u", plan=None, score=1)
    target.run([*SCHEMAS, row], streams={"people": {"type": "profile", "identity": "id"}})
    assert profiles(target) == {"u": {"score": 1}}


def test_only_columns_that_are_sent_remove(target):
    rule = {**RULE, "others": "drop", "properties": {"Plan": "plan", "Level": "plan"}}
    row = record("people", id="u", plan=None, score=None, born=None)
    target.run([*SCHEMAS, row], streams={"people": rule})
    assert profiles(target) == {"u": {"Plan": REMOVED, "Level": REMOVED}}


def test_a_null_operand_is_nothing_to_add_or_count(target):
    operations = {"a": "$add", "r": "$remove", "i": "$incr", "d": "$decr", "x": "$delete"}
    rule = {**RULE, "operations": {**operations, "s": "$set"}}
    head = schema("people", {"id": {}, **{key: {} for key in "aridxs"}}, ["id"], ["at"])
    row = record("people", id="u", **dict.fromkeys("aridxs"))
    target.run([head, row], streams={"people": rule})
    assert profiles(target) == {"u": {"s": REMOVED}}


def test_loader_columns_marks_and_the_columns_of_the_rule_remove_nothing(target):
    rule = {**RULE, "time": "at", "only_if": "ok"}
    columns = {"id": {}, "at": {}, "ok": {}, "_sdc_batched_at": {}, "plan": {}}
    row = record("people", id="u", at=1_767_225_600, ok=1, _sdc_batched_at=None, plan=None)
    target.run([schema("people", columns, ["id"], ["at"]), row], streams={"people": rule})
    assert profiles(target) == {"u": {"plan": REMOVED}}


@pytest.mark.parametrize("column", ["id", "at"])
def test_a_null_identity_or_time_stays_a_reject(target, column):
    columns = {"id": {}, "at": {}, "plan": {}}
    row = {"id": "u", "at": 1_767_225_600, "plan": "x", column: None}
    head = schema("people", columns, ["plan"], ["at"])
    good = record("people", id="u", at=1_767_225_600, plan="x")
    rule = {**RULE, "time": "at"}
    finished = target.run([head, good, record("people", **row)], streams={"people": rule})
    assert finished.status == 3
    assert '"code":"identity_missing"' in target.rejects.read_text() or column == "at"
    assert '"code":"time_missing"' in target.rejects.read_text() or column == "id"


def test_a_null_never_removes_what_another_column_sets(target):
    head = schema("people", {"id": {}, "first": {}}, ["id"], ["at"])
    rows = [record("people", id="u", **{"Plan": "gold", "plan": None, "x.y": None})]
    finished = target.run([head, *rows], streams={"people": RULE})
    assert finished.status == 0, finished.log
    assert profiles(target) == {"u": {"Plan": "gold"}}


@pytest.mark.parametrize("by", ["target", "tap"])
def test_a_null_object_removes_the_columns_that_flattening_makes_of_it(target, by):
    address = {"type": ["null", "object"], "properties": {"city": {"type": "string"}}}
    flat = {"id": {"type": "string"}, "address__city": {"type": ["null", "string"]}}
    head = schema("people", {"id": {"type": "string"}, "address": address}, ["id"], ["at"])
    settings = {"flattening_enabled": True, "flattening_max_depth": 2}
    if by == "tap":
        head, settings = schema("people", flat, ["id"], ["at"]), {}
    parts = {"address": {"city": "Oslo"}} if by == "target" else {"address__city": "Oslo"}
    rows = [record("people", id="a", **parts), record("people", id="b", address=None)]
    finished = target.run([head, *rows], streams={"people": RULE}, **settings)
    assert finished.status == 0, finished.log
    assert profiles(target) == {"a": {"address__city": "Oslo"}, "b": {"address__city": REMOVED}}


def test_it_is_a_fault_for_events(target):
    rule = {"type": "event", "event": "Seen", "identity": "id", "nulls": "delete"}
    finished = target.run([*SCHEMAS], streams={"people": rule})
    assert finished.status == 1
    assert "streams.people.nulls: `delete` removes properties of profiles" in finished.log
