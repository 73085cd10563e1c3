"""The names of events in the CSV that the dashboard's Schema page gives."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError

NAME_COLUMNS = ("event name", "eventname", "event", "name")
"""Possible headers of the column of names in the Schema page's CSV: it is undocumented. [U]"""
MOST_TITLES_SHOWN = 5


def file_names(path: str) -> list[str]:
    """Return the names in the CSV downloaded from the dashboard's Schema page.

    Raises:
        SettingError: If the file cannot be read, or has no column or row of names.
    """
    try:
        # Line ends unchanged: csv keeps one in quotes, and U+2028 is not a line end.
        text = _text(Path(path).read_bytes())
        lines = io.StringIO(text, newline="")
        rows = list(csv.reader(lines, delimiter=_delimiter(text), strict=True))
    except OSError as failure:
        message = f"events_file: {shown(path)} cannot be read ({failure.strerror}); fix the path"
        raise SettingError(message) from None
    except ValueError:
        message = (
            f"events_file: {shown(path)} is not UTF-8 or UTF-16 text; download it again as CSV"
        )
        raise SettingError(message) from None
    except csv.Error as failure:
        message = (
            f"events_file: {shown(path)} is not a CSV file ({failure}); download it again as CSV"
        )
        raise SettingError(message) from None
    return _column(path, rows)


def _delimiter(text: str) -> str:
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return max(",;\t|", key=header.count)


def _text(content: bytes) -> str:
    """Return the text of a file, without a BOM and the `sep=` line of spreadsheets."""
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    return re.sub(r"\Asep=.\r?\n", "", text)


def _title(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip().casefold()


def _column(path: str, rows: list[list[str]]) -> list[str]:
    header = [_title(title) for title in rows[0]] if rows else []
    position = next((header.index(title) for title in NAME_COLUMNS if title in header), None)
    if position is None:
        found = ", ".join(map(shown, rows[0][:MOST_TITLES_SHOWN])) if rows else "nothing"
        message = (
            f"events_file: {shown(path)} has no column `Event name` in its first line (it has "
            f"{found}); rename the column"
        )
        raise SettingError(message)
    names: dict[str, None] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) <= position or not row[position].strip():
            message = f"events_file: {shown(path)} has no event name in line {number}; fix it"
            raise SettingError(message)
        names[row[position].strip()] = None
    if not names:
        message = f"events_file: {shown(path)} has no event; download it again"
        raise SettingError(message)
    return list(names)
