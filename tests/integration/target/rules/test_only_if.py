"""Rows whose `only_if` column is not true are held back and counted, on every path."""

from __future__ import annotations

import pytest

from target_clevertap.records.only_if import read_flag
from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema

RULE = {"type": "profile", "identity": "id", "only_if": "consent"}
SCHEMAS = [schema("people", {"id": {}, "consent": {}, "plan": {}}, ["id"], ["at"])]
TRUE = [True, 1, 1.0, "true", " TRUE ", "t", "Yes", "y", "1", "on", "1.0"]
FALSE = [
    *(False, 0, 0.0, "false", "F", "no", "n", "0", "off", "", " ", None, "null", "NaN"),
    float("nan"),
]
UNREADABLE = [2, -1, 0.5, "2", "granted", "ja", [], {}, [True], {"a": True}, "yes no", 10**309]


@pytest.mark.parametrize("value", TRUE, ids=repr)
def test_true_is_true(value):
    assert read_flag(value) is True


@pytest.mark.parametrize("value", FALSE, ids=repr)
def test_what_is_false_or_empty_is_not_true(value):
    assert read_flag(value) is False


@pytest.mark.parametrize("value", UNREADABLE, ids=repr)
def test_what_is_neither_is_not_guessed(value):
    assert read_flag(value) is None


@pytest.mark.parametrize("path", PATHS)
def test_only_rows_with_a_true_value_are_sent(target, path):
    values = [*TRUE, *FALSE[:-1]]
    rows = [record("people", id=f"u{n}", consent=each, plan=n) for n, each in enumerate(values)]
    rows.append(record("people", id="absent", plan=1))
    finished = sent_by(path, target, SCHEMAS, rows, streams={"people": RULE})
    assert finished.status == 0, finished.log
    found = {each["identity"] for each in delivered(target)}
    assert found == {f"u{n}" for n in range(len(TRUE))}
    assert all(each["profileData"].keys() == {"plan"} for each in delivered(target))
    assert f"held back by only_if {len(values) - len(TRUE) + 1} (not sent)" in finished.log
    assert "neither true nor false" not in finished.log
    assert target.rejected() == []


@pytest.mark.parametrize("path", PATHS)
def test_a_value_that_is_neither_is_held_back_with_one_warning(target, path):
    rows = [record("people", id=f"u{n}", consent=each) for n, each in enumerate(UNREADABLE)]
    rows += [record("people", id="sure", consent="yes", plan=1)]
    finished = sent_by(path, target, SCHEMAS, rows, streams={"people": RULE})
    assert finished.status == 0, finished.log
    assert [each["identity"] for each in delivered(target)] == ["sure"]
    assert finished.log.count("neither true nor false") == 1
    assert "column `consent` of its only_if" in finished.log
    assert "granted" not in finished.log
    assert f"held back by only_if {len(UNREADABLE)} (not sent)" in finished.log


@pytest.mark.parametrize("path", PATHS)
def test_a_row_that_is_held_back_is_not_checked(target, path):
    rows = [record("people", id=None, consent=False), record("people", id="u", consent=True)]
    rows += [record("people", consent=None, plan=1)]
    finished = sent_by(path, target, SCHEMAS, rows, streams={"people": RULE})
    assert finished.status == 0, finished.log
    assert target.rejected() == []


def test_the_column_is_a_property_where_the_rule_names_it(target):
    rule = {**RULE, "properties": {"Agreed": "consent"}}
    rows = [record("people", id="u", consent="yes", plan=1)]
    target.run([*SCHEMAS, *rows], streams={"people": rule})
    (sent,) = target.delivered()
    assert sent["profileData"] == {"Agreed": "yes", "plan": 1}


def test_events_are_held_back_too_and_the_state_passes_them(target):
    rule = {"type": "event", "event": "Seen", "identity": "id", "only_if": "ok", "time": "at"}
    head = schema("visits", {"id": {}, "ok": {"type": "boolean"}, "at": {}}, ["id"], ["at"])
    rows = [record("visits", id=f"v{n}", ok=n % 2 == 0, at=1_767_225_600) for n in range(40)]
    messages = [head, *rows, {"type": "STATE", "value": {"done": 1}}]
    finished = target.run(messages, streams={"visits": rule})
    assert finished.status == 0, finished.log
    found = {each["identity"] for each in target.delivered()}
    assert found == {f"v{n}" for n in range(0, 40, 2)}
    assert finished.states[-1] == {"done": 1}


def test_a_stream_map_can_make_the_column(target):
    maps = {"people": {"ok": "plan == 'gold'", "__else__": None, "id": "id"}}
    rows = [record("people", id="a", plan="gold"), record("people", id="b", plan="tin")]
    rule = {**RULE, "only_if": "ok"}
    finished = target.run([*SCHEMAS, *rows], streams={"people": rule}, stream_maps=maps)
    assert [each["identity"] for each in target.delivered()] == ["a"], finished.log


def test_a_column_that_the_schema_lacks_ends_the_run_before_anything_is_sent(target):
    rule = {**RULE, "only_if": "consnt"}
    rows = [record("people", id="u", consent=True)]
    finished = target.run([*SCHEMAS, *rows], streams={"people": rule})
    assert finished.status == 1
    assert "streams.people.only_if: the stream has no column `consnt`" in finished.log
    assert target.delivered() == []
