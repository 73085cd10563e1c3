"""Values in Parquet files: exactly those of the API, whatever members and layouts hold them."""

import datetime as dt
import struct
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.records.exact_json import canonical_json
from tests.support.files.parquet_files import (
    MEMBERS,
    PROPS,
    TEXT,
    TEXTS,
    events,
    file_of,
    held,
    pairs,
    props_file,
    union,
)
from tests.support.files.reading import KeptRows, events_in

UTC = dt.timezone.utc
decode = msgspec.json.Decoder(float_hook=Decimal).decode


def props_in(content, **more):
    return [event.props for event in events_in("parquet", content, **more)]


def one(value, kind):
    (props,) = props_in(props_file([("x", value)], kind=pa.map_(TEXT, kind)))
    return props["x"]


def member(value, kind, name="member0"):
    return one({name: value}, pa.struct({name: kind}))


def test_members_are_told_by_their_types_in_any_number_and_order():
    kind = union(member7=TEXT, member2=pa.bool_(), member0=pa.float64(), member40=pa.int64())
    row = [
        ("text", {"member7": "1"}),
        ("flag", {"member2": False}),
        ("number", {"member0": 1.5}),
        ("whole", {"member40": 2**53 + 1}),
    ]

    (props,) = props_in(props_file(row, kind=kind))

    assert props == {"flag": False, "number": Decimal("1.5"), "text": "1", "whole": 2**53 + 1}
    assert props["flag"] is False


def test_null_maps_null_values_and_values_without_a_member_are_three_things():
    rows = [None, [], [("x", None)], [("x", {})]]

    content = props_file(*rows)
    raw = events_in("parquet", content)

    assert [event.props for event in raw] == [None, {}, {"x": None}, {"x": None}]


def test_of_equal_keys_the_last_wins():
    row = [
        ("b", held(1)),
        ("a", held("x")),
        ("b", {"member0": True}),
        ("c", held(0)),
        ("b", held(2.5)),
    ]

    assert props_in(props_file(row, [("b", held(7))])) == [
        {"a": "x", "b": Decimal("2.5"), "c": 0},
        {"b": 7},
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (2**63 - 1, pa.int64()),
        (-(2**63), pa.int64()),
        (2**64 - 1, pa.uint64()),
        (255, pa.uint8()),
        (-128, pa.int8()),
        (Decimal("1.10"), pa.decimal128(9, 2)),
        (Decimal("-12345678901234567890123456789012345678.000000001"), pa.decimal256(50, 9)),
        (Decimal("0E-9"), pa.decimal128(12, 9)),
        ("text", pa.large_string()),
        ("text", pa.dictionary(pa.int8(), TEXT)),
        ("text", pa.string_view()),
        ("é", pa.binary()),
        ("é", pa.large_binary()),
        ("ab", pa.binary(2)),
        (["a", None, "b"], pa.list_(TEXT)),
        ([1, 2], pa.large_list(pa.int64())),
        ([1, 2], pa.list_(pa.int64(), 2)),
        ([], pa.list_(TEXT)),
        ([["a"], []], pa.list_(pa.list_(TEXT))),
    ],
    ids=str,
)
def test_each_type_keeps_its_values(value, kind):
    given_value = value.encode() if pa.types.is_binary(kind) and isinstance(value, str) else value

    assert member(given_value, kind) == value


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.1, pa.float32(), "0.1"),
        (16777216.0, pa.float32(), "16777216.0"),
        (1e10, pa.float32(), "10000000000.0"),
        (3.4028234663852886e38, pa.float32(), "3.4028235E+38"),
        (1e-5, pa.float32(), "0.00001"),
        (0.1, pa.float64(), "0.1"),
        (5.0, pa.float64(), "5.0"),
        (-0.0, pa.float64(), "-0.0"),
        (1e15, pa.float64(), "1000000000000000.0"),
        (1e16, pa.float64(), "1E+16"),
        (0.30000000000000004, pa.float64(), "0.30000000000000004"),
        (1e-7, pa.float64(), "1E-7"),
        (5e-324, pa.float64(), "5E-324"),
        (float("nan"), pa.float64(), '"NaN"'),
        (float("inf"), pa.float64(), '"Infinity"'),
        (float("-inf"), pa.float32(), '"-Infinity"'),
        (1.5, pa.float16(), "1.5"),
    ],
)
def test_floats_are_the_shortest_numbers_of_their_width(value, kind, text):
    assert canonical_json(member(value, kind)).decode() == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0, pa.timestamp("s"), "1970-01-01T00:00:00"),
        (1_600_000_000_120, pa.timestamp("ms", "UTC"), "2020-09-13T12:26:40.12+00:00"),
        (1_600_000_000_000_000, pa.timestamp("us", "UTC"), "2020-09-13T12:26:40+00:00"),
        (1_600_000_000_000, pa.timestamp("ms", "Asia/Kolkata"), "2020-09-13T12:26:40+00:00"),
        (-1, pa.timestamp("ns"), "1969-12-31T23:59:59.999999999"),
        (dt.date(2022, 2, 12), pa.date32(), "2022-02-12"),
        (dt.time(7, 5, 1, 500000), pa.time64("us"), "07:05:01.5"),
        (dt.time(7, 5), pa.time32("s"), "07:05:00"),
    ],
)
def test_times_are_texts_in_iso_8601(value, kind, text):
    assert member(value, kind) == text


