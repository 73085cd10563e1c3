"""Parquet files of any writer: their row groups, pages, and damage."""

from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tap_clevertap.files.rows import ROWS_AT_A_TIME
from tests.support.files.parquet_files import (
    EPOCH,
    PROPS,
    TEXT,
    TS,
    events,
    file_of,
    held,
    pairs,
    props_file,
)
from tests.support.files.reading import events_in, kind_in, profiles_in


@pytest.mark.parametrize("row_group_size", [1, 7, 1_999, 2_001, 10_000])
def test_rows_keep_their_order_and_numbers_in_any_row_groups(row_group_size):
    count = 4 * ROWS_AT_A_TIME + 1
    rows = [
        None if n % 7 == 0 else [(f"k{n % 5}", held(n)), ("k", held(str(n)))] for n in range(count)
    ]
    if row_group_size == 1:
        rows = rows[:50]

    content = props_file(*rows, row_group_size=row_group_size)
    found = events_in("parquet", content)

    assert [event.number for event in found] == [*range(1, len(rows) + 1)]
    assert [event.props for event in found] == [
        None if row is None else {f"k{n % 5}": n, "k": str(n)} for n, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    "write",
    [
        partial(file_of),
        partial(file_of, data_page_version="2.0"),
        partial(file_of, compression="zstd"),
        partial(file_of, use_dictionary=False),
        partial(file_of, write_page_checksum=True),
        partial(file_of, store_schema=False),
    ],
    ids=lambda each: str(each.keywords),
)
def test_pages_of_each_kind_are_read(write):
    rows = [pairs({"a": n, "b": f"text {n % 3}"}) for n in range(100)]

    content = write(events({"eventProps": pa.array(rows, PROPS)}))

    assert [event.props["a"] for event in events_in("parquet", content)] == [*range(100)]


def test_files_without_rows_have_none():
    table = events({"eventProps": pa.array([], PROPS), "profile": pa.array([], PROPS)})
    content = file_of(table)
    without_groups = file_of_no_groups(table.schema)

    for each in (content, without_groups):
        assert kind_in("parquet", each) == "events"
        assert events_in("parquet", each) == []
        assert profiles_in("parquet", each) == []


def file_of_no_groups(schema):
    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, schema).close()
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("compression", ["snappy", "zstd"])
def test_maps_that_duckdb_writes_are_read(tmp_path, compression):
    path = tmp_path / "file.parquet"
    value = "{'member0': NULL, 'member2': %s, 'member5': %s}"
    props = {
        "b": value % (2**53 + 1, "NULL"),
        "a": value % ("NULL", "'x'"),
        "null": "NULL",
        "none": value % ("NULL", "NULL"),
    }
    entries = ", ".join(f"'{name}': {each}" for name, each in props.items())
    columns = (
        "'Charged' AS \"eventName\"",
        f'{EPOCH} AS "eventTime"',
        f'MAP {{{entries}}} AS "eventProps"',
        "MAP {'clevertapId': '__o1'} AS identity",
    )
    rows = duckdb.query(f"SELECT {', '.join(columns)} FROM range(3)")  # noqa: S608 - made here
    rows.write_parquet(str(path), compression=compression)

    rows = events_in("parquet", path.read_bytes())

    assert [(event.ts, event.object_id) for event in rows] == [(TS, "__o1")] * 3
    assert rows[0].props == {"a": "x", "b": 2**53 + 1, "none": None, "null": None}


def test_keys_in_dictionaries_are_read_over_row_groups():
    kind = pa.map_(pa.dictionary(pa.int32(), TEXT), pa.dictionary(pa.int32(), TEXT))
    rows = [[(f"k{n % 3}", f"v{n}")] for n in range(20)]

    content = props_file(*rows, kind=kind, row_group_size=3)

    assert [event.props for event in events_in("parquet", content)] == [dict(row) for row in rows]
