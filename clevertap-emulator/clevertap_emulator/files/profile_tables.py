"""Files of profiles in the formats of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import to_json
from clevertap_emulator.files.csv_table import table
from clevertap_emulator.files.profiles import FIXED
from clevertap_emulator.files.settings import FileFormat
from clevertap_emulator.files.values import plain_text
from clevertap_emulator.files.xml_text import document, element, entries_of, escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.settings import ExportSettings


class ProfileTables:
    """Writes profiles as JSON lines, CSV or XML."""

    def __init__(self, columns: ChosenColumns, settings: ExportSettings) -> None:
        self._columns = columns
        self._format = settings.format
        self._root = "Profiles" if settings.xml_root else None

    def content(self, key: str, rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        """Return the bytes of a file, some rows at a time."""
        if self._format is FileFormat.CSV:
            return self._csv(key, rows)
        return self._xml(key, rows) if self._format is FileFormat.XML else self._json(key, rows)

    def _json(self, key: str, rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        for row in rows:
            yield to_json(self._columns.flat(row, key)) + b"\n"

    def _csv(self, key: str, rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        names = dict.fromkeys([*FIXED, *(name for row in rows for name in row)])
        header = self._columns.flat({name: name for name in names}, key)
        yield from table(header, ({n: plain_text(v) or "" for n, v in row.items()} for row in rows))

    def _xml(self, key: str, rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        return document((self._element(row, key) for row in rows), self._root)

    def _element(self, row: dict[str, Any], key: str) -> str:
        fixed = {name: plain_text(value) or "" for name, value in row.items() if name in FIXED}
        custom = {name: plain_text(value) or "" for name, value in row.items() if name not in FIXED}
        parts = [
            element(name, escaped(text)) for name, text in self._columns.flat(fixed, key).items()
        ]
        props = element("profileProps", entries_of(self._columns.flat(custom, key)))
        return f"<Profile>{''.join(parts)}{props}</Profile>\n"
