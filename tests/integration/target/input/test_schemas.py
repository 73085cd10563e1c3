"""SCHEMA messages as taps send them: partial, odd and broken ones, with and without stream maps."""

from __future__ import annotations

import pytest

from target_clevertap.errors import InputError
from target_clevertap.singer.lines import Line
from target_clevertap.singer.schema_message import read_schema
from tests.support.target_process import lines, record

NEW_YEAR = 1767225600
VISITS = {"type": "event", "event": "Visit", "identity": "member", "time": "at"}
VISIT = {"_id": "65a1", "member": "m-7", "at": "2026-01-01T00:00:00Z", "page": "tea"}
MOMENT = {"type": ["null", "string"], "format": "date-time"}
NOT_CHECKED = "are not checked: `at`, `member`"
STATE = {"type": "STATE", "value": {"s": 1}}

WAYS = {
    "plain": {},
    "mapped": {"stream_maps": {"*": {"site": "'shop'"}}},
    "mapped from a column": {"stream_maps": {"*": {"site": "_.get('page')"}}},
    "flattened": {"flattening_enabled": True, "flattening_max_depth": 2},
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def schema(columns_schema, stream="visits"):
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": columns_schema,
        "key_properties": ["_id"],
        "bookmark_properties": ["at"],
    }


def run(target, *messages, **settings):
    rules = {message["stream"]: VISITS for message in messages if "stream" in message}
    return target.run(lines(messages), **{"streams": rules, **settings})


PARTIAL = {
    "nothing": {},
    "anything": True,
    "an object": {"type": "object"},
    "no columns": {"properties": {}},
    "no key": {"properties": {"other": {}}, "additionalProperties": True},
}


@each_way
def test_a_schema_that_does_not_list_its_columns_trusts_the_rule(target, way):
    messages = []
    for stream, columns_schema in PARTIAL.items():
        messages += [schema(columns_schema, stream), record(stream, **{**VISIT, "member": stream})]
    finished = run(target, *messages, **way)
    assert finished.status == 0, finished.log
    assert finished.log.count(NOT_CHECKED) == len(PARTIAL)
    found = target.delivered()
    assert {(event["identity"], event["ts"]) for event in found} == {
        (stream, NEW_YEAR) for stream in PARTIAL
    }
    assert all(event["evtData"]["page"] == "tea" for event in found)


@each_way
def test_a_schema_that_is_learned_stays_trusted(target, way):
    learned = {"properties": {"at": {"anyOf": [MOMENT, {}]}, "due": MOMENT}}
    messages = [schema({"properties": {}}), schema(learned)]
    finished = run(target, *messages, record("visits", **VISIT, due="2026-01-01"), **way)
    assert finished.status == 0, finished.log
    assert finished.log.count("are not checked") == 1
    assert target.delivered()[0]["evtData"]["due"] == f"$D_{NEW_YEAR}"


@each_way
def test_an_empty_stream_with_a_rule_is_nothing_to_fail_for(target, way):
    messages = [schema(columns_schema, stream) for stream, columns_schema in PARTIAL.items()]
    finished = run(target, *messages, STATE, **way)
    assert finished.status == 0, finished.log
    assert finished.states == [{"s": 1}]


def test_a_rule_with_a_wrong_column_still_ends_the_run(target):
    listed = {"properties": {"_id": {}, "membre": {}, "at": {}}}
    finished = run(target, schema(listed), record("visits", **VISIT))
    assert finished.status == 1
    assert "`member`" in finished.log
    assert "`membre`" in finished.log


ODD = {
    "a type that is a number": {"type": 5},
    "properties that are a list": {"type": "object", "properties": ["a"]},
    "nested properties that are broken": {
        "type": "object",
        "properties": {"a": 5, "b": {"type": 7}},
    },
    "a reference to nowhere": {"$ref": "#/definitions/nowhere"},
    "a reference to a file": {"$ref": "other.json"},
    "a reference to itself": {"$ref": "#/properties/odd"},
    "itself within": {"type": "object", "properties": {"a": {"$ref": "#/properties/odd"}}},
    "a union of numbers": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "a union of a boolean": {"anyOf": [True, {"type": "null"}]},
    "a union of lists of types": {"oneOf": [{"type": ["integer", "null"]}, {}]},
    "an empty union": {"anyOf": []},
    "no schema": 5,
    "empty instead": None,
    "anything": True,
    "a broken multiple": {"type": "number", "multipleOf": "x"},
    "a multiple of nothing": {"type": "number", "multipleOf": 0},
    "a format that is a number": {"type": "string", "format": 5},
}
UNDERSTOOD = {"a union", "an empty", "anything", "a broken", "a multiple", "a format", "properties"}
UNDERSTOOD |= {"nested", "itself"}


