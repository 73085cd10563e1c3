"""Records as Arrow batches: the columns of the streams, and values as they were sent."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from tap_clevertap.files.arrow_batches import (
    BAD_ROWS,
    COLUMNS,
    JSON,
    arrow_batch,
    arrow_schema,
    spark_schema,
)
from tap_clevertap.records.lines import Lines
from tap_clevertap.streams.exported_schemas import EXPORTED_SCHEMAS


def batch(line, columns):
    return arrow_batch(Lines.of([line + b"\n"]), columns).to_pylist()[0]


@pytest.mark.parametrize("kind", ["events", "profiles"])
def test_columns_are_the_fields_of_the_stream(kind):
    schema = EXPORTED_SCHEMAS[f"exported_{kind}"]
    assert [each.name for each in COLUMNS[kind]] == list(schema["properties"])
    required = [each.name for each in COLUMNS[kind] if each.is_required]
    assert required == schema["required"]
    for each in COLUMNS[kind]:
        types = schema["properties"][each.name]["type"]
        is_open = "object" in types or each.name == "platform_info"
        assert (each.type == JSON) == is_open


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1.10,"b":12345678901234567890123,"c":1e400,"d":0.1234567890123456789}',
        b'{"B":1,"b":"\\u00e9","\xc3\xa9":[{"a":null}]}',
        b"{}",
    ],
)
def test_open_objects_are_the_text_that_was_sent(text):
    assert batch(b'{"event_props":%b}' % text, COLUMNS["events"])["event_props"] == text.decode()


def test_what_is_null_or_absent_is_null():
    line = b'{"event_key":"k","event_name":"n","event_time":"2026-11-01T00:00:00+00:00","app":null}'
    found = batch(line, COLUMNS["events"])
    assert {name for name, value in found.items() if value is not None} == {
        *("event_key", "event_name", "event_time")
    }


def test_values_have_the_types_of_their_columns():
    line = (
        b'{"event_key":"k","event_name":"n","event_time":"2026-11-01T00:30:00+00:00",'
        b'"ts":20261101060000,"occurrence":2,"all_identities":["a",null]}'
    )
    found = batch(line, COLUMNS["events"])
    assert found["event_time"] == datetime(2026, 11, 1, 0, 30, tzinfo=timezone.utc)
    assert (found["ts"], found["occurrence"]) == (20261101060000, 2)
    assert found["all_identities"] == ["a", None]
    line = b'{"profile_key":"k","seen_through":"2026-11-01","platform_info":[]}'
    found = batch(line, COLUMNS["profiles"])
    assert (found["seen_through"], found["platform_info"]) == (date(2026, 11, 1), "[]")


def test_a_bad_row_is_json_whatever_it_was():
    line = b'{"source_file":"f","set_aside_at":"now","line":7,"reason":"r","row":"{\\"a"}'
    assert batch(line, BAD_ROWS) == {"source_file": "f", "line": 7, "reason": "r", "row": '"{\\"a"'}


@pytest.mark.parametrize("columns", [*COLUMNS.values(), BAD_ROWS])
def test_spark_and_arrow_have_the_same_columns(columns):
    schema = arrow_schema(columns)
    declared = [each.split(" ", 1) for each in spark_schema(columns).split(", ")]
    assert [name for name, _ in declared] == schema.names
    for (_, type_), field in zip(declared, schema, strict=True):
        assert type_.endswith("not null") != field.nullable
