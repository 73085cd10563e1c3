"""Count equal fingerprints of more rows than memory should hold: hours that rest are in a file."""

from __future__ import annotations

import errno
import os
import tempfile
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.errors import CleverTapError
from tap_clevertap.records.fingerprints import FingerprintCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_IN_MEMORY = 400_000
"""Fingerprints: about 5 MB."""
HOURS_IN_USE = 4
"""Stay in memory however large they are: the pages of an export come from several hours at once."""
MOVED_FOR_A_ROW = 40
"""Fingerprints that may be read from the file for each row: about a tenth of a row's time."""
MOST_FILE_BYTES = 1 << 30
"""An hour is written anew each time; beyond this all stay in memory."""


class HourlyCounts:
    """A multiset of fingerprints, each with the hour of its row.

    - Equal rows are of one hour. Rows usually come in the order of time, or nearly, so only the
      last hours are used. The others are in a temporary file without a name, of mode 0600.
    - If rows come in no order, or the file cannot be written, all stay in memory.
    - Only the main thread uses it.
    """

    def __init__(self) -> None:
        self._hours: dict[int, FingerprintCounts] = {}
        """All of them."""
        self._in_memory: dict[int, None] = {}
        """Hours, those used last at the end."""
        self._size = 0
        """Fingerprints in memory."""
        self._file: _HoursFile | None = None
        self._may_read = MOST_IN_MEMORY
        """Fingerprints; below 0 nothing more is written."""

    def count(self, fingerprint: bytes, hour: int) -> int:
        """Return the number of times a fingerprint was added."""
        return self._used(hour).count(fingerprint) if hour in self._hours else 0

    def add(self, fingerprints: Sequence[bytes], hours: Sequence[int]) -> list[int]:
        """Add fingerprints one by one, and return the count of each before that.

        Raises:
            CleverTapError: If the file cannot be read.
        """
        if not hours:
            return []
        first = hours[0]
        if hours.count(first) == len(hours):
            counts = self._used(first).add(fingerprints)
        else:
            counts = self._add_apart(fingerprints, hours)
        self._size += len(fingerprints)
        if self._size > MOST_IN_MEMORY:
            self._make_room(len(fingerprints))
        return counts

    def _add_apart(self, fingerprints: Sequence[bytes], hours: Sequence[int]) -> list[int]:
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, hour in enumerate(hours):
            places[hour].append(place)
        counts = [0] * len(hours)
        for hour, of_hour in places.items():
            found = self._used(hour).add([fingerprints[place] for place in of_hour])
            for place, before in zip(of_hour, found, strict=True):
                counts[place] = before
        return counts

    def _used(self, hour: int) -> FingerprintCounts:
        """Return the counts of an hour, in memory."""
        counts = self._hours.get(hour)
        if counts is None:
            counts = self._hours[hour] = FingerprintCounts()
        elif hour not in self._in_memory and self._file is not None:
            counts.unpack(self._file.take(hour))
            self._size += counts.size
            self._may_read -= counts.size
        self._in_memory.pop(hour, None)
        self._in_memory[hour] = None
        return counts

    def _make_room(self, added: int) -> None:
        """Move hours that rest into the file."""
        if self._may_read < 0:
            return
        self._may_read += MOVED_FOR_A_ROW * added if self._file else 0
        try:
            while self._size > MOST_IN_MEMORY and len(self._in_memory) > HOURS_IN_USE:
                self._rest(next(iter(self._in_memory)))
        except OSError:  # what is not in the file stays in memory
            self._may_read = -1

    def _rest(self, hour: int) -> None:
        counts = self._hours[hour]
        self._file = self._file or _HoursFile()
        self._file.put(hour, counts.packed())
        counts.free()
        del self._in_memory[hour]
        self._size -= counts.size


class _Place(NamedTuple):
    start: int
    length: int


class _HoursFile:
    """A temporary file of hours, up to a size; it is closed with its owner."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the owner
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._places: dict[int, _Place] = {}

    def put(self, hour: int, content: bytes) -> None:
        """Write the fingerprints of an hour whole, or raise an `OSError`."""
        place, view = _Place(self._end, len(content)), memoryview(content)
        if self._end + len(content) > MOST_FILE_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        while view:
            view = view[os.pwrite(self._file.fileno(), view, self._end) :]
            self._end = place.start + len(content) - len(view)
        self._places[hour] = place

    def take(self, hour: int) -> bytes:
        """Return the fingerprints of an hour, and forget them.

        Raises:
            CleverTapError: If they cannot be read.
        """
        start, length = self._places.pop(hour)
        content = b""
        try:
            while len(content) < length:
                part = os.pread(self._file.fileno(), length - len(content), start + len(content))
                content += part or _cut()
        except OSError as failure:
            message = (
                f"{tempfile.gettempdir()}: a temporary file cannot be read "
                f"({failure.strerror}); check the disk, or set TMPDIR to another one"
            )
            raise CleverTapError(message) from None
        return content


def _cut() -> bytes:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
