"""The columns of a SCHEMA message in all forms of JSON Schema."""

from __future__ import annotations

import msgspec
import pytest

from target_clevertap.singer.columns import mapper_schema, read_columns

MOMENT = {"type": ["null", "string"], "format": "date-time"}


def listed(column, **more):
    return read_columns({"properties": {"at": column}, **more}).listed["at"]


@pytest.mark.parametrize(
    ("column", "resolved"),
    [
        (True, {}),
        ({}, {}),
        ({"type": "string"}, {"type": "string"}),
        ({"$ref": "#/definitions/moment"}, MOMENT),
        ({"$ref": "#/$defs/again"}, MOMENT),
        ({"$ref": "#/properties/other/anyOf/1"}, MOMENT),
        ({"$ref": "#/$defs/a~1b~0c%20d"}, MOMENT),
        ({"allOf": [{"$ref": "#/definitions/moment"}]}, MOMENT),
        ({"allOf": [{"type": ["string", "null"]}, {"format": "date-time"}]}, MOMENT),
        ({"allOf": [{"allOf": [MOMENT]}, True]}, MOMENT),
        ({"oneOf": [{"$ref": "#/definitions/moment"}]}, MOMENT),
        (
            {"anyOf": [{"$ref": "#/definitions/moment"}, {"type": "null"}]},
            {"anyOf": [MOMENT, {"type": "null"}]},
        ),
        (
            {"anyOf": [{"anyOf": [MOMENT, {"oneOf": [{"type": "integer"}]}]}, {"type": "null"}]},
            {"anyOf": [MOMENT, {"type": "integer"}, {"type": "null"}]},
        ),
        (
            {"type": "string", "oneOf": [{"format": "date"}, {"format": "time"}]},
            {"anyOf": [{"type": "string", "format": kind} for kind in ("date", "time")]},
        ),
        (
            {"allOf": [{"type": "number"}, {"type": ["integer", "null"], "multipleOf": 1}]},
            {"type": ["integer"], "multipleOf": 1},
        ),
        ({"type": "any"}, {}),
        ({"type": "String"}, {"type": ["string"]}),
        ({"$ref": "#/definitions/moment", "description": "x"}, {**MOMENT, "description": "x"}),
        ({"$ref": "#/definitions/moment", "type": "object"}, MOMENT),
    ],
)
def test_a_column_is_resolved(column, resolved):
    definitions = {"moment": MOMENT}
    others = {"again": {"$ref": "#/definitions/moment"}, "a/b~c d": MOMENT}
    schema = {
        "properties": {"at": column, "other": {"anyOf": [{"type": "null"}, MOMENT]}},
        "definitions": definitions,
        "$defs": others,
    }
    columns = read_columns(schema)
    found = columns.listed["at"]
    assert without_order(found) == without_order(resolved)
    assert not columns.faults


def without_order(schema):
    if "anyOf" in schema:
        return [without_order(alternative) for alternative in schema["anyOf"]]
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    return {**schema, "type": sorted(types)}


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"$ref": "#/definitions/nowhere"}, "points to nothing"),
        ({"$ref": "other.json#/a"}, "points outside the SCHEMA"),
        ({"$ref": 5}, "points outside the SCHEMA"),
        ({"$ref": "#/properties/at"}, "points to itself"),
        ({"$ref": "#/definitions/one"}, "points to itself"),
        ({"type": 5}, "`type`"),
        ({"type": "datetime"}, "`type`"),
        ({"type": [{"type": "string"}]}, "`type`"),
        ({"anyOf": {"type": "string"}}, "`anyOf` is not a list"),
        ({"anyOf": ["string"]}, "not a JSON schema"),
        ({"anyOf": [{"const": number} for number in range(70)]}, "alternatives"),
        (5, "not a JSON schema"),
        (None, "not a JSON schema"),
    ],
)
def test_a_column_that_cannot_be_understood_may_hold_anything(column, words):
    definitions = {"one": {"$ref": "#/definitions/two"}, "two": {"$ref": "#/definitions/one"}}
    columns = read_columns({"properties": {"at": column}, "definitions": definitions})
    assert columns.listed["at"].get("type") is None
    assert words in columns.faults["at"]


