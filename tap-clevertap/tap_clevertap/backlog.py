"""What was read and is not written yet: pages in memory up to a bound, past it in a file."""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from tap_clevertap.answers import EventNotExportable, EventUnknown
    from tap_clevertap.exports import Export

MEMORY_BOUND = 4 * 1024 * 1024
"""Bytes of pages kept in memory; a page of 5,000 rows is about 3 MB."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one answer brought to one export: rows of a walk, its end, or why it is left out."""

    export: Export
    walk: int
    rows: bytes = b""
    ended: bool = False
    skipped: type[EventUnknown | EventNotExportable] | None = None


@dataclass(frozen=True, slots=True)
class _Spooled:
    arrival: Arrival
    offset: int
    length: int


class Backlog:
    """A queue of arrivals, first in, first out; guarded by its owner's lock."""

    def __init__(self, memory_bound: int = MEMORY_BOUND) -> None:
        self._memory_bound = memory_bound
        self._arrivals: deque[Arrival | _Spooled] = deque()
        self._bytes = 0
        self._spool: IO[bytes] | None = None
        self._spool_end = 0
        self._spooled = 0

    def __len__(self) -> int:
        return len(self._arrivals)

    def put(self, arrival: Arrival) -> None:
        """Add an arrival.

        Raises:
            CleverTapError: If the disk is full.
        """
        if self._bytes + len(arrival.rows) <= self._memory_bound or not arrival.rows:
            self._bytes += len(arrival.rows)
            self._arrivals.append(arrival)
            return
        try:
            self._arrivals.append(self._write(arrival))
        except OSError as failure:
            message = (
                f"rows waiting to be written do not fit into {tempfile.gettempdir()} "
                f"({failure.strerror}): free space there, or set TMPDIR to another folder."
            )
            raise CleverTapError(message) from None

    def take(self) -> Arrival:
        """Remove and return the oldest arrival."""
        first = self._arrivals.popleft()
        if isinstance(first, Arrival):
            self._bytes -= len(first.rows)
            return first
        return self._read(first)

    def close(self) -> None:
        """Drop what is left, and the file."""
        self._arrivals.clear()
        if self._spool is not None:
            self._spool.close()

    def _write(self, arrival: Arrival) -> _Spooled:
        # A temporary file is made with mode 0600, and has no name that could be left behind.
        self._spool = self._spool or tempfile.TemporaryFile()  # noqa: SIM115 - outlives this call
        self._spool.seek(self._spool_end)
        self._spool.write(arrival.rows)
        self._spool.flush()
        length = len(arrival.rows)
        spooled = _Spooled(replace(arrival, rows=b""), self._spool_end, length)
        self._spool_end += spooled.length
        self._spooled += 1
        return spooled

    def _read(self, spooled: _Spooled) -> Arrival:
        assert self._spool is not None  # noqa: S101 - only _write makes a _Spooled
        self._spool.seek(spooled.offset)
        rows = self._spool.read(spooled.length)
        self._spooled -= 1
        if not self._spooled:
            self._spool.truncate(0)
            self._spool_end = 0
        return replace(spooled.arrival, rows=rows)
