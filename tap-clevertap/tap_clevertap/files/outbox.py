"""Frames that wait until the tap takes them: in memory, beyond that in temporary files."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from tap_clevertap.files.frames import Frame

MEMORY_LIMIT = 8 * 1024 * 1024
MOST_SPOOLED = 1 << 30
"""Bytes in files; beyond that, reading waits."""
FILE_BYTES = 64 * 1024 * 1024
"""Bytes of one temporary file; there are several, so that disk space is freed in parts."""


class _SpooledFrames:
    """One temporary file of frames."""

    def __init__(self) -> None:
        # It has mode 0600, and no name that a kill could leave behind.
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `read_once`
        self.length = 0
        self._unread = 0

    def append(self, content: bytes) -> int:
        """Write a frame whole, or raise an `OSError`; return its position."""
        start, view = self.length, memoryview(content)
        while view:
            written = os.pwrite(self._file.fileno(), view, start + len(content) - len(view))
            view = view[written:]
        self.length += len(content)
        self._unread += 1
        return start

    def read_once(self, start: int, length: int) -> bytes:
        """Return a frame; free the space if it was the last of a full file."""
        content = b""
        while len(content) < length:
            at = start + len(content)
            content += os.pread(self._file.fileno(), length - len(content), at)
        self._unread -= 1
        if not self._unread and self.length >= FILE_BYTES:
            self._file.close()
        return content


class _Place(NamedTuple):
    file: _SpooledFrames
    start: int
    length: int


class Outbox:
    """Sends frames in their order, while the next ones are made.

    - The main thread of a worker calls `put`, and `flush` at its end. A thread of its own writes.
    - When nobody reads any more, it ends the process. Without room on the disk, `put` waits.

    Args:
        descriptor: Where frames are written.
        memory_limit: Bytes that are kept in memory; a larger frame is kept alone.
        most_spooled: Bytes that are kept in temporary files.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        memory_limit: int = MEMORY_LIMIT,
        most_spooled: int = MOST_SPOOLED,
    ) -> None:
        self._descriptor = descriptor
        self._memory_limit = memory_limit
        self._most_spooled = most_spooled
        self._waiting: deque[bytes | _Place] = deque()
        self._in_memory = self._spooled = 0
        self._file: _SpooledFrames | None = None
        self._changed = threading.Condition()
        self._is_sending = False
        threading.Thread(target=self._send_all, daemon=True).start()

    def put(self, frame: Frame) -> None:
        """Add a frame; wait while too many are there."""
        content = frame.encoded()
        with self._changed:
            while not (self._keep(content) or self._spool(content)):
                self._changed.wait()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all frames were taken."""
        with self._changed:
            while self._waiting or self._is_sending:
                self._changed.wait()

    def _keep(self, content: bytes) -> bool:
        if self._waiting and self._in_memory + len(content) > self._memory_limit:
            return False
        self._in_memory += len(content)
        self._waiting.append(content)
        return True

    def _spool(self, content: bytes) -> bool:
        if self._spooled + len(content) > self._most_spooled:
            return False
        try:
            if self._file is None or self._file.length >= FILE_BYTES:
                self._file = _SpooledFrames()
            start = self._file.append(content)
        except OSError:  # no room, or no folder that can be written
            self._most_spooled = 0
            return False
        self._spooled += len(content)
        self._waiting.append(_Place(self._file, start, len(content)))
        return True

    def _send_all(self) -> NoReturn:
        with suppress(OSError):
            while True:
                content = memoryview(self._next())
                while content:
                    content = content[os.write(self._descriptor, content) :]
        os._exit(1)  # the tap has ended, and has said why

    def _next(self) -> bytes:
        with self._changed:
            self._is_sending = False
            self._changed.notify_all()
            while not self._waiting:
                self._changed.wait()
            self._is_sending = True
            first = self._waiting.popleft()
            if isinstance(first, bytes):
                self._in_memory -= len(first)
                content = first
            else:
                self._spooled -= first.length
                content = first.file.read_once(first.start, first.length)
            self._changed.notify_all()
            return content