def test_what_doubles_at_every_step_is_read_at_once():
    definitions = {
        f"d{level}": {"allOf": [{"$ref": f"#/definitions/d{level + 1}"}] * 2} for level in range(30)
    }
    definitions["d30"] = MOMENT
    assert listed({"$ref": "#/definitions/d0"}, definitions=definitions) == MOMENT
    nested = {"type": "object", "properties": {name: {"$ref": "#/definitions/d"} for name in "abc"}}
    columns = read_columns(schema := {"properties": {"at": nested}, "definitions": {"d": nested}})
    assert len(msgspec.json.encode(mapper_schema(schema, columns, []))) < 10_000_000


def test_what_is_nested_without_end_is_read_too():
    column = MOMENT
    for _ in range(400):
        column = {"anyOf": [column]}
    columns = read_columns({"properties": {"at": column}})
    assert columns.listed["at"] == {}
    assert "deep" in columns.faults["at"]


def test_columns_keep_their_order():
    names = [f"c{number}" for number in range(20)][::-1]
    assert [*read_columns({"properties": dict.fromkeys(names, True)}).listed] == names


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["null", "object"], "properties": {"at": MOMENT}},
        {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"at": MOMENT}}]},
        {"$ref": "#/definitions/row", "definitions": {"row": {"properties": {"at": MOMENT}}}},
        {"allOf": [{"properties": {"at": MOMENT}}, {"properties": {"b": {}}}]},
        {"allOf": [{"properties": {"at": {"type": "string"}}}, {"properties": {"at": MOMENT}}]},
        {"oneOf": [{"properties": {"at": MOMENT}}, {"properties": {"b": {}}}]},
        {"type": "string", "properties": {"at": MOMENT}},
    ],
)
def test_columns_are_found_wherever_they_are_at_the_top(schema):
    assert read_columns(schema).listed["at"]["format"] == "date-time"


@pytest.mark.parametrize(
    "schema", [True, {}, {"type": "object"}, {"properties": {}, "additionalProperties": True}]
)
def test_a_schema_without_columns_is_partial(schema):
    columns = read_columns(schema)
    assert columns.is_partial
    assert columns.allows("any")
    assert columns.schema("any") == {}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (None, "allows records"),
        (False, "allows records"),
        ([], "allows records"),
        ({"type": "array"}, "allows records"),
        ({"properties": []}, "`properties` that are not an object"),
        ({"properties": None}, "`properties` that are not an object"),
        ({"properties": {}, "patternProperties": 1}, "`patternProperties`"),
    ],
)
def test_what_is_no_schema_of_records_says_so(schema, words):
    with pytest.raises(ValueError, match=words):
        read_columns(schema)


def test_a_column_that_is_false_is_forbidden():
    columns = read_columns({"properties": {"a": False, "b": {}}})
    assert [*columns.listed] == ["b"]
    assert columns.forbidden == {"a"}
    assert not columns.allows("a")
    assert columns.allows("c")


def test_other_columns_have_the_schema_that_the_rest_has():
    columns = read_columns(
        {
            "properties": {"a": {}, "x_a": {}},
            "patternProperties": {"^x_": MOMENT, "_no$": False, "(": MOMENT},
            "additionalProperties": {"type": "integer"},
        }
    )
    assert columns.schema("x_1") == columns.schema("x_a") == MOMENT
    assert columns.schema("b") == {"type": "integer"}
    assert columns.schema("x_no") is columns.schema("a_no") is None
    closed = read_columns({"properties": {"a": {}}, "additionalProperties": False})
    assert not closed.allows("b")
    assert closed.allows("a")


def test_the_schema_for_stream_maps_says_the_same():
    schema = {
        "properties": {"a": {"$ref": "#/$defs/m"}, "b": {"anyOf": [MOMENT, {"type": "integer"}]}},
        "patternProperties": {"^x_": MOMENT},
        "additionalProperties": False,
        "$defs": {"m": MOMENT},
    }
    schema["properties"]["no"] = False
    columns = read_columns(schema)
    again = read_columns(mapper_schema(schema, columns, ["id"]))
    for name in ("a", "no", "x_1", "other"):
        assert again.schema(name) == columns.schema(name)
    assert "id" not in again.listed
    partial = read_columns({})
    again = read_columns(mapper_schema({}, partial, ["id"]))
    assert again.is_partial
    assert "id" in again.listed
