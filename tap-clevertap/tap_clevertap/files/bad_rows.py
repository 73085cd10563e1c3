"""The rows of a file that cannot become records: the file is unread, or they are set aside."""

from __future__ import annotations

from typing import Any

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.output.bad_rows import BadRowsFile
from tap_clevertap.records.exact_json import canonical_json

MOST_KEPT = 500
"""Rows in memory; beyond that they are written."""
MOST_WITHOUT_GOOD = 1_000
"""Bad rows of a file without a good one: it has another format, not a few odd rows."""


class FileBadRows:
    """The bad rows of one file.

    - A reader calls `collect` for each; then `end` is called, before the file counts as read.
    - Both raise a `CleverTapError` if the rows cannot be written.

    Args:
        key: Of the file.
        path: Of the file for bad rows; without one, the first bad row makes this file unread.
    """

    def __init__(self, key: str, path: str | None) -> None:
        self._key = key
        self.place = "line"
        """What its rows are numbered as: `line`, `row` or `message`."""
        self._file = BadRowsFile(path) if path is not None else None
        self._kept: list[dict[str, Any]] = []
        self.number = self.written = 0
        """All, and those that are in the file for bad rows; the others are there after `end`."""
        self.has_good = False
        """As of `RowSink`."""

    def collect(self, number: int, sent: object, reason: str) -> None:
        """Keep a row.

        Raises:
            UnreadFileError: If bad rows make the file unread.
        """
        if self._file is None:
            message = (
                f"has a row that cannot be read: {self.place} {number} {reason}; set "
                "export_files_bad_rows to skip to keep such rows in a file and go on"
            )
            raise UnreadFileError(message)
        self.number += 1
        if self.number >= MOST_WITHOUT_GOOD and not self.has_good:
            message = (
                f"has no row that can be read among its first {self.number}: {self.place} "
                f"{number} {reason}; look for a newer release of tap-clevertap"
            )
            raise UnreadFileError(message)
        row = sent.decode(errors="replace") if isinstance(sent, bytes) else sent
        self._kept.append({"line": number, "reason": reason, "row": row})
        if len(self._kept) >= MOST_KEPT:
            self._write()

    def end(self) -> None:
        """Write the rows that are left."""
        if self._kept:
            self._write()

    def _write(self) -> None:
        if self._file is not None:
            rows = [canonical_json(each).decode() for each in self._kept]
            self._file.append_of_file(self._key, rows)
            self.written += len(rows)
        self._kept.clear()


class IgnoredRows:
    """Receives the bad rows of a file that was read before: they were set aside then."""

    has_good = False

    def collect(self, number: int, sent: object, reason: str) -> None:
        """Do nothing."""
