"""Parquet files for tests, written by pyarrow."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEXT = pa.string()
MEMBERS = {
    "member0": pa.bool_(),
    "member1": pa.int32(),
    "member2": pa.int64(),
    "member3": pa.float32(),
    "member4": pa.float64(),
    "member5": TEXT,
}
"""The documented ones, by which the values of properties are told apart."""
PROPS = pa.map_(TEXT, pa.struct(MEMBERS))
TEXTS = pa.map_(TEXT, TEXT)
EPOCH = 1644606691  # 2022-02-12 00:41:31 in Kolkata
TS = b"20220212004131"


def union(**members: pa.DataType) -> pa.DataType:
    """Return the type of a map of values with some members."""
    return pa.map_(TEXT, pa.struct(members))


def held(value: Any) -> dict[str, Any] | None:
    """Return a value in its documented member."""
    if value is None:
        return None
    if isinstance(value, bool):
        return {"member0": value}
    if isinstance(value, int):
        return {"member1" if -(2**31) <= value < 2**31 else "member2": value}
    return {"member4" if isinstance(value, float) else "member5": value}


def pairs(block: Mapping[str, Any] | None) -> list[tuple[str, Any]] | None:
    """Return the entries of a map."""
    return None if block is None else [(name, held(value)) for name, value in block.items()]


def file_of(table: pa.Table, **options: Any) -> bytes:
    """Return the bytes of a file."""
    written = BytesIO()
    pq.write_table(table, written, **options)
    return written.getvalue()


def events(columns: Mapping[str, Any], rows: int | None = None) -> pa.Table:
    """Return rows of events with some columns, and with names and times where these have none."""
    found = {
        name: pa.chunked_array([column]) if isinstance(column, pa.Array) else column
        for name, column in columns.items()
    }
    count = len(next(iter(found.values()))) if rows is None else rows
    given = {
        "eventName": pa.array(["Charged"] * count, TEXT),
        "eventTime": pa.array([str(EPOCH)] * count, TEXT),
    }
    return pa.table({**given, **found})


def props_file(
    *rows: Sequence[tuple[str, Any]] | None, kind: pa.DataType = PROPS, **options: Any
) -> bytes:
    """Return a file of events of which only the properties differ."""
    return file_of(events({"eventProps": pa.array(rows, kind)}), **options)
