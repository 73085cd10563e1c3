"""What was read and is not written yet: pages in memory up to a bound, past it in a file."""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from tap_clevertap.exports.export import Page

MEMORY_BOUND = 4 * 1024 * 1024
"""Bytes of pages kept in memory; a page of 5,000 rows is about 3 MB."""
SPOOL_BYTES = 64 * 1024 * 1024
"""Bytes of a temporary file before another is begun, so that the disk is given back in parts."""


class _Spool:
    """One temporary file of pages, written to up to a size, and given back when all are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0
        self._unread = 0

    @property
    def is_full(self) -> bool:
        return self._end >= SPOOL_BYTES

    def write(self, rows: bytes) -> int:
        """Add a page, and return where it lies."""
        start = self._end
        self._file.seek(start)
        self._file.write(rows)
        self._file.flush()
        self._end += len(rows)
        self._unread += 1
        return start

    def read(self, start: int, length: int) -> bytes:
        """Return a page, which is not read again."""
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
class _Spooled:
    page: Page
    spool: _Spool
    start: int
    length: int


class Backlog:
    """A queue of pages, first in, first out; guarded by its owner's lock."""

    def __init__(self, memory_bound: int = MEMORY_BOUND) -> None:
        self._memory_bound = memory_bound
        self._pages: deque[Page | _Spooled] = deque()
        self._bytes = 0
        self._spool: _Spool | None = None

    def __len__(self) -> int:
        return len(self._pages)

    def put(self, page: Page) -> None:
        """Add a page.

        Raises:
            CleverTapError: If the disk is full.
        """
        if self._bytes + len(page.rows) <= self._memory_bound or not page.rows:
            self._bytes += len(page.rows)
            self._pages.append(page)
            return
        try:
            self._pages.append(self._write(page))
        except OSError as failure:
            message = (
                "TMPDIR: rows waiting to be written do not fit into the folder for temporary files "
                f"({failure.strerror}); free space there, or set another folder"
            )
            raise CleverTapError(message) from None

    def take(self) -> Page:
        """Remove and return the oldest page."""
        first = self._pages.popleft()
        if isinstance(first, _Spooled):
            return self._read(first)
        self._bytes -= len(first.rows)
        return first

    def close(self) -> None:
        """Drop what is left, and the files."""
        for each in self._pages:
            if isinstance(each, _Spooled):
                each.spool.close()
        self._pages.clear()
        if self._spool is not None:
            self._spool.close()

    def _write(self, page: Page) -> _Spooled:
        if self._spool is None or self._spool.is_full:
            # Made with mode 0600, and without a name that could be left behind. A full one is
            # closed when its last page was read.
            self._spool = _Spool(tempfile.TemporaryFile())  # noqa: SIM115 - outlives this call
        start = self._spool.write(page.rows)
        return _Spooled(replace(page, rows=b""), self._spool, start, len(page.rows))

    @staticmethod
    def _read(spooled: _Spooled) -> Page:
        rows = spooled.spool.read(spooled.start, spooled.length)
        return replace(spooled.page, rows=rows)
