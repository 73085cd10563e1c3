"""A bounded buffer of pages: in memory up to a limit, beyond that in temporary files."""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from tap_clevertap.errors import CleverTapError
from tap_clevertap.exports.export import Page

if TYPE_CHECKING:
    from tap_clevertap.exports.tasks import Result

MEMORY_LIMIT = 4 * 1024 * 1024
"""Bytes of pages kept in memory; a page of 5,000 rows has about 3 MB."""
FILE_BYTES = 64 * 1024 * 1024
"""Bytes of one temporary file; a long spool has several, so that disk space is freed in parts."""


class _SpoolFile:
    """One temporary file of pages, filled up to a size and closed when all of them were read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0
        self._unread = 0

    @property
    def is_full(self) -> bool:
        return self._end >= FILE_BYTES

    def append(self, rows: memoryview | bytes) -> int:
        """Write the rows of a page, and return their position."""
        start = self._end
        self._file.seek(start)
        self._file.write(rows)
        self._file.flush()
        self._end += len(rows)
        self._unread += 1
        return start

    def read_once(self, start: int, length: int) -> bytes:
        """Return the rows of a page, and free the space if no page is left."""
        self._file.seek(start)
        rows = self._file.read(length)
        self._unread -= 1
        if not self._unread and self.is_full:
            self.close()
        elif not self._unread:
            self._file.truncate(0)
            self._end = 0
        return rows

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class _SpooledPage:
    page: Page
    """Without its rows."""
    file: _SpoolFile
    start: int
    length: int


class Spool:
    """A queue of pages, first in, first out.

    - It has no lock: the reader calls each method while it holds its own.
    - Reader threads call `put`; the main thread calls `pop`, and `close` at the end.
    - `put` raises a `CleverTapError` if the disk is full.

    Args:
        memory_limit: Bytes of rows kept in memory.
    """

    def __init__(self, memory_limit: int = MEMORY_LIMIT) -> None:
        self._memory_limit = memory_limit
        self._pages: deque[Result | _SpooledPage] = deque()
        self._bytes = 0
        self._file: _SpoolFile | None = None

    def __len__(self) -> int:
        return len(self._pages)

    def put(self, page: Result) -> None:
        """Add a page, or another result.

        Raises:
            CleverTapError: If the disk is full.
        """
        fits = self._bytes + len(page.rows) <= self._memory_limit
        if fits or not page.rows or not isinstance(page, Page):
            self._bytes += len(page.rows)
            self._pages.append(page)
            return
        try:
            self._pages.append(self._spooled(page))
        except OSError as failure:
            message = (
                "TMPDIR: the folder for temporary files has no room for pages that wait for the "
                f"target ({failure.strerror}); free space there, or set another folder"
            )
            raise CleverTapError(message) from None

    def pop(self) -> Result:
        """Remove and return the oldest page or result."""
        first = self._pages.popleft()
        if isinstance(first, _SpooledPage):
            return replace(first.page, rows=first.file.read_once(first.start, first.length))
        self._bytes -= len(first.rows)
        return first

    def close(self) -> None:
        """Drop all pages and temporary files."""
        for each in self._pages:
            if isinstance(each, _SpooledPage):
                each.file.close()
        self._pages.clear()
        if self._file is not None:
            self._file.close()

    def _spooled(self, page: Page) -> _SpooledPage:
        if self._file is None or self._file.is_full:
            # TemporaryFile has mode 0600, and no name that a kill could leave behind. A full file
            # is closed when its last page was read.
            self._file = _SpoolFile(tempfile.TemporaryFile())  # noqa: SIM115 - outlives this call
        start = self._file.append(page.rows)
        return _SpooledPage(replace(page, rows=b""), self._file, start, len(page.rows))
