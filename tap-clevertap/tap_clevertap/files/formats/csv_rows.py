"""CSV: a header that differs per event and file, and rows whose values are text."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import (
    ADVICE,
    EVENT_NAME,
    TIME,
    is_event_name,
)
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.event_columns import EventColumns
from tap_clevertap.files.formats.csv_layout import EventLayout, ProfileLayout
from tap_clevertap.files.formats.csv_table import CsvTable, read_table
from tap_clevertap.files.profile_records import IDENTIFIERS, is_profile_name
from tap_clevertap.files.rows import ROWS_AT_A_TIME
from tap_clevertap.records.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from io import BufferedReader

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions
    from tap_clevertap.records.rows import Record


def kind_of(content: BufferedReader, columns: Mapping[str, str]) -> Kind:
    """Tell events from profiles by the header, and leave the content at its start.

    Raises:
        UnreadFileError: If it is neither's.
    """
    header = _read(BytesIO(content.peek()), columns).header
    documented = {columns.get(name, name) for name in header}
    if documented >= {TIME, EVENT_NAME}:
        return "events"
    if documented & IDENTIFIERS:
        return "profiles"
    if any(map(is_event_name, documented)):
        return "events"
    message = (
        f"has a header with neither {shown(TIME)} and {shown(EVENT_NAME)} nor "
        f"{shown('identity')} or {shown('clevertapId')}; {ADVICE}"
    )
    raise UnreadFileError(message)


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of a file of events, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If the header has no time or name or a name twice, or the file is cut.
    """
    table = _read(content, options.columns)
    layout = EventLayout(table.header, options.columns)
    collected = EventColumns(options.zone)
    for row in table.rows(options.bad_rows, is_proved=options.is_packed):
        try:
            collected.add(table.lines.first, layout.event(row))
            options.bad_rows.has_good = True
        except BadRowError as fault:
            table.refuse(str(fault), options.bad_rows)
        if collected.is_full:
            yield collected.take()
    if collected:
        yield collected.take()


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of a file of profiles, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If the header has a name twice, or the file is cut.
    """
    table = _read(content, options.columns)
    layout = ProfileLayout(table.header, options.columns)
    rows: list[tuple[int, Record]] = []
    for row in table.rows(options.bad_rows, is_proved=options.is_packed):
        try:
            rows.append((table.lines.first, layout.profile(row)))
            options.bad_rows.has_good = True
        except BadRowError as fault:
            table.refuse(str(fault), options.bad_rows)
        if len(rows) >= ROWS_AT_A_TIME:
            yield rows
            rows = []
    if rows:
        yield rows


def _read(content: BinaryIO, columns: Mapping[str, str]) -> CsvTable:
    def known_names(header: Sequence[str]) -> int:
        documented = [columns.get(name, name) for name in header]
        return sum(is_event_name(name) or is_profile_name(name) for name in documented)

    return read_table(content, known_names)
