"""The SQL of examples/warehouses in DuckDB: values arrive as the files have them, or are named."""

from __future__ import annotations

import gzip
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from clevertap_emulator.files.export import export_files
from tests.partners.warehouses.odd_events import (
    EVENTS,
    EXACT_IN_JSON,
    ZONE,
    as_cell,
    decoded,
    json_line,
    write_csv,
    write_json,
    write_parquet,
)

EXAMPLE = Path(__file__).parents[3] / "examples" / "warehouses"


def loaded(name, files):
    connection = duckdb.connect()
    connection.execute(f"set variable files = '{files}'; set variable zone = '{ZONE}'")
    connection.execute((EXAMPLE / f"duckdb_{name}.sql").read_text())
    return connection


def rows(connection):
    found = connection.execute(
        "select event_name, ts, object_id, identity, event_props from exported_events"
    ).fetchall()
    return sorted((*row[:4], decoded(row[4])) for row in found)


def problems(connection):
    return connection.execute("select problem from export_problems").fetchall()


def sorted_events(events):
    return sorted(tuple(each) for each in events)


def test_json_rows_are_those_of_the_files(tmp_path):
    write_json(tmp_path, [*EVENTS, *EXACT_IN_JSON])
    connection = loaded("json", f"{tmp_path}/*.json.gz")
    assert repr(rows(connection)) == repr(
        sorted_events(each._replace(props=decoded(json_props(each))) for each in all_events())
    )
    assert problems(connection) == []


def all_events():
    return [*EVENTS, *EXACT_IN_JSON]


def json_props(event):
    return json_line(event).partition('"eventProps": ')[2][:-1]