@each_way
def test_a_column_whose_schema_is_odd_holds_anything(target, way):
    messages = []
    for name, odd in ODD.items():
        columns = {"_id": {}, "member": {}, "page": {"type": "string"}, "at": MOMENT, "odd": odd}
        messages += [schema({"properties": columns}, name)]
        messages += [record(name, **{**VISIT, "member": name, "odd": 7})]
    finished = run(target, *messages, **way)
    assert finished.status == 0, finished.log
    assert "Traceback" not in finished.log
    assert {event["identity"] for event in target.delivered()} == {*ODD}
    assert all(event["evtData"]["odd"] == 7 for event in target.delivered())
    for name in ODD:
        is_understood = any(name.startswith(each) for each in UNDERSTOOD)
        warning = f"stream `{name}`: the SCHEMA of column `odd`"
        assert (warning in finished.log) is not is_understood, (name, finished.log)


@pytest.mark.parametrize(
    "columns",
    [None, False, 5, [], {"properties": []}, {"properties": 5}, {"type": "array"}],
    ids=str,
)
def test_what_is_not_a_schema_of_records_ends_the_run(columns):
    message = Line("SCHEMA", stream="visits", schema=columns, key_properties=["_id"])
    with pytest.raises(InputError) as error:
        read_schema(message, 7)
    assert "line 7 of the input: the SCHEMA of stream `visits`" in error.value.message


def test_a_run_that_ends_at_its_schema_prints_no_trace(target):
    finished = run(target, schema({"properties": []}), record("visits", **VISIT))
    assert finished.status == 1
    assert "line 1 of the input: the SCHEMA of stream `visits`" in finished.log
    assert "Traceback" not in finished.log


def test_a_null_or_object_union_at_the_top(target):
    columns = dict.fromkeys(["_id", "member", "at", "page"], True)
    rows = {"type": ["null", "object"], "properties": {**columns, "due": {"allOf": [MOMENT]}}}
    visit = record("visits", **VISIT, due="2026-01-01")
    finished = run(target, schema({"anyOf": [{"type": "null"}, rows]}), visit)
    assert finished.status == 0, finished.log
    assert target.delivered()[0]["evtData"]["due"] == f"$D_{NEW_YEAR}"


CHARGED = {**VISITS, "event": "Charged", "properties": {"Items": "lines"}}
PEOPLE = {"type": "profile", "identity": "member", "operations": {"tags": "$add"}}


def test_flattening_does_not_make_one_text_of_a_list(target):
    columns = {name: {"type": "string"} for name in ("_id", "member", "at")}
    columns |= {"lines": {"type": "array"}, "tags": {"type": ["null", "array"]}}
    row = {**VISIT, "lines": [{"sku": "a"}], "tags": ["x", "y"]}
    settings = {"flattening_enabled": True, "flattening_max_depth": 2}
    messages = (schema({"properties": columns}), record("visits", **row))
    assert run(target, *messages, streams={"visits": CHARGED}, **settings).status == 0
    assert run(target, *messages, streams={"visits": PEOPLE}, **settings).status == 0
    event, profile = target.delivered()
    assert event["evtData"]["Items"] == [{"sku": "a"}]
    assert profile["profileData"]["tags"] == {"$add": ["x", "y"]}


def test_many_rows_decoded_at_once_are_read_the_same_way(target):
    """More rows than are decoded at once, with all that only a SCHEMA declares."""
    columns = {"_id": {}, "member": {}, "at": {"$ref": "#/$defs/m"}}
    columns |= {"price": {"type": "number", "multipleOf": 0.01}, "due": {"allOf": [MOMENT]}}
    columns |= {"sum": {"type": "string", "format": "singer.decimal"}}
    columns_schema = {
        "properties": columns,
        "$defs": {"m": MOMENT},
        "patternProperties": {"^x_": MOMENT},
    }
    row = {**VISIT, "price": 3.2999999999999998, "due": "", "sum": "19.90", "x_1": "2026-01-01"}
    rows = [record("visits", **{**row, "_id": str(number)}) for number in range(3000)]
    finished = run(target, schema(columns_schema), *rows)
    assert finished.status == 0, finished.log
    found = target.delivered()
    assert len(found) == 3000
    wanted = {"price": 3.3, "sum": 19.9, "x_1": f"$D_{NEW_YEAR}", "page": "tea"}
    assert all({**each["evtData"], "_id": 0} == {**wanted, "_id": 0} for each in found)
