"""Files of a local folder."""

from __future__ import annotations

import io
import logging
import os
import stat
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from typing_extensions import override

from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.store import FileInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

NOT_UTF8 = "not UTF-8"
"""The version of a file whose name is not; its key has escapes, and it cannot be opened."""
BUFFER = 1 << 18
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST = datetime.min.replace(tzinfo=timezone.utc)
_LAST = datetime.max.replace(tzinfo=timezone.utc)

logger = logging.getLogger("tap-clevertap")


class _Entry(NamedTuple):
    """What a folder has."""

    key: str
    """Below the folder of the store; of a folder it ends in `/`."""
    found: os.stat_result


class LocalStore:
    """The files below a folder, also by symbolic links; see `FileStore`.

    - A link that leads back to a folder above it, one that leads nowhere, and what is no regular
      file (a pipe, a socket, a device) are skipped with a warning.
    - A file whose name is not UTF-8 is listed, and cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def list(self) -> Iterator[FileInfo]:
        """Yield all files; see `FileStore`."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - a path from outside stays as it is
        except OSError as error:
            raise self._unusable(error) from None
        if not stat.S_ISDIR(found.st_mode):
            message = f"{visible(self._path)}: it is not a folder; set the folder of the files"
            raise StoreError(message)
        yield from self._below("", ((found.st_dev, found.st_ino),))

    def _below(self, folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[FileInfo]:
        """Yield the files below a folder; `above` has the identities of it and those above it."""
        for key, found in sorted(self._entries(folder)):
            if not stat.S_ISDIR(found.st_mode):
                yield _info(key, found)
            elif (identity := (found.st_dev, found.st_ino)) in above:
                self._skip(key, "a link back to a folder above it")
            else:
                yield from self._below(key, (*above, identity))

    def _entries(self, folder: str) -> Iterator[_Entry]:
        try:
            with os.scandir(os.path.join(self._path, folder)) as entries:  # noqa: PTH118
                for entry in entries:
                    key = folder + entry.name
                    if (found := self._stat(entry, key)) is None:
                        continue
                    yield _Entry(f"{key}/" if stat.S_ISDIR(found.st_mode) else key, found)
        except OSError as error:
            raise self._unusable(error, folder) from None

    def _stat(self, entry: os.DirEntry[str], key: str) -> os.stat_result | None:
        """Return what an entry is; None if it is neither a file nor a folder."""
        try:
            found = entry.stat()
        except FileNotFoundError:
            if entry.is_symlink():
                self._skip(key, "a link to nothing")
            return None
        except OSError as error:
            if entry.is_symlink():
                self._skip(key, f"a link that cannot be followed ({error.strerror})")
                return None
            raise
        if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
            return found
        self._skip(key, "a pipe, a socket or a device")
        return None

    def open(self, info: FileInfo) -> BinaryIO:
        """Return the bytes of a file; see `FileStore`."""
        if info.version == NOT_UTF8:
            message = "its name is not UTF-8; rename it"
            raise UnreadFileError(message)
        path = os.path.join(self._path, info.key)  # noqa: PTH118 - it may begin with spaces, end in /
        try:
            # Without O_NONBLOCK a pipe that has taken the file's place would wait for a writer.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise _unread(error) from None
        return cast("BinaryIO", io.BufferedReader(_Reader(descriptor, info), BUFFER))

    def _unusable(self, error: OSError, folder: str = "") -> StoreError:
        place = visible(_escaped(os.path.join(self._path, folder)))  # noqa: PTH118
        if isinstance(error, FileNotFoundError):
            return StoreError(f"{place}: this folder does not exist; check export_files_url")
        if isinstance(error, PermissionError):
            advice = "allow this user to read it and to search it (r and x)"
            return StoreError(
                f"{place}: this folder cannot be listed (permission denied); {advice}"
            )
        reason = error.strerror or type(error).__name__
        return StoreError(
            f"{place}: this folder cannot be listed ({reason}); check export_files_url"
        )

    def _skip(self, key: str, what: str) -> None:
        path = os.path.join(self._path, key)  # noqa: PTH118
        logger.warning("%s: it is %s, and skipped", shown(_escaped(path)), what)


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
            message = f"{self._read} of {self._listed.size} bytes could be read; run again later"
            raise UnreadFileError(message)
        return count

    def _check(self) -> None:
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            message = "it is no longer a regular file; the next run lists it anew"
            raise FileChangedError(message)
        if (found.st_size, version(found)) != (self._listed.size, self._listed.version):
            message = (
                f"it was changed after it was listed ({self._listed.size} bytes then, "
                f"{found.st_size} now); the next run reads it"
            )
            raise FileChangedError(message)

    @override
    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def version(found: os.stat_result) -> str:
    """Return what changes with the content of a file: its time of change and its inode.

    The time of change is not the one of modification, which programs can set back. A change of
    owner, permissions or name changes it too: the file is then read again.
    """
    return f"{found.st_ctime_ns}-{found.st_ino}"


def _info(key: str, found: os.stat_result) -> FileInfo:
    name = _escaped(key)
    return FileInfo(
        name, found.st_size, version(found) if name == key else NOT_UTF8, _modified(found)
    )


def _modified(found: os.stat_result) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=found.st_mtime_ns // 1000)
    except OverflowError:  # some file systems keep years after 9999
        return _LAST if found.st_mtime_ns > 0 else _FIRST


def _escaped(name: str) -> str:
    r"""Return a name with an escape, like `\xe9`, for each byte that is not UTF-8."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _unread(error: OSError) -> UnreadFileError:
    if isinstance(error, FileNotFoundError):
        return FileChangedError("it is gone since it was listed; the next run lists anew")
    if isinstance(error, PermissionError):
        return UnreadFileError("this user may not read it (permission denied); allow it")
    return UnreadFileError(
        f"it cannot be read ({error.strerror or type(error).__name__}); fix that"
    )