def test_json_times_are_of_the_zone(tmp_path):
    write_json(tmp_path, EVENTS)
    connection = loaded("json", f"{tmp_path}/*.json.gz")
    found = connection.execute("select ts, epoch(event_time)::bigint from exported_events")
    for ts, seconds in found.fetchall():
        wall = datetime.fromtimestamp(seconds, ZoneInfo(ZONE))
        assert wall.strftime("%Y%m%d%H%M%S") == str(ts)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ['{"ts":20261101000000,"eventName":"A","eventProps":{"a":1,"a":2}}'],
            "a property that is there twice",
        ),
        (
            ['{"ts":20261101000000,"eventName":"A","eventProps":{"a":0.1234567890123456789}}'],
            "a decimal with more digits than a double has",
        ),
        (['{"eventName":"A"}'], "a row without a time or an event name"),
        (
            ['{"ts":20261101000000,"eventName":"A","eventProps":{"a":"\\ud83d"}}'],
            "lines that are no row: not one, but 2",
        ),
        (['{"ts":20261101000000,"eve'], "lines that are no row: not one, but 2"),
    ],
)
def test_json_that_duckdb_would_change_is_named(tmp_path, lines, problem):
    text = "".join(f"{line}\n" for line in ["A", *lines])
    (tmp_path / "1.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    assert problems(loaded("json", f"{tmp_path}/*.json.gz")) == [(problem,)]


def test_a_json_file_without_its_first_line_is_named_and_its_rows_are_there(tmp_path):
    lines = "".join(f"{json_line(each)}\n" for each in EVENTS[:2])
    (tmp_path / "1.json.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    connection = loaded("json", f"{tmp_path}/*.json.gz")
    assert len(rows(connection)) == 2
    assert problems(connection) == [("lines that are no row: not one, but 0",)]


def test_gzipped_files_whose_names_end_in_json_are_read(tmp_path):
    write_json(tmp_path, EVENTS)
    for path in sorted(tmp_path.glob("*.json.gz"))[::2]:
        path.rename(path.with_suffix(""))
    connection = loaded("json", documented_files(tmp_path))
    assert len(rows(connection)) == len(EVENTS)
    assert problems(connection) == []


def documented_files(folder):
    """Return the pattern of the README, in another folder."""
    text = (EXAMPLE / "README.md").read_text()
    pattern = re.search(r"set variable files = '/exports/(.*)';", text)[1]
    return f"{folder}/{pattern}"


@pytest.mark.parametrize("content", [b"", b"\n"])
@pytest.mark.parametrize("name", ["json", "csv"])
def test_an_empty_file_is_named(tmp_path, name, content):
    (write_json if name == "json" else write_csv)(tmp_path, EVENTS[:1])
    empty = tmp_path / f"empty.{name}.gz"
    empty.write_bytes(gzip.compress(content, mtime=0))
    connection = loaded(name, f"{tmp_path}/**/*.{name}*")
    found = connection.execute("from export_problems").fetchall()
    problem = "an empty file" if name == "json" else "a file without its header"
    assert [row[:2] for row in found] == [(str(empty), problem)]


def test_an_empty_file_alone_is_named(tmp_path):
    (tmp_path / "1.json.gz").write_bytes(gzip.compress(b"", mtime=0))
    assert problems(loaded("json", f"{tmp_path}/*")) == [("an empty file",)]


def test_csv_rows_are_the_text_of_the_files(tmp_path):
    events = [each for each in EVENTS if "Amount" not in each.props]
    write_csv(tmp_path, events)
    connection = loaded("csv", f"{tmp_path}/*.csv.gz")
    as_text = [
        each._replace(props={name: as_cell(value) for name, value in each.props.items()})
        for each in events
    ]
    assert rows(connection) == sorted_events(as_text)
    assert problems(connection) == []


def test_csv_columns_that_differ_in_case_are_named(tmp_path):
    write_csv(tmp_path, EVENTS)
    connection = loaded("csv", f"{tmp_path}/*.csv.gz")
    assert problems(connection) == [("columns whose names differ in case only",)]


def test_parquet_rows_are_those_of_the_files(tmp_path):
    write_parquet(tmp_path, EVENTS)
    connection = loaded("parquet", f"{tmp_path}/**/*.parquet*")
    expected = [each._replace(props=decoded(json_props(each))) for each in EVENTS]
    assert repr(rows(connection)) == repr(sorted_events(expected))
    assert problems(connection) == []


@pytest.mark.parametrize(
    ("name", "suffix"), [("json", "gz"), ("csv", "gz"), ("parquet", "parquet")]
)
def test_rows_are_those_of_the_emulator(tmp_path, name, suffix):
    settings = {"format": name, "what": "events", "days": 4, "users": 300, "events_per_day": 400}
    exported = export_files(tmp_path, **settings)
    connection = loaded(name, f"{tmp_path}/**/*.{suffix}")
    expected = [
        (row["event_name"], row["ts"], row["object_id"], row["identity"], row["event_props"] or {})
        for row in exported.events
    ]
    assert len(expected) > 1000
    assert sorted(map(normal, rows(connection))) == sorted(map(normal, expected))
    assert problems(connection) == []


def normal(row):
    """Return the text of a row whose decimals are equal if their values are."""
    props = sorted(
        (name, value.normalize() if isinstance(value, Decimal) else value)
        for name, value in row[4].items()
    )
    return repr((*row[:4], props))


def test_rows_of_profiles_are_named(tmp_path):
    export_files(tmp_path, format="json", what="profiles", days=1, users=5)
    problem = "a row without a time or an event name"
    assert (problem,) in problems(loaded("json", f"{tmp_path}/*"))


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_files_of_profiles_are_refused(tmp_path, name):
    export_files(tmp_path, format=name, what="profiles", days=1, users=5)
    with pytest.raises(duckdb.Error):
        loaded(name, f"{tmp_path}/*")


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_files_of_profiles_among_those_of_events_are_named_or_refused(tmp_path, name):
    export_files(tmp_path, format=name, days=2, users=50, events_per_day=50)
    try:
        connection = loaded(name, f"{tmp_path}/**/*.*")
    except duckdb.Error:
        return
    assert ("a row without a time or an event name",) in problems(connection)
