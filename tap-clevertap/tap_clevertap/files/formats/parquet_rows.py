"""Parquet: maps of values whose type each value tells, in columns with known names.

The layout is that of real use [LF] and of the documentation [U:profile-exports]. The modules of
`parquet` need pyarrow, so they are imported when a file is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from tap_clevertap._plugin.errors import SettingError
from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import ADVICE, EVENT_NAME, is_event_name
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.profile_records import is_profile_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions

OF_EVENTS = frozenset((EVENT_NAME, "eventTime", "eventProps", "event_props"))
"""Columns that tell a file of events."""


def kind_of(content: BufferedReader, columns: Mapping[str, str]) -> Kind:
    """Tell events from profiles by the columns, and leave the content at its start.

    Raises:
        UnreadFileError: If it is neither's, or corrupt or cut.
        SettingError: If pyarrow is not installed.
    """
    check_extra()
    from tap_clevertap.files.formats.parquet.file import open_file  # noqa: PLC0415 - an extra

    names = open_file(content).schema_arrow.names
    content.seek(0)
    documented = {columns.get(name, name) for name in names}
    if documented & OF_EVENTS:
        return "events"
    if any(map(is_profile_name, documented)):
        return "profiles"
    if any(map(is_event_name, documented)):
        return "events"
    message = (
        f"has neither the columns {shown(EVENT_NAME)} and {shown('eventTime')} nor "
        f"{shown('identity')} or {shown('profileProps')}; {ADVICE}"
    )
    raise UnreadFileError(message)


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of a file of events, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If a column is missing or there twice, or the file is corrupt or cut.
        SettingError: If pyarrow is not installed.
    """
    check_extra()
    from tap_clevertap.files.formats.parquet import events  # noqa: PLC0415 - an extra

    yield from events.event_rows(content, options)


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of a file of profiles, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If two columns have one name, or the file is corrupt or cut.
        SettingError: If pyarrow is not installed.
    """
    check_extra()
    from tap_clevertap.files.formats.parquet import profiles  # noqa: PLC0415 - an extra

    yield from profiles.profile_rows(content, options)


def check_extra() -> None:
    """Raise `SettingError` if pyarrow is not installed."""
    try:
        import pyarrow as pa  # noqa: F401, PLC0415 - an extra
    except ImportError:
        message = (
            "export_files_url: pyarrow, which reads Parquet files, is not installed; "
            "install tap-clevertap[parquet]"
        )
        raise SettingError(message) from None
