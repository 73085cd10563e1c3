"""Files of a local folder."""

from __future__ import annotations

import io
import os
import stat
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from tap_clevertap.files.errors import FileChangedError, UnreadFileError
from tap_clevertap.files.store import FileInfo
from tap_clevertap.files.stores.local_tree import walk
from tap_clevertap.files.stores.wording import GONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from tap_clevertap.files.stores.local_tree import TreeEntry

NOT_UTF8 = "not UTF-8"
"""The version of a file whose name is not; its key has escapes, and it cannot be opened."""
BUFFER = 1 << 18
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST = datetime.min.replace(tzinfo=timezone.utc)
_LAST = datetime.max.replace(tzinfo=timezone.utc)


class LocalStore:
    """The files below a folder, also by symbolic links; see `FileStore` and `walk`.

    A file whose name is not UTF-8 is listed, and cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def list(self) -> Iterator[FileInfo]:
        """Yield all files; see `FileStore`."""
        return map(_info, walk(self._path))

    def open(self, info: FileInfo) -> BinaryIO:
        """Return the bytes of a file; see `FileStore`."""
        if info.version == NOT_UTF8:
            message = "has a name that is not UTF-8; rename it"
            raise UnreadFileError(message)
        path = os.path.join(self._path, info.key)  # noqa: PTH118 - it may begin with spaces, end in /
        try:
            # Without O_NONBLOCK a pipe that has taken the file's place would wait for a writer.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise _unread(error) from None
        return cast("BinaryIO", io.BufferedReader(_Reader(descriptor, info), BUFFER))


class _Reader(io.RawIOBase):
    """Reads a file to its end, as long as it is the listed one."""

    def __init__(self, descriptor: int, info: FileInfo) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._listed = info
        self._read = 0
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        try:
            count = os.readv(self._descriptor, [memoryview(buffer)])
        except OSError as error:
            raise _unread(error) from None
        self._read += count
        if not count or self._read > self._listed.size:
            self._check()
        if not count and self._read != self._listed.size:
            message = f"ended at byte {self._read} of {self._listed.size}; check the disk"
            raise UnreadFileError(message)
        return count

    def _check(self) -> None:
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            message = "is no longer a regular file"
            raise FileChangedError(message)
        if (found.st_size, _version(found)) != (self._listed.size, self._listed.version):
            message = (
                f"was changed after it was listed ({self._listed.size} bytes then, "
                f"{found.st_size} now)"
            )
            raise FileChangedError(message)

    @override
    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _info(entry: TreeEntry) -> FileInfo:
    found, is_utf8 = entry.found, entry.key == entry.path
    version = _version(found) if is_utf8 else NOT_UTF8
    return FileInfo(entry.key, found.st_size, version, _modified(found.st_mtime_ns))


def _version(found: os.stat_result) -> str:
    """Return what changes with the content of a file: its time of change and its inode.

    The time of change is not the one of modification, which programs can set back. A change of
    owner, permissions or name changes it too: the file is then read again.
    """
    return f"{found.st_ctime_ns}-{found.st_ino}"


def _modified(nanoseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:  # some file systems keep years after 9999
        return _LAST if nanoseconds > 0 else _FIRST


def _unread(error: OSError) -> UnreadFileError:
    if isinstance(error, FileNotFoundError):
        return FileChangedError(GONE)
    if isinstance(error, PermissionError):
        return UnreadFileError("may not be read by this user (permission denied); allow it")
    return UnreadFileError(f"cannot be read ({error.strerror or type(error).__name__}); fix that")
