"""Rows that cannot become records: they end the run, or are kept in a file of their own."""

from __future__ import annotations

import fcntl
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import CleverTapError, where

if TYPE_CHECKING:
    from collections.abc import Iterable

ALL_OF_A_PAGE = 20
"""Bad rows of a page without a good one: CleverTap sends another format, not some odd rows."""

encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


class BadRowError(ValueError):
    """A row cannot become a record; the text says what of it, without its values."""


class BadRows:
    """Takes the bad rows of one page."""

    def __init__(self, event_name: str, days: str, *, skip: bool) -> None:
        """Hold none yet.

        Args:
            event_name: The event that the page is of.
            days: The days of its export, as messages name them.
            skip: Whether bad rows are kept; else the first ends the run.
        """
        self.where = where(event_name, days)
        self._skip = skip
        self.rows: list[str] = []
        """As JSON."""

    def add(self, row: Any, reason: str) -> None:  # noqa: ANN401 - whatever was sent
        """Take a row.

        Raises:
            CleverTapError: If bad rows end the run.
        """
        if not self._skip:
            message = (
                f"{self.where}: a row {reason}; set bad_rows to skip to keep such rows in a file "
                "and go on, or ask CleverTap's support"
            )
            raise CleverTapError(message)
        self.rows.append(encode(row).decode())

    def end_page(self, lines: int) -> list[str]:
        """Return the rows of a page of which so many others were written.

        Raises:
            CleverTapError: If all of its rows are bad, and they are many.
        """
        if len(self.rows) >= ALL_OF_A_PAGE and not lines:
            message = (
                f"{self.where}: all {len(self.rows)} rows of a page cannot be read, so they are "
                "not set aside; look for a newer release of tap-clevertap"
            )
            raise CleverTapError(message)
        return self.rows


class BadRowsFile:
    """The rows set aside by runs, a JSON object a line; only its owner may read it."""

    def __init__(self, path: str) -> None:
        self.path = path

    def write(self, event_name: str, days: str, rows: Iterable[str]) -> None:
        """Append rows.

        Raises:
            CleverTapError: If the file cannot be written to.
        """
        now = datetime.now(timezone.utc).isoformat()
        about = encode({"event_name": event_name, "days": days, "set_aside_at": now})[:-1]
        lines = [b'%b,"row":%b}\n' % (about, row.encode()) for row in rows]
        try:
            self._append(b"".join(lines))
        except (OSError, ValueError) as failure:
            why = getattr(failure, "strerror", None) or "not a path"
            message = (
                f"bad_rows_path: {shown(self.path)} cannot be written to ({why}); set another path"
            )
            raise CleverTapError(message) from None

    def _append(self, lines: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(self.path, flags, 0o600), "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
