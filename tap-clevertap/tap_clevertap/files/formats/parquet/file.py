"""A Parquet file: opened, checked, and read in batches."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tap_clevertap._plugin.shown import LONGEST_SHOWN, visible
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.rows import ROWS_AT_A_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INT96 = "INT96"
BUFFER_BYTES = 1 << 16
"""Of each column that is read."""
MOST_ROWS = 3 * ROWS_AT_A_TIME
"""Of a batch: each of its steps takes some time, however few the rows."""
BATCH_BYTES = 4 << 20
"""About as many are decoded at a time."""


@contextmanager
def unread_if_corrupt() -> Iterator[None]:
    """Raise `UnreadFileError` instead of the errors of Arrow."""
    try:
        yield
    except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as fault:
        words = visible(" ".join(str(fault).split())[:LONGEST_SHOWN])
        if "crypt" in words:
            message = f"is encrypted ({words}); export it without encryption"
        else:
            message = f"is corrupt or cut ({words}); export it again, or copy it again"
        raise UnreadFileError(message) from None


@contextmanager
def unread_if_inconvertible() -> Iterator[None]:
    """Raise `UnreadFileError` instead of what Arrow raises for values that were read."""
    try:
        yield
    except pa.ArrowException as fault:
        message = (
            f"has values that this version of pyarrow cannot convert ({type(fault).__name__}); "
            "install a newer one, or export another format"
        )
        raise UnreadFileError(message) from None


def open_file(content: BinaryIO) -> pq.ParquetFile:
    """Open a file.

    Raises:
        UnreadFileError: If it is corrupt, cut or encrypted.
    """
    with unread_if_corrupt():
        return pq.ParquetFile(
            content, buffer_size=BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
        )


def batches(file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the rows of a file, with the number of the first of each batch, from 1.

    Args:
        file: From `open_file`.
        columns: The names of those to read.

    Raises:
        UnreadFileError: If it is corrupt or cut.
    """
    rows, number, utc = _batches(file, columns), 1, _utc_types(file)
    while True:
        with unread_if_corrupt():
            batch = next(rows, None)
        if batch is None:
            break
        yield number, _in_utc(batch, utc)
        number += len(batch)
    if number - 1 != file.metadata.num_rows:
        message = (
            f"has {number - 1:,} rows, not the {file.metadata.num_rows:,} that its footer tells; "
            "export it again, or copy it again"
        )
        raise UnreadFileError(message)


def _batches(file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    every = [*range(file.num_row_groups)]
    is_apart = any(_has_dictionary(each.type) for each in file.schema_arrow)
    for groups in [[each] for each in every] if is_apart else [every]:
        yield from file.iter_batches(
            _rows_at_a_time(file.metadata),
            row_groups=groups,
            columns=[*columns],
            use_threads=False,
        )


def _has_dictionary(kind: pa.DataType) -> bool:
    """Whether there are dictionaries in maps, which Arrow cannot join over row groups."""
    if not pa.types.is_nested(kind):
        return bool(pa.types.is_dictionary(kind))
    return any(_has_dictionary(kind.field(each).type) for each in range(kind.num_fields))


def _rows_at_a_time(metadata: pq.FileMetaData) -> int:
    groups = [metadata.row_group(each) for each in range(metadata.num_row_groups)]
    row_bytes = max((each.total_byte_size / (each.num_rows or 1) for each in groups), default=1)
    return max(1, min(MOST_ROWS, int(BATCH_BYTES / (row_bytes or 1))))


def _utc_types(file: pq.ParquetFile) -> dict[str, pa.DataType]:
    """Return the types of columns with INT96, which is a time in UTC, with that zone."""
    leaves = (file.schema.column(each).physical_type for each in range(len(file.schema)))
    found = {each.name: _utc_type(each.type, leaves) for each in file.schema_arrow}
    return {
        each.name: found[each.name] for each in file.schema_arrow if found[each.name] != each.type
    }


def _utc_type(kind: pa.DataType, leaves: Iterator[str]) -> pa.DataType:
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_utc_type(each.type, leaves)) for each in kind])
    if pa.types.is_map(kind):
        key = _utc_type(kind.key_type, leaves)
        return pa.map_(key, kind.item_field.with_type(_utc_type(kind.item_type, leaves)))
    if pa.types.is_nested(kind):
        return pa.list_(kind.value_field.with_type(_utc_type(kind.value_type, leaves)))
    if next(leaves) == INT96:
        return pa.timestamp(kind.unit, "UTC")
    return kind


def _in_utc(batch: pa.RecordBatch, types: dict[str, pa.DataType]) -> pa.RecordBatch:
    for name in types.keys() & {*batch.schema.names}:
        at = batch.schema.names.index(name)
        batch = batch.set_column(at, name, batch.column(at).cast(types[name]))
    return batch
