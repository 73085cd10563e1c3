"""Batches of a Parquet file to rows of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import EVENT_NAME, TIME
from tap_clevertap.files.event_columns import NOT_A_TIME
from tap_clevertap.files.formats.parquet.blocks import block_reader
from tap_clevertap.files.formats.parquet.file import (
    batches,
    open_file,
    unread_if_inconvertible,
)
from tap_clevertap.files.formats.parquet.layout import EPOCH_TIME, column_of, event_layout
from tap_clevertap.files.formats.parquet.rows_of import as_sent
from tap_clevertap.files.formats.parquet.stamps import Stamps, event_names
from tap_clevertap.files.rows import ROWS_AT_A_TIME, EventRows
from tap_clevertap.records.blocks import KnownBlocks, session_block
from tap_clevertap.records.encoder import SESSION_BYTES
from tap_clevertap.records.exact_json import exact_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from tap_clevertap.files.rows import ReadOptions
    from tap_clevertap.records.blocks import Encoded

NO_NAME = f"has no {shown(EVENT_NAME)}"
NO_TIME = {
    TIME: NOT_A_TIME,
    EPOCH_TIME: f"has an {shown(EPOCH_TIME)} that is not a time in seconds since 1970",
}
"""By the name of the column."""
OBJECT_OR_NULL = (b"{", b"null")

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of a file of events; see `parquet_rows`."""
    file = open_file(content)
    reader = EventReader(file.schema_arrow, options)
    for number, batch in batches(file, reader.columns):
        with unread_if_inconvertible():
            rows = reader.rows(batch, number)
        for start in range(0, len(rows.numbers), ROWS_AT_A_TIME):
            yield EventRows._make(column[start : start + ROWS_AT_A_TIME] for column in rows)


class EventReader:
    """Makes rows of the batches of one file.

    Args:
        schema: Of the file.
        options: For readers.

    Raises:
        UnreadFileError: If the file has no time or no name, or two columns for one thing.
    """

    def __init__(self, schema: pa.Schema, options: ReadOptions) -> None:
        self._layout = event_layout(schema, options.columns)
        self._blocks = block_reader(self._layout.blocks, schema, options.columns)
        self._stamps = Stamps(self._layout.time_name, options.zone)
        self._bad_rows = options.bad_rows
        self._sessions = KnownBlocks(_encode_session, SESSION_BYTES)

    @property
    def columns(self) -> list[str]:
        """The names of the columns to read."""
        return self._layout.columns

    def rows(self, batch: pa.RecordBatch, first: int) -> EventRows:
        """Return the rows of a batch, without the bad ones.

        Args:
            batch: Of `columns`.
            first: The number of its first row.
        """
        names = event_names(column_of(batch, self._layout.name))
        stamps = self._stamps.stamps(column_of(batch, self._layout.time))
        props, sessions, users, faults = self._blocks.blocks(batch)
        no_time = NO_TIME[self._layout.time_name]
        faults |= {place: no_time for place, each in enumerate(stamps) if each is None}
        faults |= {place: NO_NAME for place, each in enumerate(names) if each is None}
        numbers = range(first, first + len(batch))
        columns: Sequence[Sequence[Any]] = [numbers, names, stamps, users, props, sessions]
        self._bad_rows.has_good |= len(faults) < len(batch)
        if faults:
            for place in sorted(faults):
                self._bad_rows.collect(numbers[place], as_sent(batch, place), faults[place])
            columns = [_without(faults, column) for column in columns]
        return self._encoded(*columns)

    def _encoded(self, *columns: Sequence[Any]) -> EventRows:
        numbers, names, stamps, users, props, sessions = columns
        return EventRows(
            numbers,
            names,
            stamps,
            users,
            [
                msgspec.Raw(each) if each.startswith(OBJECT_OR_NULL) else _decode(each)
                for each in props
            ],
            [*map(self._sessions.__getitem__, sessions)],
        )


def _encode_session(sent: bytes) -> Encoded:
    return session_block(_decode(sent))


def _without(faults: dict[int, str], column: Sequence[Any]) -> list[Any]:
    return [each for place, each in enumerate(column) if place not in faults]
