"""Which module reads which format; each is imported when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions

Kind: TypeAlias = Literal["events", "profiles"]

MODULES = {
    "json": "json_lines",
    "csv": "csv_rows",
    "parquet": "parquet_rows",
    "xml": "xml_rows",
    "eventbridge": "eventbridge",
}
"""By the values of `export_files_format`, without `auto`."""


class FormatReader(Protocol):
    """What each of the modules has, as functions.

    The content is unpacked, and is read once from its start to its end. That of a Parquet file can
    seek. Its reads raise `UnreadFileError` where the file is cut or corrupt.
    """

    def kind_of(self, content: BufferedReader, columns: Mapping[str, str]) -> Kind:
        """Return what the rows are, and leave the content at its start.

        Args:
            content: Of text, the beginning is `content.peek()`: up to 1 MiB, empty at no time.
            columns: As in `ReadOptions`.

        Raises:
            UnreadFileError: If it is neither.
        """

    def event_rows(self, content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
        """Yield the rows of a file of events, at most `ROWS_AT_A_TIME` at a time."""

    def profile_rows(self, content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
        """Yield the rows of a file of profiles, at most `ROWS_AT_A_TIME` at a time."""


def reader_of(file_format: str) -> FormatReader:
    """Return the module of a format.

    Raises:
        SettingError: If a library that it needs is not installed.
    """
    module = import_module(f"{__package__}.{MODULES[file_format]}")
    return cast("FormatReader", module)
