"""The names of events in the CSV that the dashboard's Schema page gives."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLES = ("eventname", "eventnames", "evtname", "event", "events")
"""Possible titles of the column of names, by `_folded`; the best one first."""
VAGUE_TITLES = ("name", "names")
"""Titles that may also be those of the names of properties, in a file that has them."""
SCHEMA_COLUMNS = 17
"""The columns of the file with properties; names are in the first. [BSW]"""
SCHEMA_VALUES = (
    (1, frozenset({"defined", "undefined"})),
    (2, frozenset({"system", "custom"})),
    (3, frozenset({"active", "inactive", "discarded"})),
)
"""Values in its next columns, by which a row is not one of titles. [BSW; U:schema]"""
SEPARATOR_LINE = re.compile(r"\Asep=.\r?\n")
"""The first line of some spreadsheets."""
MOST_TITLES_SHOWN = 5


class _Row(NamedTuple):
    line: int
    """The number of its first line, from 1."""
    cells: list[str]


def file_names(path: str) -> list[str]:
    """Return the names in the CSV downloaded from the dashboard's Schema page.

    Raises:
        SettingError: If the file cannot be read, or has no column or row of names; with the line.
    """
    try:
        rows = list(_rows(_text(Path(path).read_bytes())))
    except OSError as failure:
        message = f"events_file: {shown(path)} cannot be read ({failure.strerror}); fix the path"
        raise SettingError(message) from None
    except UnicodeDecodeError as failure:
        line = failure.object.count(b"\n", 0, failure.start) + 1
        message = (
            f"events_file: {shown(path)} is not UTF-8 or UTF-16 text in line {line}; download it "
            "again as CSV"
        )
        raise SettingError(message) from None
    except ValueError:  # of the path
        message = f"events_file: {shown(path)} cannot be the path of a file; fix it"
        raise SettingError(message) from None
    except csv.Error as failure:
        message = (
            f"events_file: {shown(path)} is not a CSV file ({failure}); download it again as CSV"
        )
        raise SettingError(message) from None
    names = _names(path, rows)
    if not names:
        message = f"events_file: {shown(path)} has no event; download it again"
        raise SettingError(message)
    return names


def _text(content: bytes) -> str:
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else "utf-8-sig")


def _rows(text: str) -> Iterator[_Row]:
    """Yield the rows that have text in a cell."""
    content = SEPARATOR_LINE.sub("", text)
    first = 1 + (content != text)
    # Line ends unchanged: csv keeps one in quotes, and U+2028 is not a line end.
    lines = io.StringIO(content, newline="")
    reader = csv.reader(lines, delimiter=_delimiter(content), strict=True)
    line = first
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield _Row(line, cells)
            line = first + reader.line_num
    except csv.Error as failure:
        message = f"line {line}: {failure}"
        raise csv.Error(message) from None


def _delimiter(text: str) -> str:
    header = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    return max(",;\t|", key=header.count)


def _names(path: str, rows: list[_Row]) -> list[str]:
    """Return each name once: the file has a row for each property, with the event repeated."""
    position, has_titles = _column(path, rows)
    width = len(rows[0].cells)
    names: dict[str, None] = {}
    for line, cells in rows[has_titles:]:
        if _width(cells) > width:
            message = (
                f"events_file: {shown(path)} has {_width(cells)} columns in line {line}, and "
                f"{width} in its first; put names with a separator into quotes"
            )
            raise SettingError(message)
        if len(cells) <= position or not cells[position].strip():
            message = f"events_file: {shown(path)} has no event name in line {line}; fix it"
            raise SettingError(message)
        names[cells[position].strip()] = None
    return list(names)


def _column(path: str, rows: list[_Row]) -> tuple[int, bool]:
    """Return the position of the column of names, and whether the first row has titles."""
    first = rows[0].cells if rows else []
    if _is_of_an_event(first):
        return 0, False
    titles = list(map(_folded, first))
    has_properties = SCHEMA_COLUMNS in {len(first), _width(first)}
    known = TITLES if has_properties else (*TITLES, *VAGUE_TITLES)
    position = next((titles.index(title) for title in known if title in titles), None)
    if position is not None:
        return position, True
    if has_properties or any(_is_of_an_event(row.cells) for row in rows[1:2]):
        return 0, True
    found = ", ".join(map(shown, first[:MOST_TITLES_SHOWN])) or "nothing"
    message = (
        f"events_file: {shown(path)} has no column `Event name` in its first line (it has "
        f"{found}); rename the column"
    )
    raise SettingError(message)


def _is_of_an_event(cells: list[str]) -> bool:
    """Return whether a row has what the Schema page has of an event, next to its name."""
    folded = dict(enumerate(map(_folded, cells)))
    return sum(folded.get(position) in values for position, values in SCHEMA_VALUES) > 1


def _folded(title: str) -> str:
    """Return the letters and digits of a title, without case and width."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", title))).casefold()


def _width(cells: list[str]) -> int:
    """Return the number of columns up to the last one with text."""
    return max((number for number, cell in enumerate(cells, start=1) if cell.strip()), default=0)
