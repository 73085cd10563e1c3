"""Rows of a batch in Python: their JSON, what is wrong with them, and as they were sent."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tap_clevertap.files.formats.parquet.scalars import FAULT, bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_fault = FAULT.encode()


def rows_of(texts: pa.Array) -> list[bytes]:
    """Return the text of each row; there is none that is null."""
    if not len(texts):
        return []
    content, offsets = bytes_of(texts), memoryview(texts.buffers()[1]).cast("i")
    ends = offsets[texts.offset : texts.offset + len(texts) + 1].tolist()
    first = ends[0]
    if first:
        ends = [each - first for each in ends]
    return [content[start:end] for start, end in pairwise(ends)]


def faults_in(columns: Iterable[Sequence[bytes]]) -> dict[int, str]:
    """Return what is wrong with rows, by their places in the batch.

    Args:
        columns: Of the JSON of rows, from `json_texts` and what joins it.
    """
    return {
        place: text.split(_fault)[1].decode()
        for column in columns
        for place, text in enumerate(column)
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
