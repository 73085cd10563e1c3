"""The rows of profiles in some lines of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.files.formats.json_rows import read_line
from tap_clevertap.files.rows import ROWS_AT_A_TIME
from tap_clevertap.records.exact_json import UNREADABLE_JSON, exact_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.formats.line_blocks import LineBlock
    from tap_clevertap.files.rows import ProfileRows, ReadOptions
    from tap_clevertap.records.rows import Record

_decode_lines = msgspec.json.Decoder(dict[str, Any], float_hook=exact_number).decode_lines


def profiles_of(block: LineBlock, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of some lines, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If the last line is cut.
    """
    rows = _rows_at_once(block) or _rows_one_by_one(block, options)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        yield rows[start : start + ROWS_AT_A_TIME]


def _rows_at_once(block: LineBlock) -> list[tuple[int, Record]]:
    """Return the rows of lines that are all usual, or none."""
    try:
        rows = _decode_lines(block.content)
    except UNREADABLE_JSON:
        return []
    numbers = [number for number, _ in block.lines()]
    return [*zip(numbers, rows, strict=True)] if len(numbers) == len(rows) else []


def _rows_one_by_one(block: LineBlock, options: ReadOptions) -> list[tuple[int, Record]]:
    found = []
    for number, line in block.lines():
        row = read_line(block, number, line, options)
        if row is not None:
            options.bad_rows.has_good = True
            found.append((number, row))
    return found
