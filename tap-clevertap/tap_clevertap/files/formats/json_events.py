"""The rows of events in blocks of JSON lines: those that are usual at once, others one by one."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tap_clevertap.files.formats.json_columns import CommonRows
from tap_clevertap.files.formats.json_memory import JsonMemory
from tap_clevertap.files.formats.json_rows import RowReader, read_line
from tap_clevertap.files.rows import ROWS_AT_A_TIME, EventRows
from tap_clevertap.records.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.formats.line_blocks import LineBlock
    from tap_clevertap.files.rows import ReadOptions


class EventBlocks:
    """Reads the blocks of a file, in their order.

    Args:
        name: Of the event, where a row has none; it may be empty.
        options: Of the reader.
    """

    def __init__(self, name: str, options: ReadOptions) -> None:
        self._options = options
        self._one = RowReader(options.zone, name, options.columns)
        memory = JsonMemory() if options.json is None else options.json
        self._common = None if options.columns else CommonRows(name, options.zone, memory)

    def rows(self, block: LineBlock) -> Iterator[EventRows]:
        """Yield the rows of a block, at most `ROWS_AT_A_TIME` at a time.

        Raises:
            UnreadFileError: If the last line is cut.
        """
        rows = None if self._common is None else self._common.rows(block)
        if rows is None:
            rows = _together(self._one_by_one(block))
        for start in range(0, len(rows.numbers), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            yield rows if len(rows.numbers) <= ROWS_AT_A_TIME else _part(rows, part)

    def _one_by_one(self, block: LineBlock) -> Iterator[EventRows]:
        for number, line in block.lines():
            rows = None if self._common is None else self._common.row(number, line)
            if rows is None:
                rows = self._uncommon(block, number, line)
            if rows is not None:
                self._options.bad_rows.has_good = True
                yield rows

    def _uncommon(self, block: LineBlock, number: int, line: bytes) -> EventRows | None:
        sent = read_line(block, number, line, self._options)
        if sent is None:
            return None
        try:
            return self._one.row(number, sent)
        except BadRowError as fault:
            self._options.bad_rows.collect(number, line, str(fault))
            return None


def _part(rows: EventRows, part: slice) -> EventRows:
    return EventRows._make(column[part] for column in rows)


def _together(parts: Iterator[EventRows]) -> EventRows:
    columns = zip(*parts, strict=True)
    joined = [[*chain.from_iterable(column)] for column in columns]
    return EventRows(*joined) if joined else EventRows(*((),) * 6)
