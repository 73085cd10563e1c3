"""JSON: the name of the event alone in the first line, then an object in each."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import ADVICE
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.json_events import EventBlocks
from tap_clevertap.files.formats.json_heads import is_name, is_of_events, is_of_profiles
from tap_clevertap.files.formats.json_profiles import profiles_of
from tap_clevertap.files.formats.line_blocks import BYTE_ORDER_MARK, LineBlock, blocks_of_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions


FIRST_LINES = 100
"""Of which one must be a profile in a file of profiles; others may be broken."""


def kind_of(content: BufferedReader, columns: Mapping[str, str]) -> Kind:
    """Tell events by the first two lines, and profiles by some more.

    Raises:
        UnreadFileError: If it is neither's.
    """
    head = LineBlock(1, content.peek().removeprefix(BYTE_ORDER_MARK))
    if is_of_events(_first_lines(head, 2), columns):
        return "events"
    if is_of_profiles(_first_lines(head, FIRST_LINES), columns):
        return "profiles"
    message = (
        f"has rows with neither {shown('ts')} and {shown('eventName')} nor {shown('identity')} or "
        f"{shown('clevertapId')}, or not one row in a line; {ADVICE}, or export it again"
    )
    raise UnreadFileError(message)


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of a file of events, at most `ROWS_AT_A_TIME` at a time.

    A row has the name in itself or, if it has none, that of the first line.

    Raises:
        UnreadFileError: If the last line is cut, or a line is longer than 16 MiB.
    """
    blocks = blocks_of_lines(content)
    first = next(blocks, LineBlock(1, b""))
    line, rest = first.split_first()
    is_named = is_name(_first_lines(first, 2), options.columns)
    reader = EventBlocks(line.decode(errors="replace") if is_named else "", options)
    yield from reader.rows(rest if is_named else first)
    for block in blocks:
        yield from reader.rows(block)


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of a file of profiles, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If the last line is cut, or a line is longer than 16 MiB.
    """
    for block in blocks_of_lines(content):
        yield from profiles_of(block, options)


def _first_lines(block: LineBlock, number: int) -> list[bytes]:
    return [line for _, line in islice(block.lines(), number)]
