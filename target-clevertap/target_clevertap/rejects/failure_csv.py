"""The CSV of rows that CleverTap did not import, as its mail has it [U:imports-via-sftp]."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError
from target_clevertap.rejects.reading import reported

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import IO

DESCRIPTION = "failure description"
SEPARATORS = (",", ";", "\t")
LONGEST_CELL = 1 << 24
BLOCK_BYTES = 1 << 20
LARGE_ENCODINGS = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
ADVICE = "give the CSV of failures that CleverTap mailed, as it came"


class FailureRow(NamedTuple):
    """One row: its number from 1 on, its cells without the last word, and that."""

    number: int
    cells: Sequence[str]
    description: str


@dataclass(frozen=True, slots=True)
class FailureCsv:
    """A CSV of failures that was read to its end once."""

    path: Path
    columns: Sequence[str]
    """The header, without the column of the description."""

    digest: bytes
    """Of all its bytes: the same file has the same."""

    _encoding: str
    _separator: str
    _place: int

    @classmethod
    def read(cls, path: Path) -> FailureCsv:
        """Read a file to its end, and keep what its header says.

        Raises:
            SettingError: When it is not a whole CSV of failures; nothing of it was used.
        """
        with reported(path, "read"):
            encoding, digest = _encoding_and_digest(path)
            with path.open(encoding=encoding, newline="") as file:
                header, separator = _header(path, file)
            place = _description_place(path, header)
            columns = [*header[:place], *header[place + 1 :]]
            _check_columns(path, columns)
            found = cls(path, columns, digest, encoding, separator, place)
            for _ in found.rows():
                pass
        return found

    def rows(self) -> Iterator[FailureRow]:
        """Yield the rows, but for blank ones.

        Raises:
            SettingError: At what is no row of this file.
        """
        with (
            reported(self.path, "read"),
            self.path.open(encoding=self._encoding, newline="") as file,
        ):
            reader = _reader(file, self._separator)
            try:
                next(reader)
                number = 0
                for row in reader:
                    if not row:
                        continue
                    number += 1
                    self._check_width(row, reader.line_num)
                    cells = [*row[: self._place], *row[self._place + 1 :]]
                    yield FailureRow(number, cells, row[self._place])
            except (csv.Error, UnicodeDecodeError) as error:
                raise _not_csv(self.path, reader.line_num, error) from None

    def _check_width(self, row: Sequence[str], line: int) -> None:
        columns = len(self.columns) + 1
        if len(row) != columns:
            message = (
                f"{self.path}: line {line} has {len(row)} cells for {columns} columns; {ADVICE}"
            )
            raise SettingError(message)


def _encoding_and_digest(path: Path) -> tuple[str, bytes]:
    """Return how the text is encoded, and the digest of the bytes."""
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        start = file.read(BLOCK_BYTES)
        if not start:
            message = f"{path}: the file is empty; {ADVICE}"
            raise SettingError(message)
        block = start
        while block:
            hashed.update(block)
            block = file.read(BLOCK_BYTES)
    return LARGE_ENCODINGS.get(start[:2], "utf-8-sig"), hashed.digest()


def _header(path: Path, file: IO[str]) -> tuple[list[str], str]:
    """Return the header, and what separates its cells: a spreadsheet may have changed it."""
    try:
        line = file.readline(LONGEST_CELL)
        found: list[tuple[list[str], str]] = [
            (next(_reader(io.StringIO(line), separator), []), separator) for separator in SEPARATORS
        ]
    except (csv.Error, UnicodeDecodeError) as error:
        raise _not_csv(path, 1, error) from None
    return next((each for each in found if any(map(_is_description, each[0]))), found[0])


def _reader(file: IO[str], separator: str) -> Reader:
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(file, delimiter=separator, strict=True)


def _is_description(column: str) -> bool:
    return " ".join(column.split()).casefold() == DESCRIPTION


def _description_place(path: Path, header: Sequence[str]) -> int:
    places = [place for place, column in enumerate(header) if _is_description(column)]
    if len(places) != 1:
        count = "no column" if not places else "several columns"
        message = f"{path}: it has {count} `Failure Description`; {ADVICE}"
        raise SettingError(message)
    return places[0]


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    seen = set[str]()
    for column in columns:
        if not column.strip():
            message = f"{path}: a column has no name; {ADVICE}"
            raise SettingError(message)
        if column in seen:
            message = f"{path}: the column {shown(column)} is there twice; {ADVICE}"
            raise SettingError(message)
        seen.add(column)


def _not_csv(path: Path, line: int, error: Exception) -> SettingError:
    if isinstance(error, UnicodeDecodeError):
        return SettingError(f"{path}: it is not UTF-8 text; save it as UTF-8, or {ADVICE}")
    return SettingError(f"{path}: line {line} is not CSV, or the file is cut short; {ADVICE}")
