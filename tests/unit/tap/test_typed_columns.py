"""What getSchema declares, and the values that fit: everything else leaves a column null."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tap_clevertap.typed.columns import TypedColumn as Column
from tap_clevertap.typed.columns import TypedColumns
from tap_clevertap.typed.declared import declared_properties
from tap_clevertap.typed.kinds import PropertyKind as Kind
from tap_clevertap.typed.kinds import kind_in_catalog, kind_of

FITTING = {
    Kind.TEXT: {"x": "x", "": "", "$D_5": "$D_5"},
    Kind.INTEGER: {
        7: 7,
        -(2**63): -(2**63),
        2**63 - 1: 2**63 - 1,
        Decimal("3.0"): 3,
        Decimal("1e3"): 1000,
    },
    Kind.NUMBER: {7: 7, Decimal("0.10"): Decimal("0.10"), 2**64 - 1: 2**64 - 1},
    Kind.BOOLEAN: {True: True, False: False},
    Kind.DATE: {
        "$D_1664890781": "2022-10-04T13:39:41+00:00",
        "$D_-1": "1969-12-31T23:59:59+00:00",
        "$D_0": "1970-01-01T00:00:00+00:00",
    },
    Kind.ANY: {"x": "x", 7: "7", True: "true", Decimal("1.50"): "1.50"},
}
MISFITTING = {
    Kind.TEXT: [7, Decimal("6.55"), True, ["x"], {"a": 1}],
    Kind.INTEGER: [
        "3",
        Decimal("0.5"),
        True,
        2**63,
        Decimal("1e30"),
        Decimal("1e400"),
        [1],
    ],
    Kind.NUMBER: ["3", True, Decimal("1e400"), Decimal("-2e308"), {}],
    Kind.BOOLEAN: ["true", 1, 0, "", []],
    Kind.DATE: [
        5,
        "x",
        "$D_",
        "$D_1.5",
        "$D_1586937505801",
        "$D_1 ",
        "2026-01-01",
        "$D_٣",
        True,
    ],
    Kind.ANY: [],
}


def value(kind, sent):
    columns = TypedColumns([Column("c", "P", kind)])
    found = columns.values({"P": sent})
    assert found.keys() == {"c"}
    return found["c"], columns.misfits["P"]


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [(kind, sent, made) for kind, values in FITTING.items() for sent, made in values.items()],
)
def test_a_value_that_fits_is_in_its_column(kind, sent, expected):
    found, misfits = value(kind, sent)
    assert (found, type(found), str(found)) == (expected, type(expected), str(expected))
    assert not misfits


@pytest.mark.parametrize(
    ("kind", "sent"), [(kind, sent) for kind, values in MISFITTING.items() for sent in values]
)
def test_a_value_that_does_not_fit_leaves_the_column_null_and_is_counted(kind, sent):
    assert value(kind, sent) == (None, 1)


@pytest.mark.parametrize("kind", Kind)
def test_null_and_absent_properties_are_null_and_fit(kind):
    assert value(kind, None) == (None, 0)
    columns = TypedColumns([Column("c", "P", kind)])
    assert columns.values({}) == columns.values(None) == {"c": None}
    assert not columns.misfits


def test_lists_and_objects_of_an_unknown_type_are_json():
    assert value(Kind.ANY, [{"b": Decimal("1.50"), "a": None}]) == (
        '[{"a":null,"b":1.50}]',
        0,
    )


def test_properties_that_are_not_declared_are_counted():
    columns = TypedColumns([Column("c", "P", Kind.TEXT)], declared=["P", "no column"])
    for props in ({"P": "x", "q": 1}, {"q": 2, "no column": 3}, {"P": 5}):
        columns.values(props)
    assert columns.undeclared == {"q": 2}


def test_columns_are_encoded_as_members_of_an_object():
    columns = TypedColumns([Column("a", "A", Kind.NUMBER), Column("b", "B", Kind.TEXT)])
    assert columns.encode([{"A": Decimal("1.50"), "B": 5}, None, {"B": "x\n"}]) == [
        b',"a":1.50,"b":null',
        b',"a":null,"b":null',
        b',"a":null,"b":"x\\n"',
    ]
    assert TypedColumns([]).encode([{"A": 1}, None]) == [b"", b""]


@pytest.mark.parametrize("name", ['Price "net"', "a\\b", "a\nb", "é"])
def test_a_column_may_have_any_name_that_a_catalog_gives_it(name):
    columns = TypedColumns([Column(name, "A", Kind.NUMBER), Column("b", "B", Kind.TEXT)])
    (encoded,) = columns.encode([{"A": Decimal("1.50"), "B": "x"}])
    assert json.loads(b"{%b}" % encoded[1:]) == {name: 1.5, "b": "x"}


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("String", Kind.TEXT),
        ("TEXT", Kind.TEXT),
        ("Integer", Kind.INTEGER),
        ("long", Kind.INTEGER),
        ("Number", Kind.NUMBER),
        ("FLOAT", Kind.NUMBER),
        ("double", Kind.NUMBER),
        ("Boolean", Kind.BOOLEAN),
        ("Date", Kind.DATE),
        ("Date Time", Kind.DATE),
        ("DATE_TIME", Kind.DATE),
        ("List", Kind.ANY),
        ("Multi-Value", Kind.ANY),
        ("", Kind.ANY),
        (None, Kind.ANY),
        (5, Kind.ANY),
    ],
)
def test_types_are_read_in_any_spelling(declared, kind):
    assert kind_of(declared) is kind


SHAPES = {
    "a list of objects": [{"name": "Amount", "type": "Number"}],
    "other keys": [{"propertyName": "Amount", "dataType": "Number"}],
    "keys with separators": [{"Property Name": "Amount", "data_type": "Number"}],
    "an object of types": {"Amount": "Number"},
    "an object of objects": {"Amount": {"type": "Number"}},
    "an origin too": [{"propertyName": "Amount", "propertyType": "Custom", "dataType": "Number"}],
    "an origin in type": [{"type": "Custom", "name": "Amount", "dataType": "Number"}],
    "a data type that is none": [{"name": "Amount", "dataType": "Custom", "type": "Number"}],
    "a type of text first": [{"name": "Amount", "type": "String", "dataType": "Number"}],
    "a key too": [{"key": "p_17", "name": "Amount", "type": "Number"}],
    "a name that is none": [{"name": 5, "propertyName": "Amount", "type": "Number"}],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("key", ["properties", "eventProperties", "event_properties"])
def test_properties_are_read_in_any_shape(shape, key):
    content = json.dumps({"events": [{"name": "Charged", key: shape}]}).encode()
    assert declared_properties(content) == {"Charged": {"Amount": Kind.NUMBER}}


@pytest.mark.parametrize("other", [{"attributes": 7}, {"props": []}])
def test_a_member_that_has_no_properties_hides_none(other):
    event = {"name": "Charged", **other, "properties": {"Amount": "Number"}}
    content = json.dumps({"events": [event]}).encode()
    assert declared_properties(content) == {"Charged": {"Amount": Kind.NUMBER}}


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"", {}),
        (b"[]", {}),
        (b'{"events":5}', {}),
        (b'{"events":["Charged",{"name":"A","properties":5},{"name":""},{}]}', {"Charged", "A"}),
        (b'{"events":[{"name":"A","properties":[5,{"type":"x"},"P"]}]}', {"A"}),
    ],
)
def test_what_is_not_understood_is_left_out(content, declared):
    assert declared_properties(content).keys() == set(declared)


@pytest.mark.parametrize(
    ("schema", "declared", "kind"),
    [
        ({"type": ["integer", "null"]}, Kind.NUMBER, Kind.INTEGER),
        ({"type": "number"}, Kind.TEXT, Kind.NUMBER),
        ({"type": ["string", "null"]}, Kind.TEXT, Kind.TEXT),
        ({"type": ["string", "null"]}, Kind.NUMBER, Kind.ANY),
        ({"type": ["string", "null"], "format": "date-time"}, Kind.ANY, Kind.DATE),
        ({"type": ["object", "null"]}, Kind.TEXT, Kind.ANY),
        ({}, Kind.TEXT, Kind.ANY),
    ],
)
def test_a_catalog_may_have_another_type(schema, declared, kind):
    assert kind_in_catalog(schema, declared) is kind