def test_times_of_96_bits_are_in_utc():
    kind = pa.map_(TEXT, pa.struct({"member0": pa.timestamp("ns"), "member1": TEXT}))
    rows = [[("x", {"member0": 1_600_000_000_000_000_000}), ("y", {"member1": "z"})], None]

    content = props_file(*rows, kind=kind, use_deprecated_int96_timestamps=True)

    assert props_in(content) == [{"x": "2020-09-13T12:26:40+00:00", "y": "z"}, None]


def test_a_member_may_be_a_map():
    kind = union(member0=TEXT, member6=pa.map_(TEXT, pa.bool_()))
    row = [
        ("groups", {"member6": [("b", True), ("a", None), ("b", False)]}),
        ("x", {"member0": "y"}),
    ]

    assert props_in(props_file(row, kind=kind)) == [{"groups": {"a": None, "b": False}, "x": "y"}]


def test_maps_of_plain_values_need_no_members():
    row = [("b", "2"), ("a", None), ("", "empty")]

    assert props_in(props_file(row, kind=TEXTS)) == [{"": "empty", "a": None, "b": "2"}]


@pytest.mark.parametrize(
    "options", [{"use_compliant_nested_type": False}, {"use_compliant_nested_type": True}], ids=str
)
@pytest.mark.parametrize("make", [pa.list_, pa.large_list], ids=["list", "large_list"])
def test_older_writers_have_lists_of_keys_and_values(options, make):
    kind = make(pa.struct({"key": TEXT, "value": pa.struct(MEMBERS)}))
    rows = [
        [
            {"key": "n", "value": held(1)},
            {"key": "a", "value": None},
            {"key": "n", "value": held(2)},
        ],
        None,
        [],
    ]

    content = props_file(*rows, kind=kind, **options)

    assert props_in(content) == [{"a": None, "n": 2}, None, {}]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (pa.large_string(), "é"),
        (pa.string_view(), "é"),
        (pa.large_binary(), "é".encode()),
        (pa.dictionary(pa.int32(), TEXT), "é"),
        (pa.binary(), "é".encode()),
        (pa.int64(), 2**53 + 1),
    ],
    ids=str,
)
def test_keys_may_be_of_other_types(kind, key):
    array = pa.array(
        [[("a" if isinstance(key, str) else key, 1), (key, 2)]], pa.map_(kind, pa.int32())
    )
    (props,) = props_in(file_of(events({"eventProps": array})))

    assert props[key.decode() if isinstance(key, bytes) else str(key)] == 2


def test_text_keeps_each_character():
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000), 0x1F600]))
    row = [(everything, held(everything)), ("%b %d", held('"\\\n\t/')), ("z", held(""))]

    assert props_in(props_file(row)) == [{everything: everything, "%b %d": '"\\\n\t/', "z": ""}]


def test_broken_text_becomes_the_replacement_character_as_in_json_files():
    texts = pa.array([b"ok", b"\xff", b"\xc3", b"\xa9", None]).view(TEXT)
    values = pa.StructArray.from_arrays([texts], ["member0"])
    keys = pa.array([b"a", b"\xed\xa0\xbd", b"c", b"d", b"e"]).view(TEXT)
    column = pa.MapArray.from_arrays([0, 5], keys, values)

    (props,) = props_in(file_of(events({"eventProps": column})))

    assert props == {
        "a": "ok",
        "\ufffd\ufffd\ufffd": "\ufffd",
        "c": "\ufffd",
        "d": "\ufffd",
        "e": None,
    }


