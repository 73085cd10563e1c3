"""The CSV of the dashboard's Schema page, as `events_file`."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from tap_clevertap.config.events_file import file_names
from tap_clevertap.errors import SettingError
from verification.fuzz.reader import Reader, expect

SEEDS = [
    b"Event name,Type\nCharged,Custom\nApp Launched,System\n",
    '\ufeffEvent Name;Count\r\n"Char""ged";5\r\n\r\n"a; b";6\r\n'.encode(),
    b"Name\tProperty\nCharged\tAmount\nCharged\tItems\n",
    b"Titel,,,,,,,,,,,,,,,,x\n" + b"Charged,Defined,System,Active,,,,,,Amount,,,,,,,\n" * 2,
    'type,event\nx,"two\nlines"\ny,Zürich\u2028✓\n'.encode(),
]


def read(content: bytes) -> None:
    """Read the names.

    - Each is a whole field of the file.
    - They are found again when they are written as CSV.

    Raises:
        Wrong: Where one of these does not hold.
    """
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        try:
            names = file_names(file.name)
        except SettingError as error:
            expect("events_file" in error.message, "the advice does not name the setting")
            return
        expect(names and all(names), "a name is empty")
        expect(set(names) <= _fields(content), f"{names} are not all in the file")
        written = io.StringIO(newline="")
        csv.writer(written).writerows([["Event name"], *([name] for name in names)])
        Path(file.name).write_text(written.getvalue(), encoding="utf-8", newline="")
        expect(file_names(file.name) == names, f"{names} are read as {file_names(file.name)}")


def _fields(content: bytes) -> set[str]:
    text = content.decode("utf-8-sig")
    return {
        field.strip()
        for delimiter in ",;\t"
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for field in row
    }


READER = Reader("events_csv", "bytes", SEEDS, read)
