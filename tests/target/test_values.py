"""How values become what CleverTap takes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_clevertap import values
from target_clevertap.checks import RecordRefusedError

NEW_YEAR = 1767225600  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR),
        ("2026-01-01T00:00:00+00:00", NEW_YEAR),
        ("2026-01-01 00:00:00", NEW_YEAR),
        ("2026-01-01", NEW_YEAR),
        ("2026-01-01T05:30:00+05:30", NEW_YEAR),
        ("2025-12-31T19:00:00-0500", NEW_YEAR),
        ("2025-12-31T19:00:00-05", NEW_YEAR),
        ("2026-01-01T00:00:00.9Z", NEW_YEAR),
        ("2026-01-01T00:00:00.123456789Z", NEW_YEAR),
        ("2026-01-01T00:00:00,5", NEW_YEAR),
        ("2025-12-31T23:59:60Z", NEW_YEAR),
        ("1969-12-31T23:59:59.5Z", -1),
        ("1970-01-01", 0),
    ],
)
def test_a_moment_is_read_in_whole_seconds_of_utc(text, seconds):
    assert values.read_moment(text) == seconds


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-01-01T05:30:00.123456789+05:30"])
def test_moments_are_read_where_python_cannot(text):
    assert values._read_moment_by_parts(text) == NEW_YEAR


@pytest.mark.parametrize(
    "text", ["", "yesterday", "infinity", "2026-13-01", "2026-02-30T00:00:00Z", "10000-01-01", "1"]
)
def test_what_is_no_moment_is_not_guessed(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for nobody
        values.read_moment(text)


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(9000, 1, 1)), st.integers(-720, 720))  # noqa: DTZ001 - the offset is added below
def test_both_readers_agree_on_any_moment(moment, minutes):
    aware = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    text = aware.isoformat()
    whole = aware.replace(microsecond=0)
    assert (
        values.read_moment(text)
        == int(whole.timestamp() // 1)
        == values._read_moment_by_parts(text)
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(NEW_YEAR, NEW_YEAR), (Decimal("1767225600.7"), NEW_YEAR), ("2026-01-01", NEW_YEAR)],
    ids=["seconds", "fraction", "date"],
)
def test_ts_is_epoch_seconds(value, seconds):
    assert values.timestamp(value, "at") == seconds


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "time_missing"),
        (0, "date_invalid"),
        (-5, "date_invalid"),
        (NEW_YEAR * 1000, "date_invalid"),
        (True, "date_invalid"),
        ("soon", "date_invalid"),
        (Decimal("NaN"), "date_invalid"),
        (Decimal("Infinity"), "date_invalid"),
        (Decimal("1e99999999"), "date_invalid"),
        (Decimal("-1e99999999"), "date_invalid"),
        (10**400, "date_invalid"),
        ([1], "date_invalid"),
    ],
)
def test_a_time_that_cannot_be_meant_is_a_reject(value, code):
    with pytest.raises(RecordRefusedError) as refusal:
        values.timestamp(value, "at")
    assert refusal.value.code == code
    assert "`at`" in refusal.value.reason


@pytest.mark.parametrize(
    ("schema", "certainty"),
    [
        ({"type": "string", "format": "date-time"}, "strict"),
        ({"type": ["null", "string"], "format": "date"}, "strict"),
        ({"type": "string", "format": "time"}, None),
        ({"type": "string"}, None),
        (
            {"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]},
            "lenient",
        ),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "strict"),
        (True, None),
    ],
)
def test_a_schema_tells_where_dates_are(schema, certainty):
    assert values.date_format(schema) == certainty


def test_dates_become_dollar_d():
    convert = values.dated("born", strict=True)
    assert convert("1969-12-31") == "$D_-86400"
    assert convert("2026-01-01T00:00:00Z") == f"$D_{NEW_YEAR}"
    assert convert("$D_5") == "$D_5"
    with pytest.raises(RecordRefusedError) as refusal:
        convert("31/12/1969")
    assert refusal.value.code == "date_invalid"


def test_text_in_a_column_of_dates_or_text_stays_text():
    assert values.dated("when", strict=False)("soon") == "soon"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (Decimal("19.90"), b"19.90"),
        (
            Decimal("0.1234567890123456789012345678901234567890"),
            b"0.1234567890123456789012345678901234567890",
        ),
        (10**40, b"1" + b"0" * 40),
        (2**53 + 1, b"9007199254740993"),
        (True, b"true"),
        ("é", '"é"'.encode()),
        ({"b": Decimal("1.10"), "a": [1]}, b'"{\\"a\\":[1],\\"b\\":1.10}"'),
        ([1, "x"], b'"[1,\\"x\\"]"'),
    ],
)
def test_values_are_exact_and_nested_ones_are_json_text(value, encoded):
    assert values.encode(values.plain("column")(value)) == encoded


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("-Infinity"), float("nan"), {"a": [Decimal("NaN")]}]
)
def test_nan_and_infinities_are_rejects_wherever_they_stand(value):
    for convert in (
        values.plain("x"),
        values.items("x"),
        values.operated("x", "$incr"),
        values.operation_or(values.plain("x"), "x"),
    ):
        with pytest.raises(RecordRefusedError):
            convert([value] if convert is values.items else value)
    with pytest.raises(RecordRefusedError) as refusal:
        values.operation_or(values.plain("x"), "x")({"$set": [value]})
    assert refusal.value.code == "not_a_number"


def test_items_are_flat_objects():
    items = [{"sku": "a", "price": Decimal("1.50"), "none": None, "tags": ["x"]}]
    assert values.items("Items")(items) == [{"sku": "a", "price": Decimal("1.50"), "tags": '["x"]'}]
    assert values.items("Items")(["a"]) == '["a"]'


@pytest.mark.parametrize(
    ("operator", "value", "operation"),
    [
        ("$add", ["a", None, "b"], {"$add": ["a", "b"]}),
        ("$remove", "a", {"$remove": ["a"]}),
        ("$set", [], {"$set": []}),
        ("$incr", Decimal("2.5"), {"$incr": Decimal("2.5")}),
        ("$decr", 2, {"$decr": 2}),
        ("$delete", True, {"$delete": 1}),
        ("$delete", False, None),
        ("$add", {"$remove": ["z"]}, {"$remove": ["z"]}),
    ],
)
def test_operators_take_their_operands(operator, value, operation):
    assert values.operated("tags", operator)(value) == operation


@pytest.mark.parametrize("value", ["5", True, [5]])
def test_an_increment_by_no_number_is_a_reject(value):
    with pytest.raises(RecordRefusedError) as refusal:
        values.operated("points", "$incr")(value)
    assert refusal.value.code == "operation_invalid"
