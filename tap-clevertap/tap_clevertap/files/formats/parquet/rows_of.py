"""Rows of a batch in Python: their JSON, what is wrong with them, and as they were sent."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tap_clevertap.files.formats.parquet.scalars import FAULT, bytes_of, ends_of

if TYPE_CHECKING:
    from collections.abc import Iterable

BITS_OF_INT = 32

_fault = FAULT.encode()


def rows_of(texts: pa.Array) -> list[bytes]:
    """Return the text of each row; there is none that is null."""
    content, ends = bytes_of(texts), ends_of(texts).tolist()
    first = ends[0]
    if first:
        ends = [each - first for each in ends]
    return [content[start:end] for start, end in pairwise(ends)]


def numbers_of(array: pa.Array) -> list[int]:
    """Return the numbers of an array of 32 or 64 bits without null."""
    content = memoryview(array.buffers()[1])
    numbers = content.cast("i") if array.type.bit_width == BITS_OF_INT else content.cast("q")
    found: list[int] = numbers[array.offset : array.offset + len(array)].tolist()
    return found


def faults_in(columns: Iterable[pa.Array]) -> dict[int, str]:
    """Return what is wrong with rows, by their places in the batch.

    Args:
        columns: Of the JSON of rows, from `json_texts` and what joins it.
    """
    return {
        place: text.split(_fault)[1].decode()
        for column in columns
        if _fault in bytes_of(column)
        for place, text in enumerate(rows_of(column))
        if _fault in text
    }


def as_sent(batch: pa.RecordBatch, place: int) -> dict[str, Any]:
    """Return a row with its values as JSON has them, or as text."""
    values = {name: _as_sent(batch.column(at), place) for at, name in enumerate(batch.schema.names)}
    sent: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return sent


def _as_sent(column: pa.Array, place: int) -> object:
    try:
        return column[place].as_py()
    except (pa.ArrowException, ValueError, OverflowError, ImportError):
        return str(column[place : place + 1])  # a time beyond Python's years, or broken text
