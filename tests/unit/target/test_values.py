"""Values are converted to what CleverTap accepts, or rejected."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_clevertap.records import charged, moments, operations, values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.kinds import ANY, kind_of
from target_clevertap.records.numbers import multiple_of, read_number, without_noise
from target_clevertap.singer.columns import read_columns

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
    assert moments.read_moment(text) == seconds


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-01-01T05:30:00.123456789+05:30"])
def test_moments_are_read_where_python_cannot(text):
    assert moments._read_moment_by_parts(text) == NEW_YEAR


@pytest.mark.parametrize(
    "text", ["", "yesterday", "infinity", "2026-13-01", "2026-02-30T00:00:00Z", "10000-01-01", "1"]
)
def test_what_is_no_moment_is_not_guessed(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for nobody
        moments.read_moment(text)


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(9000, 1, 1)), st.integers(-720, 720))  # noqa: DTZ001 - the offset is added below
def test_both_readers_agree_on_any_moment(moment, minutes):
    aware = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    text = aware.isoformat()
    whole = aware.replace(microsecond=0)
    assert (
        moments.read_moment(text)
        == int(whole.timestamp() // 1)
        == moments._read_moment_by_parts(text)
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (20_000_000_000, 20_000_000_000),
        (NEW_YEAR, NEW_YEAR),
        (Decimal("1767225600.7"), NEW_YEAR),
        ("2026-01-01", NEW_YEAR),
    ],
    ids=["far ahead", "seconds", "fraction", "date"],
)
def test_ts_is_epoch_seconds(value, seconds):
    assert moments.timestamp(value, "column `at`") == seconds


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
        moments.timestamp(value, "column `at`")
    assert refusal.value.code == code
    assert "`at`" in refusal.value.reason


PLACE = "column `c`"
MOMENT = {"type": ["null", "string"], "format": "date-time"}


def conversion(schema):
    listed = read_columns({"properties": {"c": schema}}).listed["c"]
    return values.conversion(kind_of(listed), PLACE)


def refused(convert, *values_given):
    with pytest.raises(RecordRefusedError) as refusal:
        convert(*values_given)
    assert "`c`" in refusal.value.reason
    assert len(given := str(values_given[0])) < 4 or given not in refusal.value.reason
    return refusal.value.code, refusal.value.reason


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1965-01-01", "before 1970"),
        ("1969-12-31T23:59:59Z", "before 1970"),
        (-454464000, "before 1970"),
        ("1970-01-01T00:00:00Z", "first second of 1970"),
        ("9999-12-31T23:59:59.999+00:00", "year 9999 is a placeholder"),
        ("9999-12-31", "year 9999 is a placeholder"),
        ("6000-01-01", "after the year 5137"),
        ("10000-01-01T00:00:00+00:00", "after the year 9999"),
        ("0044-03-15T00:00:00+00:00 BC", "before the year 1"),
        ("0000-01-01", "before the year 1"),
        ("0000-00-00 00:00:00", "zero date"),
        ("2022-11-00 20:59:22", "does not exist"),
        ("2026-01-01T25:00:00Z", "does not exist"),
        ("infinity", "infinite"),
        ("-infinity", "infinite"),
        ("2026-01-01 10:00:00 Europe/Berlin", "time zone is a name"),
        ("2026-01-01 10:00 IST", "time zone is a name"),
        ("1767225600000", "milliseconds"),
        (1767225600000, "milliseconds"),
        (1767225600000000, "microseconds"),
        (20260101123000, "yyyyMMddHHmmss"),
        ("20260101123000", "yyyyMMddHHmmss"),
        (202601011230, "yyyyMMddHHmm"),
        (2026010112, "yyyyMMddHH"),
        (20261301, "8 digits"),
        (46023, "5 digits"),
        ("2026-01-01-05", "ISO 8601"),
        ("Thu, 01 Jan 2026 00:00:00 GMT", "ISO 8601"),
        ("2026-1-5", "ISO 8601"),
        ("2026-01-01T12:00:00+99:00", "offset from UTC does not exist"),
        ("2026-01-01 12:00:00-24:00", "offset from UTC does not exist"),
        ("2026-01-01 01:30 PM", "AM and PM"),
        ("2026-01-01 01:30:00 a.m.", "AM and PM"),
        ("2026-01", "ISO 8601"),
        ([1], "neither text nor a number"),
        (True, "neither text nor a number"),
        (10**25, "too large"),
    ],
    ids=repr,
)
def test_the_reason_names_why_a_time_is_none(value, words):
    code, reason = refused(moments.timestamp, value, PLACE)
    assert code == "date_invalid"
    assert words in reason


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_time_is_missing(value):
    assert refused(moments.timestamp, value, PLACE)[0] == "time_missing"


@pytest.mark.parametrize(
    "value",
    [
        20260101,
        "20260101",
        "1767225600",
        "1767225600.75",
        1767225600.75,
        f"$D_{NEW_YEAR}",
        "2026-01-01 00:00:00 UTC",
        "2026-01-01T00:00:00 GMT",
        "2026-01-01 00:00:00.123456+00",
        "2026-01-01T05:30:00.5+0530",
        "2026-01-01T00:00:00+00:00[UTC]",
        "2026-01-01T00:00:00.000+0000",
        "2025-12-31T24:00:00Z",
        "2025-12-31 24:00:00.000",
        "2026-01-01Z",
        "2025-12-31 23:30:00-00:30",
        "2026-01-01 05:30:00 +05:30",
        "20260101T000000Z",
        "2026-01-01 01:02:03+01:02:03",
    ],
    ids=repr,
)
def test_times_are_read_in_every_spelling(value):
    assert moments.timestamp(value, PLACE) == NEW_YEAR


@pytest.mark.parametrize(
    ("schema", "value", "sent"),
    [
        (MOMENT, "2026-01-01", f"$D_{NEW_YEAR}"),
        (MOMENT, "1969-12-31", "$D_-86400"),
        (MOMENT, "1955-07-20", "$D_-456105600"),
        (MOMENT, "9999-12-31T23:59:59Z", "$D_253402300799"),
        (MOMENT, "20260101", f"$D_{NEW_YEAR}"),
        (MOMENT, NEW_YEAR, f"$D_{NEW_YEAR}"),
        (MOMENT, -454464000, "$D_-454464000"),
        (MOMENT, "$D_5", "$D_5"),
        (MOMENT, "", None),
        (MOMENT, "null", None),
        (MOMENT, "0000-00-00", None),
        (MOMENT, "0000-00-00 00:00:00", None),
        (MOMENT, "0000-00-00T00:00:00.000Z", None),
        ({**MOMENT, "format": "Date"}, "2026-01-01", f"$D_{NEW_YEAR}"),
        ({"format": "date"}, "2026-01-01", f"$D_{NEW_YEAR}"),
        ({**MOMENT, "type": ["integer", "string"]}, NEW_YEAR, NEW_YEAR),
        ({**MOMENT, "type": ["integer", "string"]}, "2026-01-01", f"$D_{NEW_YEAR}"),
        ({"anyOf": [MOMENT, {"type": "string"}]}, "2026-01-01", f"$D_{NEW_YEAR}"),
        ({"anyOf": [MOMENT, {"type": "string"}]}, "soon", "soon"),
        ({"anyOf": [MOMENT, {"type": "string"}]}, "", ""),
        ({"anyOf": [MOMENT, {}]}, "20260101", "20260101"),
        ({"type": "string", "format": "time"}, "24:00:00", "24:00:00"),
        ({"type": "string", "format": "singer.decimal"}, "3.30", Decimal("3.3")),
        ({"type": "string", "format": "x-singer.decimal"}, "-1e2", -100),
        ({"type": ["null", "number"], "format": "singer.decimal"}, Decimal("3.3"), Decimal("3.3")),
        ({"type": "string", "format": "singer.decimal"}, "", None),
        ({"type": "string", "format": "singer.decimal"}, "9" * 38, int("9" * 38)),
        ({"type": "number"}, "19.90", Decimal("19.9")),
        ({"type": "integer"}, " 7 ", 7),
        ({"type": ["integer", "string"]}, "7", "7"),
        ({}, "7", "7"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "F", False),
        ({"type": "boolean"}, 1, True),
        ({"type": "boolean"}, 0, False),
        ({"type": ["boolean", "integer"]}, 1, 1),
        ({"type": "object"}, '{"b": 1.50, "a": [1]}', '{"a":[1],"b":1.5}'),
        ({"type": "array"}, '["a", 1]', '["a",1]'),
        ({"type": "array"}, "", None),
        ({"type": ["object", "array", "null"]}, "null", None),
        ({"type": ["object", "string"]}, '{"b": 1}', '{"b": 1}'),
        ({"type": "null"}, "text", "text"),
        ({"type": "number", "multipleOf": Decimal("0.01")}, Decimal("3.30"), Decimal("3.30")),
        ({"type": "number", "multipleOf": "0.01"}, Decimal("3.2999999999999998"), Decimal("3.3")),
        ({"type": "number", "multipleOf": 0.01}, 0.1 + 0.2, Decimal("0.3")),
    ],
    ids=repr,
)
def test_values_mean_what_the_schema_says(schema, value, sent):
    converted = conversion(schema)(value)
    assert converted == sent
    assert type(converted) is type(sent)


@pytest.mark.parametrize(
    ("schema", "value", "code"),
    [
        (MOMENT, "31/12/1969", "date_invalid"),
        (MOMENT, "infinity", "date_invalid"),
        (MOMENT, "2022-11-00 20:59:22", "date_invalid"),
        (MOMENT, 5, "date_invalid"),
        (MOMENT, "$D_soon", "date_invalid"),
        ({"type": "number"}, "$10.00", "value_invalid"),
        ({"type": "number"}, "1,234.5", "value_invalid"),
        ({"type": "number"}, "NaN", "value_invalid"),
        ({"type": "number"}, "1e99999999999999999999", "not_a_number"),
        ({"type": "integer"}, "9" * 5000, "not_a_number"),
        ({"type": "string", "format": "singer.decimal"}, "n/a", "value_invalid"),
        ({"type": "boolean"}, "maybe", "value_invalid"),
        ({"type": "boolean"}, 2, "value_invalid"),
        ({"type": "object"}, "{a: 1}", "value_invalid"),
        ({"type": "object"}, "[1]", "value_invalid"),
        ({"type": "array"}, "a,b", "value_invalid"),
        ({}, "x" * 1025, "value_too_long"),
    ],
    ids=repr,
)
def test_text_that_the_schema_does_not_allow_is_a_reject(schema, value, code):
    assert refused(conversion(schema), value)[0] == code


@pytest.mark.parametrize(
    "value", [Decimal("1e400"), {"a": [Decimal("-1e400")]}, "1e400", "9" * 5000]
)
def test_a_number_that_nothing_holds_is_not_called_nan(value):
    assert refused(conversion({"type": ["number", "object"]}), value) == (
        "not_a_number",
        "column `c` holds a number that is too large",
    )


NOISE = Decimal("3.29999999999999982236431605997495353221893310546875")


@pytest.mark.parametrize(
    ("value", "multiple", "expected"),
    [
        (NOISE, "0.01", Decimal("3.3")),
        (NOISE, "0.1", Decimal("3.3")),
        (NOISE, "1e-30", NOISE),
        (NOISE, "1e300", NOISE),
        (NOISE, "1e-999999", NOISE),
        (NOISE, "1e999999", NOISE),
        (Decimal("2.9999999999999996"), "1", 3),
        (Decimal("-3.2999999999999998"), "0.01", Decimal("-3.3")),
        (Decimal("3.301"), "0.01", Decimal("3.301")),
        (Decimal("3.2999999999"), "0.01", Decimal("3.2999999999")),
        (Decimal("1234567890123456.1"), "0.01", Decimal("1234567890123456.1")),
        (Decimal("1e-99999"), "0.01", Decimal("1e-99999")),
        (10**400, "0.01", 10**400),
        ("3.30", "0.01", "3.30"),
    ],
    ids=repr,
)
def test_the_noise_of_doubles_is_taken_off(value, multiple, expected):
    found = without_noise(value, multiple_of(multiple))
    assert found == expected
    assert str(found) == str(expected)


@given(st.integers(-(10**13), 10**13), st.sampled_from(["0.01", "0.001", "0.05", "0.25", "1"]))
def test_every_multiple_survives_a_double(count, multiple):
    exact = count * Decimal(multiple)
    blurred = Decimal(float(exact))  # all its digits, as some taps write them
    assert without_noise(blurred, multiple_of(multiple)) == exact


@pytest.mark.parametrize("multiple", [None, 0, -1, True, "x", "NaN", "1" * 50, [1]])
def test_a_multiple_that_nothing_can_be_counted_with_is_none(multiple):
    assert multiple_of(multiple) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("007", 7),
        ("+5", 5),
        ("5.", 5),
        (".50", Decimal("0.5")),
        ("-0.0", 0),
        ("1e400", Decimal("1e400")),
        ("1_000", None),
        ("0x10", None),
        ("", None),
        ("٣", None),
        ("9" * 5000, None),
        ("1e" + "9" * 40, None),
    ],
)
def test_a_number_in_text_is_read_exactly(text, number):
    assert read_number(text) == number


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
    assert values.encode(values.plain(PLACE)(value)) == encoded


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("-Infinity"), float("nan"), {"a": [Decimal("NaN")]}]
)
def test_nan_and_infinities_are_rejects_wherever_they_stand(value):
    plain = values.plain(PLACE)
    assert refused(plain, value)[0] == "not_a_number"
    assert refused(charged.items_conversion(PLACE), [{"a": value}])[0] == "not_a_number"
    refused(operations.operation_conversion("$incr", ANY, PLACE), value)
    for given_value in (value, {"$set": [value]}):
        convert = operations.unless_operation(plain, ANY, PLACE)
        assert refused(convert, given_value)[0] == "not_a_number"


ITEMS = [{"sku": "a", "price": Decimal("1.50"), "none": None, "tags": ["x"]}]
FLAT = [{"sku": "a", "price": Decimal("1.50"), "tags": '["x"]'}]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (ITEMS, FLAT),
        ('[{"sku": "a", "price": 1.50, "none": null, "tags": ["x"]}]', FLAT),
        ("\n [ ]", []),
        ([], []),
        ("", None),
        ("null", None),
    ],
    ids=repr,
)
def test_items_are_flat_objects(value, sent):
    assert charged.items_conversion(PLACE)(value) == sent


@pytest.mark.parametrize(
    "value", [["a"], [{"a": 1}, "loose"], {"a": 1}, '{"a": 1}', '["a"]', "2 x tea", 5, "[{'a': 1}]"]
)
def test_what_is_not_a_list_of_objects_is_not_sent_as_items(value):
    assert refused(charged.items_conversion(PLACE), value)[0] == "items_invalid"


def test_items_of_other_events_stay_json_text():
    convert = charged.items_as_text(values.plain(PLACE), PLACE)
    assert convert(ITEMS) == '[{"price":1.50,"sku":"a","tags":"[\\"x\\"]"}]'
    assert convert(["a"]) == '["a"]'


TEXT, LIST = kind_of({"type": "string"}), kind_of({"type": ["null", "array"]})
DECIMALS = kind_of({"type": "string", "format": "singer.decimal"})


@pytest.mark.parametrize(
    ("operator", "value", "operation", "kind"),
    [
        ("$add", ["a", None, "b"], {"$add": ["a", "b"]}, ANY),
        ("$remove", "a", {"$remove": ["a"]}, ANY),
        ("$set", [], {"$set": []}, ANY),
        ("$incr", Decimal("2.5"), {"$incr": Decimal("2.5")}, ANY),
        ("$decr", 2, {"$decr": 2}, ANY),
        ("$delete", True, {"$delete": 1}, ANY),
        ("$delete", False, None, ANY),
        ("$add", {"$remove": ["z"]}, {"$remove": ["z"]}, ANY),
        ("$add", '["a", "b"]', {"$add": ["a", "b"]}, TEXT),
        ("$add", '["a", 1.50]', {"$add": ["a", Decimal("1.5")]}, LIST),
        ("$set", "", None, LIST),
        ("$set", "", {"$set": [""]}, TEXT),
        ("$add", "a,b", {"$add": ["a,b"]}, TEXT),
        ("$add", '\ufeff["a"]', {"$add": ["a"]}, TEXT),
        ("$add", '"gold"', {"$add": ['"gold"']}, TEXT),
        ("$incr", "2.50", {"$incr": Decimal("2.5")}, DECIMALS),
        ("$incr", "", None, DECIMALS),
        ("$decr", "7", {"$decr": 7}, kind_of({"type": "integer"})),
        ("$add", "7", {"$add": [7]}, kind_of({"type": "integer"})),
        ("$add", '{"$remove": ["z"]}', {"$remove": ["z"]}, kind_of({"type": "object"})),
        ("$delete", "false", None, TEXT),
        ("$delete", "0", None, TEXT),
        ("$delete", "gold", {"$delete": 1}, TEXT),
        ("$delete", "f", None, kind_of({"type": "boolean"})),
    ],
    ids=repr,
)
def test_operators_take_their_operands(operator, value, operation, kind):
    assert operations.operation_conversion(operator, kind, PLACE)(value) == operation


@pytest.mark.parametrize(
    ("operator", "value", "kind"),
    [
        ("$incr", "5", TEXT),
        ("$incr", True, ANY),
        ("$incr", [5], ANY),
        ("$incr", "many", DECIMALS),
        ("$add", {"a": 1}, ANY),
        ("$add", '{"a": 1}', TEXT),
        ("$add", '"[\\"a\\"]"', TEXT),
        ("$set", '"{\\"a\\": 1}"', ANY),
        ("$add", "['a', 'b']", TEXT),
        ("$set", "{a,b}", TEXT),
        ("$set", "a,b", LIST),
    ],
    ids=repr,
)
def test_an_operand_that_an_operator_does_not_take_is_a_reject(operator, value, kind):
    code, _ = refused(operations.operation_conversion(operator, kind, PLACE), value)
    assert code in ("operation_invalid", "value_invalid")


@pytest.mark.parametrize("phone", [919800000001, Decimal(919800000001), 919800000001.0])
def test_a_number_with_its_country_code_becomes_a_telephone_number(phone):
    assert charged.phone_conversion(values.plain(PLACE), PLACE)(phone) == "+919800000001"


@pytest.mark.parametrize("phone", [9800000001, 14155551234, 0, -919800000001, 10**15, 1.5])
def test_a_number_that_may_lack_its_country_code_is_a_reject_with_advice(phone):
    code, reason = refused(charged.phone_conversion(values.plain(PLACE), PLACE), phone)
    assert code == 516
    assert "country code" in reason


@pytest.mark.parametrize("phone", ["+4930 1", "919800000001", True])
def test_a_telephone_number_as_text_stays_as_it_is(phone):
    assert charged.phone_conversion(values.plain(PLACE), PLACE)(phone) == phone
