"""Files that runs share: only their owner reads them, and every line is complete."""

from __future__ import annotations

import datetime as dt
import errno
import json
import logging
import os
import stat
from contextlib import suppress
from itertools import count
from pathlib import Path

from target_clevertap.errors import SettingError

TAIL_BYTES = 1 << 16
ROOT = 0
MOST_LINKS = 40
"""As many as Linux follows."""

logger = logging.getLogger("target-clevertap")


def absolute(path: str, setting: str) -> Path:
    """Return a path that no longer depends on the working directory.

    Args:
        path: Relative to the working directory or absolute.
        setting: That the path is of.

    Raises:
        SettingError: When there is no such directory any more, or no file can have this path.
    """
    try:
        if b"\0" in os.fsencode(path):
            message = f"{setting}: the path has a NUL character; remove it"
            raise SettingError(message)
        return Path(path).absolute()
    except UnicodeEncodeError:
        message = f"{setting}: the path has an unpaired surrogate; give it as plain text"
    except OSError:
        message = f"{setting}: there is no working directory any more; start the run in another"
    raise SettingError(message)


def real(path: Path) -> Path:
    """Return where a file is, or would be if it were made, links followed."""
    return Path(os.path.realpath(path))  # the method of Path fails for links in a circle


def found(path: Path, setting: str) -> os.stat_result | None:
    """Return what is at a path, links followed; None where there is nothing.

    Args:
        path: Absolute.
        setting: That the path is of, or the argument.

    Raises:
        SettingError: When the system does not tell, as in a folder that this user may not search.
    """
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{setting}: {path} cannot be used: {error.strerror}; choose another path"
        raise SettingError(message) from None


def is_file(path: Path, setting: str) -> bool:
    """Tell whether there is a file; arguments and errors are those of `found`."""
    there = found(path, setting)
    return there is not None and stat.S_ISREG(there.st_mode)


def size_to_append_to(path: Path, setting: str) -> int:
    """Return the size of a file that is to be appended to; one that is not there has none.

    Args:
        path: Absolute.
        setting: That the path is of.

    Raises:
        SettingError: When it could not be appended to.
    """
    there = found(path, setting)
    if there is None:
        check_folder(real(path).parent, setting)
        return 0
    if not (stat.S_ISREG(there.st_mode) or stat.S_ISCHR(there.st_mode)):
        message = f"{setting}: {path} is not a file; choose another path"
        raise SettingError(message)
    if not os.access(path, os.R_OK | os.W_OK):
        message = f"{setting}: this user may not read and write {path}; change its owner or mode"
        raise SettingError(message)
    return there.st_size


def check_folder(folder: Path, setting: str) -> None:
    """Check that files can be made in a folder.

    Args:
        folder: Absolute.
        setting: That the path of a file in it is of.

    Raises:
        SettingError: When they cannot.
    """
    if not folder.is_dir():
        message = f"{setting}: there is no folder {folder}; create it"
        raise SettingError(message)
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"{setting}: this user may not write to {folder}; change its owner or mode"
        raise SettingError(message)


def aside(path: Path, word: str) -> Path:
    """Return the name under which a file, or part of it, is kept from now on."""
    moment = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = path.with_name(f"{path.name}.{word}-{moment}")
    for number in count(2):
        if not kept.exists():
            break  # a clock that is set back shows the same moment twice
        kept = path.with_name(f"{path.name}.{word}-{moment}-{number}")
    return kept


def open_private(path: Path, flags: int) -> int:
    """Open or make a file that only its owner may read; an existing one is made so.

    Raises:
        OSError: When it cannot be opened, or is a link that another user put there.
    """
    descriptor = _open_or_make(path, flags)
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) != stat.S_IRUSR | stat.S_IWUSR:
        with suppress(PermissionError):  # another's file: whoever shared it meant to
            os.fchmod(descriptor, 0o600)
    return descriptor


def _open_or_make(path: Path, flags: int) -> int:
    """Follow links one by one, so that none can appear between a look at it and the opening."""
    for _ in range(MOST_LINKS):
        try:
            return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        if path.lstat().st_uid not in {os.geteuid(), ROOT}:
            raise PermissionError(errno.EPERM, "it is a link of another user")
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def end_lines(descriptor: int, path: Path) -> None:
    """Make a file end with a complete line, whoever wrote it and however that ended.

    - A last line that only lacks its end, as an editor may leave it, gets one.
    - A last line that a kill cut short would spoil what follows: it is moved to a file next to it.

    Args:
        descriptor: Of the file, open for reading and appending.
        path: Of the file, to name the one next to it.

    Raises:
        OSError: When the disk does not take it.
    """
    end = _end_of_lines(descriptor)
    tail = os.pread(descriptor, os.fstat(descriptor).st_size - end, end)
    if not tail:
        return
    if _is_json(tail):
        write_all(descriptor, b"\n")
        return
    torn = aside(path, "torn")
    copy = open_private(torn, os.O_WRONLY | os.O_EXCL)
    try:
        write_all(copy, tail)
        os.fsync(copy)
    finally:
        os.close(copy)
    os.ftruncate(descriptor, end)
    logger.warning("the last line of %s was cut short; it is kept in %s", path, torn)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, in as many parts as the system takes.

    Raises:
        OSError: When the system does not take it.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _end_of_lines(descriptor: int) -> int:
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - TAIL_BYTES)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
