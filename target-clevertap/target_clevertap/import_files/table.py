"""The table of one file: its columns, which records fit into it, and its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.import_files.cells import OPERATION, CellType, column_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.import_files.cells import Cell

EXACT_BITS = 53
"""Whole numbers up to so many bits a column of decimals holds exactly."""

SMALL_BITS = 31
SMALL_DIGITS = 10
"""With its sign: a shorter number is small."""

MOST_EVENT_COLUMNS = 103
"""100 properties, which may be the limit of a file [U:imports-via-sftp], and the event itself."""

MOST_PROFILE_COLUMNS = 1000
NUMBERS = (CellType.WHOLE, CellType.DECIMAL)
WHOLE, DECIMAL, NONE = CellType.WHOLE, CellType.DECIMAL, CellType.NONE


@dataclass(slots=True)
class Column:
    """A column of a file."""

    name: str
    type: int
    bits: int = 0
    """Of the largest whole number in it, where it is not small."""

    @property
    def is_number(self) -> bool:
        """Whether small whole numbers fit into it."""
        return self.type in NUMBERS


@dataclass(slots=True)
class Addition:
    """What records add to a table."""

    columns: dict[str, Column]
    """New ones, and those that become others, by key."""

    rows: int
    cell_bytes: int


class Table:
    """The columns of a file, as records come to it one by one.

    - A column has one spelling of its name and one type. A record of another does not fit.
    - Whole numbers fit among decimals as far as these hold them exactly.
    """

    def __init__(self, most_columns: int) -> None:
        """Begin without a column.

        Args:
            most_columns: In the file.
        """
        self.columns: dict[str, Column] = {}
        """By key, in their order."""

        self.rows = 0
        self._most_columns = most_columns
        self._cell_bytes = 0
        self._header_bytes = 0

    def fits(self, rows: Sequence[Sequence[Cell]]) -> Addition | None:
        """Return what a record adds to the table; None where it does not fit."""
        changed: dict[str, Column] = {}
        size = 0
        for row in rows:
            for name, text, kind in row:
                size += len(text) if text.isascii() else len(text.encode())
                key = column_key(name)
                column = changed.get(key) or self.columns.get(key)
                if column is not None and column.name == name:
                    is_small = kind == WHOLE and len(text) < SMALL_DIGITS
                    if column.type == kind if kind != WHOLE else is_small and column.is_number:
                        continue
                column = _with_cell(column, name, text, kind)
                if column is None:
                    return None
                changed[key] = column
        if len(self.columns.keys() | changed.keys()) > self._most_columns:
            return None
        return Addition(changed, len(rows), size)

    def size_with(self, addition: Addition) -> int:
        """Return how many bytes the file would have with a record."""
        new = [column for key, column in addition.columns.items() if key not in self.columns]
        columns = len(self.columns) + len(new)
        header = self._header_bytes + sum(map(_header_size, new))
        # a comma or a line's end after each cell
        return (
            header + self._cell_bytes + addition.cell_bytes + columns * (self.rows + addition.rows)
        )

    def add(self, addition: Addition) -> None:
        """Take a record in that fits."""
        for key, column in addition.columns.items():
            if key not in self.columns:
                self._header_bytes += _header_size(column)
            self.columns[key] = column
        self.rows += addition.rows
        self._cell_bytes += addition.cell_bytes

    def lines(self) -> CsvLines:
        """Return what writes the lines of the file; no column may come after that."""
        return CsvLines([*self.columns.values()])


class CsvLines:
    """Writes a header, and rows by it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """Write for these columns, in their order."""
        self._columns = columns
        self._places = {column.name: place for place, column in enumerate(columns)}

    @property
    def header(self) -> str:
        """The first line."""
        return ",".join(map(_quoted_header, self._columns)) + "\n"

    def line(self, row: Sequence[Cell]) -> str:
        """Return a row; a cell without a value is empty, and not even quoted."""
        texts = [""] * len(self._columns)
        places = self._places
        for name, text, _ in row:
            texts[places[name]] = text
        return ",".join(texts) + "\n"


def header_of(column: Column) -> str:
    """Return a column's name in the header: a date of the dashboard has its format there.

    Of the formats, Unix alone does not depend on a time zone [U:imports-via-sftp; OLD:csv-upload].
    """
    return f"{column.name}<Unix>" if column.type == CellType.DATE else column.name


def is_operation(column: Column) -> bool:
    """Tell whether a column says what to do with the values of another."""
    return column.name.endswith(OPERATION)


def _with_cell(column: Column | None, name: str, text: str, kind: int) -> Column | None:
    """Return a column with a cell in it; None where the cell does not fit."""
    bits = int(text).bit_length() if kind == WHOLE else 0
    if column is None:
        return Column(name, kind, bits)
    bits = max(bits, column.bits)
    common = _common_type(column.type, kind, bits)
    return None if common is None or column.name != name else Column(name, common, bits)


def _common_type(one: int, other: int, bits: int) -> int | None:
    """Return a type that a column of one can have for cells of another; None if there is none."""
    if NONE in {one, other}:
        return one if other == NONE else other
    if one == other:
        return one
    return DECIMAL if {one, other} == {WHOLE, DECIMAL} and bits <= EXACT_BITS else None


def _quoted_header(column: Column) -> str:
    return '"' + header_of(column).replace('"', '""') + '"'


def _header_size(column: Column) -> int:
    return len(_quoted_header(column).encode()) + 1
