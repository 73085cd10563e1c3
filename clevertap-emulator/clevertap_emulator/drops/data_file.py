"""The data file of an import: a CSV, read in one go before any of it is stored."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.drops.manifest import ManifestForm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

MOST_BYTES = 5_000_000_000
"""[U:imports-via-sftp]"""
LONGEST_CELL = 16_000_000
UNREADABLE_ERRORS = (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error)


class DataFileError(ValueError):
    """A data file that cannot be read."""


class Rows(NamedTuple):
    """The header of a CSV, and its rows."""

    header: list[str]
    rows: Iterator[list[str]]


def is_data_file(name: str, form: ManifestForm) -> bool:
    """Return whether files of this name are taken."""
    return name.endswith(".csv") or (form is ManifestForm.YAML and name.endswith(".csv.gz"))


def check_data_file(path: Path, most_bytes: int = MOST_BYTES) -> None:
    """Read a data file once, and keep nothing of it.

    Raises:
        DataFileError: It is too large, not UTF-8, or not a CSV to its end.
    """
    try:
        if path.stat().st_size > most_bytes:
            raise DataFileError
        with _text(path) as file:
            for _ in _readable(file):
                pass
    except OSError as error:
        raise DataFileError from error


def read_rows(file: IO[str]) -> Rows:
    """Return the header and the rows of an open data file; without a header no columns.

    Raises:
        DataFileError: It cannot be read; a row raises this, too.
    """
    rows = _readable(file)
    header = next(rows, [])
    return Rows(header, (row for row in rows if row))


def _readable(file: IO[str]) -> Iterator[list[str]]:
    try:
        yield from _reader(file)
    except UNREADABLE_ERRORS as error:
        raise DataFileError from error


def open_data_file(path: Path) -> IO[str]:
    """Open a data file that was checked."""
    return _text(path)


def _text(path: Path) -> IO[str]:
    is_packed = path.name.endswith(".gz")
    opened = gzip.open(path) if is_packed else path.open("rb")  # noqa: SIM115 - the caller closes it
    return io.TextIOWrapper(opened, encoding="utf-8-sig", newline="")


def _reader(file: IO[str]) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(file, strict=True)
