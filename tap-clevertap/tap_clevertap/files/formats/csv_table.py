"""The header and the rows of a CSV file, all text; cut files and bad rows are told apart."""

from __future__ import annotations

import csv
import re
from collections import deque
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.line_blocks import BYTE_ORDER_MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_clevertap.files.rows import RowSink

MOST_BYTES = 8 * 1024 * 1024
"""Of one row. A quote that does not end would take all the rest of the file into memory."""
DELIMITERS = ",;\t|"
RETURN = "\udc0d"
"""Stands for a carriage return within a line; no text in UTF-8 has it."""
CUT = "is cut: its last row is not whole; export it again, or copy it again"
UNENDED = (
    "may be cut: its last line has no line feed; export it again, or add the line feed if it is "
    "whole"
)
NO_LINE_FEED = "has no line feed, only carriage returns; write its lines with line feeds"

_lone_return = re.compile(r"\r(?!\n|\Z)").sub


class Lines:
    """The lines of a file, for `csv.reader`; those of the row that is read are kept.

    A line ends with a line feed only: a text may have other line ends. Bytes that are not UTF-8
    become U+FFFD.
    """

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._again: deque[bytes] = deque()
        self.number = 0
        """Of the line that was read last, from 1."""
        self.first = 1
        """The number of the row's first line."""
        self.of_row: list[bytes] = []
        self.ended = False
        """Whether a line was asked for after the last."""
        self.has_nul = False
        self.has_return = False
        """Whether `RETURN` is in the row."""
        self._left = MOST_BYTES

    def begin_row(self) -> None:
        """Forget the lines of the last row."""
        self.of_row, self.first = [], self.number + 1
        self.has_nul = self.has_return = False
        self._left = MOST_BYTES

    def go_back(self) -> None:
        """Go back to where the row begins."""
        self._again.extendleft(reversed(self.of_row))
        self.number, self.ended = self.first - 1, False
        self.begin_row()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._content.readline(self._left)
        if not line:
            self.ended = True
            raise StopIteration
        self.number += 1
        self.of_row.append(line)
        self._left -= len(line)
        if self._left <= 0:
            message = (
                f"has a row from line {self.first} on of more than {MOST_BYTES >> 20} MB; look for "
                "a quote there that does not end"
            )
            raise UnreadFileError(message)
        if self.number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        text = line.decode(errors="replace")
        if "\0" in text:  # refused by the csv module of Python 3.10
            self.has_nul, text = True, text.replace("\0", "?")
        if "\r" in text.removesuffix("\n").removesuffix("\r"):  # refused where it is not quoted
            self.has_return, text = True, _lone_return(RETURN, text)
        return text

    @property
    def is_complete(self) -> bool:
        """Whether the last line of the row ends as lines do."""
        return bool(self.of_row) and self.of_row[-1].endswith(b"\n")


class CsvTable(NamedTuple):
    """A file whose header was read."""

    lines: Lines
    header: Sequence[str]
    delimiter: str

    def rows(self, bad_rows: RowSink, *, is_proved: bool) -> Iterator[list[str]]:
        """Yield the rows that are as long as the header; blank lines are no rows.

        Args:
            bad_rows: For other rows.
            is_proved: Whether the file is whole, though its last line may not end.

        Raises:
            UnreadFileError: If the file is cut, or a row is longer than can be read.
        """
        lines, width = self.lines, len(self.header)
        reader = _reader(lines, self.delimiter)
        self._check_header(is_proved=is_proved)
        while True:
            lines.begin_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                if lines.ended:
                    raise UnreadFileError(CUT) from None
                self.refuse(f"is not CSV ({fault})", bad_rows)
                continue
            if lines.has_nul:
                self.refuse("has a NUL character", bad_rows)
            elif len(cells) == width:
                if not (is_proved or lines.is_complete):
                    raise UnreadFileError(UNENDED)
                yield _restored(cells) if lines.has_return else cells
            elif cells:
                self.refuse(f"has {len(cells)} values for {width} columns", bad_rows)

    def _check_header(self, *, is_proved: bool) -> None:
        """Refuse a header that is not whole, or holds the rows because lines end otherwise."""
        if self.lines.is_complete:
            return
        if any("\r" in name for name in self.header):
            raise UnreadFileError(NO_LINE_FEED)
        if self.header and not is_proved:
            raise UnreadFileError(UNENDED)

    def refuse(self, reason: str, bad_rows: RowSink) -> None:
        """Give the row that was read last to `bad_rows`.

        Raises:
            UnreadFileError: If the file ends in the middle of it, or `bad_rows` raises it.
        """
        lines = self.lines
        if not lines.is_complete:
            raise UnreadFileError(CUT)
        sent = b"".join(lines.of_row).decode(errors="replace").rstrip("\r\n")
        bad_rows.collect(lines.first, sent, reason)


def read_table(content: BinaryIO, known_names: Callable[[Sequence[str]], int]) -> CsvTable:
    """Read the header of a file.

    Args:
        content: Its bytes, from their start.
        known_names: Returns how many names of a header CleverTap documents. The delimiter that
            gives the most is that of the file.
    """
    lines = Lines(content)
    headers = {delimiter: _header(lines, delimiter) for delimiter in DELIMITERS}
    delimiter = max(headers, key=lambda each: known_names(headers[each]))
    lines.go_back()
    header = _next_header(lines, delimiter) if headers[delimiter] else []
    return CsvTable(lines, header, delimiter)


def _header(lines: Lines, delimiter: str) -> list[str]:
    """Return the header that a delimiter gives, or an empty one."""
    lines.go_back()
    try:
        return _next_header(lines, delimiter)
    except (csv.Error, UnreadFileError):  # another delimiter gives other quotes
        return []


def _next_header(lines: Lines, delimiter: str) -> list[str]:
    return _restored(next(filter(None, _reader(lines, delimiter)), []))


def _restored(cells: list[str]) -> list[str]:
    return [cell.replace(RETURN, "\r") for cell in cells]


def _reader(lines: Lines, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(MOST_BYTES)
    return csv.reader(lines, delimiter=delimiter, strict=True)
