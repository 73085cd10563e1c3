"""Rows that cannot become records: they end the run, or are written to a file."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tap_clevertap._plugin.kept_lines import is_removed, write_until_kept
from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import CleverTapError, export_label
from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

MANY_ROWS = 20
"""Bad rows of a page without a good one: CleverTap sends another format, not a few odd rows."""


class PageBadRows:
    """The bad rows of one page.

    - The code that decodes the page calls `collect` for each bad row, or `refuse_page` once.
    - The stream then calls `end_page`, and writes the rows to the file.
    - Each method raises a `CleverTapError` if the run must end. Only the main thread uses it.

    Args:
        event_name: The event of the page.
        days: The days of its export, as messages show them.
        skip: Keep bad rows; if false, the first one ends the run.
    """

    def __init__(self, event_name: str, days: str, *, skip: bool) -> None:
        self._label = export_label(event_name, days)
        self._skip = skip
        self.rows: list[str] = []
        """As JSON."""

    def collect(self, row: Any, reason: str) -> None:  # noqa: ANN401 - any JSON value
        """Keep a row.

        Raises:
            CleverTapError: If bad rows end the run.
        """
        if not self._skip:
            message = (
                f"{self._label}: a row {reason}; set bad_rows to skip to keep such rows in a file "
                "and go on, or ask CleverTap's support"
            )
            raise CleverTapError(message)
        self.rows.append(canonical_json(row).decode())

    def refuse_page(self) -> NoReturn:
        """End the run because the records of the page are not a list.

        Raises:
            CleverTapError: Always.
        """
        message = (
            f"{self._label}: a page's records are not a list; check that api_url is CleverTap's"
        )
        raise CleverTapError(message)

    def end_page(self, records: int) -> list[str]:
        """Return the bad rows of a page.

        Args:
            records: The number of records that the page gave.

        Raises:
            CleverTapError: If there are many bad rows and no record.
        """
        if len(self.rows) >= MANY_ROWS and not records:
            message = (
                f"{self._label}: all {len(self.rows)} rows of a page cannot be read, so the run "
                "does not skip them; look for a newer release of tap-clevertap"
            )
            raise CleverTapError(message)
        return self.rows


class BadRowsFile:
    """The file of skipped rows: JSON lines that only its owner may read.

    - The main thread calls `append` before a day with such rows is closed.
    - The file is opened, locked, written to disk and closed by each call.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def append(self, event_name: str, days: str, rows: Iterable[str]) -> None:
        """Append rows, each as JSON text.

        Raises:
            CleverTapError: If the file cannot be written.
        """
        self._write({"event_name": event_name, "days": days}, rows, b'"row":%b}')

    def append_of_file(self, key: str, rows: Iterable[str]) -> None:
        """Append rows of an export file.

        Args:
            key: Of the file.
            rows: As JSON objects: the row, its place, and the reason.

        Raises:
            CleverTapError: If the file cannot be written.
        """
        self._write({"source_file": key}, (row[1:] for row in rows), b"%b")

    def _write(self, about: dict[str, str], rows: Iterable[str], form: bytes) -> None:
        now = datetime.now(timezone.utc).isoformat()
        begun = canonical_json({**about, "set_aside_at": now})[:-1]
        lines = [begun + b"," + form % row.encode() + b"\n" for row in rows]
        try:
            write_until_kept(partial(self._append, b"".join(lines)))
        except (OSError, ValueError) as failure:
            why = getattr(failure, "strerror", None) or "not a path"
            message = (
                f"bad_rows_path: {shown(self.path)} cannot be written ({why}); set another path"
            )
            raise CleverTapError(message) from None

    def _append(self, lines: bytes) -> bool:
        """Append lines, and tell whether the file still has a name."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            end = os.fstat(descriptor).st_size
            is_torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
            _write_all(descriptor, b"\n" + lines if is_torn else lines, end)
            return not is_removed(descriptor, Path(self.path))
        finally:
            os.close(descriptor)


def _write_all(descriptor: int, content: bytes, end: int) -> None:
    """Write to the disk after the end of a file, or leave the file as it was."""
    left = memoryview(content)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):  # the error before it is the one to report
            os.ftruncate(descriptor, end)
        raise
