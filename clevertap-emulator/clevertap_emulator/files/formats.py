"""What writes the files of each format, and what the format keeps of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from clevertap_emulator.files.csv_table import CsvEvents
from clevertap_emulator.files.json_lines import JsonEvents
from clevertap_emulator.files.members import ParquetView
from clevertap_emulator.files.profile_tables import ProfileTables
from clevertap_emulator.files.settings import FileFormat
from clevertap_emulator.files.truth import (
    EventTruth,
    ExactView,
    FastEventTruth,
    TextView,
    View,
)
from clevertap_emulator.files.xml_text import XmlEvents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import Users
    from clevertap_emulator.files.settings import ExportSettings

EXACT = (FileFormat.JSON, FileFormat.EVENTBRIDGE)


class EventFormat(Protocol):
    """Writes events."""

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""


class ProfileFormat(Protocol):
    """Writes profiles."""

    def content(self, key: str, rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""


def event_format(
    settings: ExportSettings, users: Users, columns: ChosenColumns, zone: ZoneInfo
) -> EventFormat:
    """Return what writes events in the chosen format.

    Raises:
        ValueError: pyarrow is needed, and not installed.
    """
    if settings.format is FileFormat.CSV:
        return CsvEvents(users, columns)
    if settings.format is FileFormat.XML:
        return XmlEvents(users, columns, has_root=settings.xml_root)
    if settings.format is FileFormat.PARQUET:
        _need_pyarrow()
        from clevertap_emulator.files.parquet_events import ParquetEvents  # noqa: PLC0415 - extra

        return ParquetEvents(users, columns, settings, zone)
    return JsonEvents(users, columns, settings.session_key)


def profile_format(settings: ExportSettings, columns: ChosenColumns) -> ProfileFormat:
    """Return what writes profiles in the chosen format.

    Raises:
        ValueError: pyarrow is needed, and not installed.
    """
    if settings.format is FileFormat.PARQUET:
        _need_pyarrow()
        from clevertap_emulator.files.parquet_profiles import (  # noqa: PLC0415 - extra
            ParquetProfiles,
        )

        return ParquetProfiles(columns, settings)
    return ProfileTables(columns, settings)


def view_of(settings: ExportSettings) -> View:
    """Return what the chosen format keeps of values."""
    if settings.format in EXACT:
        return ExactView()
    if settings.format is FileFormat.PARQUET:
        return ParquetView(settings.parquet_layout)
    return TextView(has_empty=settings.format is FileFormat.XML)


def event_truth(
    settings: ExportSettings, users: Users, columns: ChosenColumns
) -> EventTruth | FastEventTruth:
    """Return what describes the rows of events of the chosen format."""
    if settings.format in EXACT and not columns.are_chosen:
        return FastEventTruth(users)
    return EventTruth(users, columns, view_of(settings))


def _need_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401, ICN001, PLC0415 - an extra
    except ModuleNotFoundError as error:
        message = "--format: parquet needs pyarrow; install clevertap-emulator[parquet]"
        raise ValueError(message) from error
