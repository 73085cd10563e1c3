"""What a file is by its content, whatever its name says, and its unpacked bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.readers import Kind, reader_of
from tap_clevertap.files.text_formats import text_format
from tap_clevertap.files.unpacked import buffered, gunzipped, spooled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedReader

NO_COLUMNS: Mapping[str, str] = {}
AUTO = "auto"
PARQUET, EVENTBRIDGE = "parquet", "eventbridge"
GZIP = b"\x1f\x8b"
_unknown_kinds = {
    name: re.compile(start, re.DOTALL).match
    for name, start in {
        "an encrypted Parquet file": rb"PARE[\x00-\x08\x0e-\x1f]",
        "a zip archive": rb"PK(?:\x03\x04|\x05\x06)",
        "packed by zstd": rb"\x28\xb5\x2f\xfd",
        "packed by bzip2": rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)",
        "packed by xz": rb"\xfd7zXZ\x00",
        "packed by lz4": rb"\x04\x22\x4d\x18",
        "packed by snappy": rb"\xff\x06\x00\x00sNaPpY",
        "an Avro file": rb"Obj\x01",
        "an ORC file": rb"ORC[\x00-\x08\x0e-\x1f]",
        "text in UTF-32": rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff|[^\x00]\x00\x00\x00",
        "text in UTF-16": rb"\xff\xfe|\xfe\xff|(?:[^\x00]\x00){2}|(?:\x00[^\x00]){2}",
    }.items()
}
"""What is told by its first bytes; none of these begins a text in UTF-8."""
_is_parquet = re.compile(rb"PAR1[\x00-\x08\x0e-\x1f]").match
"""An event may be named PAR1; Parquet goes on with a byte that no name has."""


class FileContent(NamedTuple):
    """What a file has, to be read once; who reads it closes `content`."""

    format: str
    """A value of `export_files_format`, not `auto`."""
    kind: Kind
    content: BufferedReader
    """Unpacked bytes from their start. Reads raise `UnreadFileError` where they are cut or corrupt.
    Closing it removes what was unpacked to a temporary file; the file itself stays open."""
    is_packed: bool
    """Whether a checksum proves that it is whole."""


def open_content(
    file: BinaryIO, wanted: str, columns: Mapping[str, str] = NO_COLUMNS
) -> FileContent:
    """Return what a file is, and its unpacked bytes.

    Args:
        file: Its bytes from their start, as a store has them. It stays open until the content was
            read.
        wanted: A value of `export_files_format`.
        columns: As in `ReadOptions`.

    Raises:
        UnreadFileError: If it is empty, cut, corrupt, of a format that is not read, or of another
            than the wanted one.
        SettingError: If a library that it needs is not installed.
    """
    content, is_packed = _unpacked(file)
    try:
        file_format = _format_of(content, wanted, columns)
        if file_format == PARQUET:
            content = spooled(content)
        kind = reader_of(file_format).kind_of(content, columns)
        return FileContent(file_format, kind, content, is_packed)
    except BaseException:
        content.close()
        raise


def _unpacked(file: BinaryIO) -> tuple[BufferedReader, bool]:
    """Return the content of a file, and whether it was packed."""
    content = buffered(file)
    if not content.peek():
        message = "is empty: it has not one byte; export it again, or copy it again"
        raise UnreadFileError(message)
    if not content.peek().startswith(GZIP):
        return content, False
    content = gunzipped(content)
    if not content.peek():
        message = "is empty: its gzip data unpacks to nothing; export it again, or copy it again"
        raise UnreadFileError(message)
    if content.peek().startswith(GZIP):
        message = "is packed by gzip twice; unpack it once"
        raise UnreadFileError(message)
    return content, True


def _format_of(content: BufferedReader, wanted: str, columns: Mapping[str, str]) -> str:
    head = content.peek()
    for name, is_this in _unknown_kinds.items():
        if is_this(head):
            message = f"is {name}, which is not read; export JSON, CSV, Parquet or XML"
            raise UnreadFileError(message)
    found = PARQUET if _is_parquet(head) else text_format(head, columns)
    if wanted in (AUTO, found):
        if found is None:
            message = (
                "has no known format: neither an event's name and JSON lines, nor a CSV header "
                "with known names, nor XML, nor Parquet; set export_files_format if it is one"
            )
            raise UnreadFileError(message)
        return found
    if found is None and wanted != PARQUET:
        return wanted
    message = (
        f"is {found or 'no Parquet'}, but export_files_format is {wanted}; set it to auto, or "
        "leave the file out"
    )
    raise UnreadFileError(message)
