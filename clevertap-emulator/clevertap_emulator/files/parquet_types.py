"""The types of Parquet columns, and how arrays of them are made. Loads pyarrow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clevertap_emulator.files.settings import ParquetLayout, ParquetPages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEXT = pa.string()
DOCUMENTED = {
    "member0": pa.bool_(),
    "member1": pa.int32(),
    "member2": pa.int64(),
    "member3": pa.float32(),
    "member4": pa.float64(),
    "member5": TEXT,
}
OTHER = {
    "member0": TEXT,
    "member1": pa.int64(),
    "member2": pa.float64(),
    "member3": pa.bool_(),
    "member6": pa.map_(TEXT, TEXT),
}
IDENTITIES = pa.struct({"member0": TEXT, "member1": pa.list_(TEXT)})
PREFERENCES = pa.struct({**DOCUMENTED, "member6": pa.map_(TEXT, pa.bool_())})


class ColumnTypes:
    """The types of one layout."""

    def __init__(self, layout: ParquetLayout) -> None:
        self._is_list = layout is ParquetLayout.LIST
        self.values = pa.struct(OTHER if layout is ParquetLayout.OTHER else DOCUMENTED)
        """Of the values of properties."""

    def pairs(self, values: pa.DataType) -> pa.DataType:
        """Return the type of a column of names and such values."""
        if self._is_list:
            return pa.list_(pa.struct({"key": TEXT, "value": values}))
        return pa.map_(TEXT, values)

    def column(self, rows: Iterable[list[tuple[str, Any]] | None], values: pa.DataType) -> pa.Array:
        """Return a column from the pairs of each row."""
        if self._is_list:
            listed = [
                None if row is None else [{"key": name, "value": value} for name, value in row]
                for row in rows
            ]
            return pa.array(listed, self.pairs(values))
        return pa.array([*rows], self.pairs(values))

    def from_offsets(self, offsets: list[int | None], keys: pa.Array, values: pa.Array) -> pa.Array:
        """Return a column from all its pairs; an offset of None begins a row that is null."""
        starts = pa.array(offsets, pa.int32())
        if self._is_list:
            pairs = pa.StructArray.from_arrays([keys, values], ["key", "value"])
            return pa.ListArray.from_arrays(starts, pairs)
        return pa.MapArray.from_arrays(starts, keys, values)


def file_of(
    tables: Iterable[pa.Table], pages: ParquetPages, *, is_compliant: bool
) -> Iterator[bytes]:
    """Yield the bytes of a file with some tables of one schema."""
    buffer, writer = io.BytesIO(), None
    for table in tables:
        if writer is None:
            writer = pq.ParquetWriter(
                buffer,
                table.schema,
                compression=pages.value,
                use_compliant_nested_type=is_compliant,
                store_schema=False,
            )
        writer.write_table(table)
    if writer is not None:
        writer.close()
    yield buffer.getvalue()
