"""Columns of batch files that the SCHEMA does not list: they are not sent.

A tap of the SDK leaves columns out of RECORD messages that the catalog does not select, and writes
them to batch files all the same [singer-sdk 0.54.9, streams/core.py: get_batches].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.records.deletions import Deletions

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from target_clevertap.singer.plain_records import PlainRecords
    from target_clevertap.singer.streams import Stream

    Record = dict[str, Any]

encode = msgspec.json.Encoder(decimal_format="number").encode


class ListedColumns:
    """Leaves columns out of rows as the SCHEMA of a stream asks for."""

    def __init__(self, stream: Stream) -> None:
        """Leave nothing out where the SCHEMA does not list all columns."""
        columns = stream.columns
        keys = (key for branch in stream.branches for key in branch.builder.spec.keys)
        self._sent: set[str] = {*columns.listed, *keys}
        self._columns = columns
        self._left_out: dict[str, None] = {}

    @property
    def left_out(self) -> list[str]:
        """The columns that were left out, as they came."""
        return [*self._left_out]

    def of_rows(self, found: PlainRecords) -> PlainRecords:
        """Return rows without the columns that are not listed; all others as they came."""
        unlisted = self._unlisted(set[str]().union(*found.records))
        if unlisted:
            both = [
                self._without(unlisted, *each)
                for each in zip(found.records, found.raws, strict=True)
            ]
            found.records = [record for record, _ in both]
            found.raws = [raw for _, raw in both]
        return found

    def of_row(self, record: Record, raw: bytes) -> tuple[Record, bytes]:
        """Return a record, and the row that it is, without the columns that are not listed."""
        return self._without(self._unlisted(record.keys()), record, raw)

    def _without(
        self, unlisted: AbstractSet[str], record: Record, raw: bytes
    ) -> tuple[Record, bytes]:
        if unlisted.isdisjoint(record):
            return record, raw
        kept = {column: value for column, value in record.items() if column not in unlisted}
        try:
            return kept, encode(kept)
        except (RecursionError, ValueError):
            return kept, raw  # it will be a reject, as it came

    def _unlisted(self, columns: AbstractSet[str]) -> AbstractSet[str]:
        for column in sorted(columns - self._sent - self._left_out.keys()):
            if self._is_sent(column):
                self._sent.add(column)
            else:
                self._left_out[column] = None
        return columns & self._left_out.keys()

    def _is_sent(self, column: str) -> bool:
        columns = self._columns
        if columns.is_partial or columns.lists(column) or Deletions().may_mark([column]):
            return True
        return not columns.allows(column)  # its rule leaves out what is forbidden, with a warning
