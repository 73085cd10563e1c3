"""The rejects file: lines of rejects appended under a lock, as Singer lines to be read again."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from target_clevertap import private_files
from target_clevertap._plugin.kept_lines import is_removed, write_until_kept
from target_clevertap.errors import StoppedError, UploadStopped
from target_clevertap.file_locks import POLL_SECONDS, go_on, lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from target_clevertap.rejects.reject import Reject

encode = msgspec.json.encode
CLOSING_SECONDS = 1.0
"""To wait at the end of a run for a thread that writes."""


class RejectsFile:
    """Appends rejects to a file that other runs may append to as well.

    - May be used from any thread; a lock on the file keeps other processes apart.
    - The file is made with the first reject.
    - Lines are complete and on the disk when `append` returns, also where somebody removes or
      empties the file meanwhile.
    - While another process has the lock, a thread waits until `check` raises or the file is closed.
    - Nothing is ever taken out. Only a last line that a kill cut short is moved to a file next to
      it: its record comes again.
    - What the disk does not take raises `UploadStopped`.
    """

    def __init__(self, path: Path, *, is_inherited: bool = False) -> None:
        """Remember where.

        Args:
            path: Absolute.
            is_inherited: Whether earlier runs left rejects there.
        """
        self.path = path
        self.is_inherited = is_inherited
        self._descriptor: int | None = None
        self._schemas: dict[str, bytes] = {}
        self._end = 0
        self._is_closed = False
        self._is_held = False
        self._lock = Lock()

    @classmethod
    def at(cls, path: str) -> RejectsFile:
        """Return the file of a setting, as soon as it is known that it can be appended to.

        Args:
            path: Relative to the working directory or absolute.

        Raises:
            SettingError: When there is no such folder, no working directory, or no file that could
                be appended to.
        """
        absolute = private_files.absolute(path, "rejects_path")
        size = private_files.size_to_append_to(absolute, "rejects_path")
        return cls(absolute, is_inherited=size > 0)

    def append(self, rejects: Iterable[Reject], check: Callable[[], None] = go_on) -> None:
        """Append rejects, each stream's SCHEMA before its first.

        Args:
            rejects: In their order.
            check: Called while the file is locked by others; raises to give up.

        Raises:
            StoppedError: When the file is closed before it is free.
            UploadStopped: When the disk does not take them.
        """
        given = [*rejects]
        with self._turn(check), self.reported("written"):
            write_until_kept(partial(self._append, given, check))

    @contextmanager
    def held(self, check: Callable[[], None] = go_on) -> Iterator[None]:
        """Keep other processes from the file; within it the same thread may append.

        A file that is made for it, and stays empty, is removed.

        Args:
            check: As for `append`.

        Raises:
            UploadStopped: When it cannot be locked.
        """
        with self.reported("locked"):
            was_there = self.path.exists()
            self._open_and_lock(check)
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            self._let_go(was_there=was_there)

    def rename_for_replay(
        self, reading: int | None = None, check: Callable[[], None] = go_on
    ) -> Path | None:
        """Rename the file while nobody writes to it, so that new rejects get a file of their own.

        Args:
            reading: Descriptor of what is read, if it has to be this file.
            check: As for `append`.

        Returns:
            The new path; None where the file is empty, or another replay renamed it meanwhile.

        Raises:
            UploadStopped: When it cannot be renamed.
        """
        with self._turn(check), self.reported("renamed"), self._locked(check) as descriptor:
            is_another = reading is not None and not self.is_at_path(reading)
            if is_another or os.fstat(descriptor).st_size == 0:
                return None
            path = private_files.real(self.path)  # where it is a link, that stays
            private_files.end_lines(descriptor, path)
            replayed = private_files.aside(path, "replayed")
            path.rename(replayed)
            return replayed

    def is_at_path(self, descriptor: int) -> bool:
        """Return whether an open file is the one at the path now."""
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close the file; who waits for it gives up."""
        self._is_closed = True
        if not self._lock.acquire(timeout=CLOSING_SECONDS):
            return  # a disk that does not answer: the end of the process closes it
        try:
            if self._descriptor is not None:
                with suppress(OSError):  # every line is on the disk
                    os.close(self._descriptor)
            self._descriptor = None
        finally:
            self._lock.release()

    @contextmanager
    def reported(self, action: str) -> Iterator[None]:
        """Stop the run where the system does not let the file be used.

        Args:
            action: What is done to it, for the message.

        Raises:
            UploadStopped: In place of the system's error.
        """
        try:
            yield
        except OSError as error:
            message = (
                f"the rejects file {self.path} cannot be {action}: {error.strerror}; see "
                "rejects_path"
            )
            raise UploadStopped(message) from None

    def _lines(self, rejects: Iterable[Reject]) -> Iterator[bytes]:
        moment = dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
        for reject in rejects:
            origin, status = reject.origin, reject.status
            if self._schemas.get(origin.stream) != origin.schema_line:
                self._schemas[origin.stream] = origin.schema_line
                yield origin.schema_line.strip() + b"\n"
            head = b'{"type":"RECORD","stream":' + encode(origin.stream)
            notes = {"code": status.code, "reason": status.reason, "rejected_at": moment}
            if origin.alias is not None:
                notes["stream_alias"] = origin.alias
            yield head + b',"record":' + reject.raw + b"," + encode(notes)[1:] + b"\n"

    @contextmanager
    def _turn(self, check: Callable[[], None]) -> Iterator[None]:
        """Let one thread at a time use the file."""
        while not self._lock.acquire(timeout=POLL_SECONDS):
            self._check(check)
        try:
            yield
        finally:
            self._lock.release()

    def _check(self, check: Callable[[], None]) -> None:
        """Raise where a thread is not to wait any longer."""
        check()
        if self._is_closed:
            raise StoppedError

    @contextmanager
    def _locked(self, check: Callable[[], None]) -> Iterator[int]:
        descriptor = self._open_and_lock(check)
        try:
            yield descriptor
        finally:
            if not self._is_held:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _let_go(self, *, was_there: bool) -> None:
        """Free a file that was held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with self.reported("closed"):
            is_empty = not os.fstat(descriptor).st_size
            if is_empty and not was_there and self.is_at_path(descriptor):
                private_files.real(self.path).unlink()  # who waits for it looks for another
            os.close(descriptor)

    def _open_and_lock(self, check: Callable[[], None]) -> int:
        while True:
            if self._descriptor is None:
                self._descriptor = private_files.open_private(self.path, os.O_RDWR | os.O_APPEND)
                self._schemas.clear()
            lock(self._descriptor, f"the rejects file {self.path}", partial(self._check, check))
            if self.is_at_path(self._descriptor):
                return self._descriptor
            os.close(self._descriptor)  # a replay renamed it meanwhile
            self._descriptor = None

    def _append(self, rejects: Sequence[Reject], check: Callable[[], None]) -> bool:
        """Append rejects, and tell whether the file has them."""
        with self._locked(check) as descriptor:
            private_files.end_lines(descriptor, private_files.real(self.path))
            end = os.fstat(descriptor).st_size
            if end != self._end:
                self._schemas.clear()  # another run wrote its own since, or somebody emptied it
            lines = b"".join(self._lines(rejects))
            self._write(descriptor, lines, end)
            return self._is_kept(descriptor, lines)

    def _write(self, descriptor: int, lines: bytes, end: int) -> None:
        """Write lines at the end of the file, or nothing."""
        try:
            private_files.write_all(descriptor, lines)
            os.fsync(descriptor)
            self._end = end + len(lines)  # what is there may be less again: somebody emptied it
        except OSError:
            self._schemas.clear()
            with suppress(OSError):  # the error before it is the one to report
                os.ftruncate(descriptor, end)  # half a line would spoil the file for a replay
            raise

    def _is_kept(self, descriptor: int, lines: bytes) -> bool:
        """Tell whether the file has lines just written; part of them alone is taken out."""
        if is_removed(descriptor, self.path):
            return False
        found = os.fstat(descriptor)
        if found.st_size >= self._end or not stat.S_ISREG(found.st_mode):
            return True
        if not lines.endswith(os.pread(descriptor, len(lines) + 1, 0)):
            return True  # of somebody who wrote to it
        os.ftruncate(descriptor, 0)  # it was emptied after the SCHEMA was left out
        self._schemas.clear()
        return False