def test_structs_are_blocks_with_a_field_for_each_property():
    kind = pa.struct({"b": pa.int64(), "a": TEXT, "sub": pa.struct({"x": TEXT})})
    rows = [{"b": 1, "a": None, "sub": {"x": "y"}}, None, {"b": None, "a": "x"}]

    content = file_of(events({"eventProps": pa.array(rows, kind)}))

    assert props_in(content) == [{"b": 1, "sub": {"x": "y"}}, None, {"a": "x"}]


def test_null_values_of_a_slice_and_what_is_around_it_are_not_read():
    column = pa.array([pairs({"a": 1}), None, pairs({"b": "x", "a": 2}), pairs({"c": 3})], PROPS)
    table = events({"eventProps": column})

    assert props_in(file_of(table.slice(1, 2))) == [None, {"a": 2, "b": "x"}]


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (pa.duration("s"), 5, "has a value of the type duration, which is not read"),
        (pa.struct({"x": TEXT}), {"x": "y"}, "has a value of the type struct, which is not read"),
        (pa.timestamp("ms"), 2**62, "has a time that no calendar has"),
    ],
    ids=str,
)
def test_rows_with_values_that_nobody_knows_are_bad_and_the_others_are_read(kind, value, reason):
    both = union(member0=kind, member1=TEXT)
    rows = [
        [("x", {"member1": "a"})],
        [("y", {"member1": "b"}), ("x", {"member0": value})],
        [("x", {"member1": "c"})],
    ]
    bad = KeptRows()

    assert props_in(props_file(*rows, kind=both), bad_rows=bad) == [{"x": "a"}, {"x": "c"}]
    ((number, sent, given_reason),) = bad.rows
    assert (number, given_reason) == (2, reason)
    assert "eventProps" in sent


def test_a_value_with_two_members_makes_its_row_bad():
    rows = [
        [("x", {"member1": 1})],
        [("x", {"member1": 1, "member5": "1"})],
        [("x", {"member0": False, "member4": 0.0}), ("x", {"member5": "last wins"})],
    ]
    bad = KeptRows()

    assert props_in(props_file(*rows), bad_rows=bad) == [{"x": 1}, {"x": "last wins"}]
    assert [(number, reason) for number, _, reason in bad.rows] == [
        (2, "has a value with more than one member")
    ]


def test_a_property_without_a_name_makes_its_row_bad():
    kind = pa.list_(pa.struct({"key": TEXT, "value": TEXT}))
    rows = [[{"key": None, "value": "x"}], [{"key": "a", "value": "x"}]]
    bad = KeptRows()

    assert props_in(props_file(*rows, kind=kind), bad_rows=bad) == [{"a": "x"}]
    assert [(number, reason) for number, _, reason in bad.rows] == [
        (1, "has a property without a name")
    ]


FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
VALUES = (
    st.none()
    | st.booleans().map(lambda each: {"member0": each})
    | st.integers(-(2**31), 2**31 - 1).map(lambda each: {"member1": each})
    | st.integers(-(2**63), 2**63 - 1).map(lambda each: {"member2": each})
    | FLOAT32.map(lambda each: {"member3": each})
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda each: {"member4": each})
    | st.text().map(lambda each: {"member5": each})
)
ROWS = st.none() | st.lists(st.tuples(st.text(), VALUES), max_size=6)


def as_sent(value):
    """Return a value as the API has it."""
    if value is None:
        return None
    ((name, found),) = value.items()
    if name == "member3":
        return decode(shortest(found))
    return decode(repr(found)) if isinstance(found, float) else found


def shortest(number):
    """Return the fewest digits that are read as the same float of 32 bits."""
    for digits in range(1, 10):
        text = f"{number:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", number):
            return repr(float(text))
    raise AssertionError(number)


@given(st.lists(ROWS, min_size=1, max_size=8))
def test_all_maps_are_read_as_the_api_has_them(rows):
    expected = [
        None if row is None else {name: as_sent(value) for name, value in row} for row in rows
    ]

    found = props_in(props_file(*rows))

    assert [canonical_json(each) for each in found] == [canonical_json(each) for each in expected]
