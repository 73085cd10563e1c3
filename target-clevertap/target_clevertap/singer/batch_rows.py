"""The rows of batch files on their way to the delivery, as if each were a RECORD message."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import InputError
from target_clevertap.records.exact_json import UNREADABLE, decode_value
from target_clevertap.singer.batch_columns import ListedColumns
from target_clevertap.singer.batch_files import described, lines_of
from target_clevertap.singer.lenient_json import UnreadableError, read_record_leniently
from target_clevertap.singer.lines import Line
from target_clevertap.singer.place import InputPlace
from target_clevertap.singer.whole_lines import other_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_clevertap.singer.batch_message import BatchMessage
    from target_clevertap.singer.record_handler import RecordHandler
    from target_clevertap.singer.streams import Stream

MOST_NAMED = 5


def take_batch(
    message: BatchMessage, stream: Stream, handler: RecordHandler, between: Callable[[], None]
) -> list[str]:
    """Take the rows of all files of a BATCH message; return the columns that were left out.

    Args:
        message: Checked.
        stream: That it is of.
        handler: Takes the records.
        between: Does what is due, between pieces of a file; it may raise to end the run.

    Raises:
        InputError: When a file cannot be read to its end, or a row cannot be used.
    """
    listed = ListedColumns(stream)
    for name in message.manifest:
        source = described(name, message.stream)
        number = 1
        for lines in lines_of(name, message.stream, is_gzip=message.is_gzip):
            between()
            if lines is None:
                continue
            content = lines.removeprefix(BOM_UTF8) if number == 1 else lines
            rows = [*map(bytes.strip, content.removesuffix(b"\n").split(b"\n"))]
            _take_rows(rows, stream, handler, InputPlace(number, source), listed)
            number += len(rows)
    return listed.left_out


def left_out_warnings(stream: str, columns: list[str]) -> Iterator[str]:
    """Yield what the log says of columns that were left out."""
    if columns:
        more = f" and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else ""
        yield (
            f"stream {shown(stream)}: its batch files have columns that its SCHEMA does not list, "
            f"and these are not sent: {', '.join(map(shown, columns[:MOST_NAMED]))}{more}; if they "
            "are needed, select them in the tap"
        )


def _take_rows(
    rows: list[bytes],
    stream: Stream,
    handler: RecordHandler,
    first: InputPlace,
    listed: ListedColumns,
) -> None:
    """Take rows: many at once where they are plain, the others one by one.

    Args:
        rows: Without white space around them.
        stream: That they are of.
        handler: Takes the records.
        first: The place of the first row.
        listed: Leaves out columns that are not sent.
    """
    taken = 0
    while taken < len(rows):
        taken = handler.take_rows(stream, rows, taken, listed)
        if taken < len(rows):
            if row := rows[taken]:
                place = InputPlace(first.line + taken, first.source)
                record, raw = listed.of_row(_record(row, place), row)
                line = Line("RECORD", stream.origin.stream, msgspec.Raw(raw))
                handler.take(stream, line, record, place)
            taken += 1


def _record(row: bytes, place: InputPlace) -> dict[str, Any]:
    try:
        record = decode_value(row)
    except UNREADABLE:
        record = _lenient_record(row, place)
    if not isinstance(record, dict):
        message = f"{place}: the row is not an object; fix the tap that wrote it"
        raise InputError(message)
    return record


def _lenient_record(row: bytes, place: InputPlace) -> Any:  # noqa: ANN401 - any JSON value
    fault = None
    if (encoding := other_encoding(row)) is not None:
        fault = f"it is {encoding}"
    else:
        try:
            return read_record_leniently(row)
        except UnreadableError as error:
            fault = str(error)
    message = (
        f"{place}: it cannot be read ({fault}); batch files hold one JSON object on each line, so "
        "run the tap again, which writes new files, or fix the tap"
    )
    raise InputError(message)
