"""Opening the file of an inbox: private, checked, and known by its place on the disk."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError
from tap_clevertap.inbox.format import check_format, damaged, is_blank, make_tables

if TYPE_CHECKING:
    from typing import NoReturn

FAULTS = (sqlite3.Error, OSError, TypeError)
"""A TypeError is met where something else than the receiver changed the content."""
LOG_BYTES = 32 << 20
"""The write-ahead log is cut to this size once its content is in the file."""
PRIVATE = 0o600
"""The mode of its files: its owner's alone."""
BESIDE = ("-wal", "-shm")


def absolute(path: str) -> Path:
    """Return the path of an inbox that no longer depends on the working directory, links followed.

    Raises:
        SettingError: When no file can have this path.
    """
    try:
        if b"\0" not in os.fsencode(path):
            return Path(os.path.realpath(path))
    except (OSError, ValueError):
        pass
    message = f"inbox_path: no file can have the path {shown(path)}; set another"
    raise SettingError(message)


def make_file(path: Path) -> None:
    """Make the file of an inbox where there is none, so that only its owner may read it.

    Raises:
        SettingError: When it cannot be made, or what is there is not a file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags, PRIVATE)
    except FileNotFoundError:
        message = f"inbox_path: there is no folder {shown(path.parent)}; make it, or fix the path"
        raise SettingError(message) from None
    except OSError as error:
        _refuse(path, error)
    found = os.fstat(descriptor)
    os.close(descriptor)
    _check_kind(path, found.st_mode)
    if not found.st_size:
        _make_private(path)
        _keep_name(path)


def _make_private(path: Path) -> None:
    """Let only the owner of an inbox read it, and what SQLite has next to it."""
    for each in (path, *(path.with_name(f"{path.name}{end}") for end in BESIDE)):
        with suppress(FileNotFoundError, PermissionError):  # another's: whoever shared it meant to
            if stat.S_IMODE(each.stat().st_mode) != PRIVATE:
                each.chmod(PRIVATE)


def _keep_name(path: Path) -> None:
    """Make the name of a new file outlive the machine; SQLite does so for its log only."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    except OSError as error:
        _refuse(path, error)
    finally:
        os.close(folder)


def _check_kind(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        message = f"inbox_path: {shown(path)} is not a file; choose another path"
        raise SettingError(message)


def connect(path: Path, *, wait: float, makes: bool = False) -> sqlite3.Connection:
    """Connect to an inbox; each statement is its own transaction until `BEGIN`.

    Args:
        path: By `absolute`.
        wait: Seconds to wait for another process that writes.
        makes: Whether a blank file becomes an inbox.

    Raises:
        SettingError: When it cannot be opened, or is no inbox, a newer or a damaged one.
    """
    address = f"file:{quote(os.fsencode(path))}?mode=rw"
    database = None
    try:
        _check_kind(path, path.stat().st_mode)
        database = sqlite3.connect(
            address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False
        )
        _prepare(database, path, makes=makes)
        if makes:
            _make_private(path)
    except FAULTS as error:
        if database is not None:
            database.close()
        _refuse(path, error)
    except SettingError:
        if database is not None:
            database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, path: Path, *, makes: bool) -> None:
    if is_blank(database):
        if not makes:
            message = f"inbox_path: {shown(path)} is empty; start `tap-clevertap receive` first"
            raise SettingError(message)
        make_tables(database)
    check_format(database, path)
    if database.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        message = (
            f"inbox_path: the file system of {shown(path)} does not let several processes share "
            "memory; choose a path on a local disk"
        )
        raise SettingError(message)
    database.execute("PRAGMA synchronous = FULL")
    database.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")


def _refuse(path: Path, error: Exception) -> NoReturn:
    raise setting_error_of(path, error) from None


def setting_error_of(path: Path, error: Exception) -> SettingError:
    """Return the error of an inbox that the system or SQLite does not open or read."""
    if isinstance(error, FileNotFoundError):
        message = f"inbox_path: there is no file or folder {shown(path)}; "
        advice = "start `tap-clevertap receive`, or fix the path"
        return SettingError(message + advice)
    if isinstance(error, TypeError):
        return damaged(path, "its content is not as a receiver leaves it")
    text = error.strerror if isinstance(error, OSError) else str(error)
    text = text or type(error).__name__
    if "not a database" in text:
        message = f"inbox_path: {shown(path)} is not an inbox; choose another path"
        return SettingError(message)
    if "malformed" in text:
        return damaged(path, text)
    message = f"inbox_path: {shown(path)} cannot be used ({text}); {_advice(text)}"
    return SettingError(message)


def _advice(text: str) -> str:
    if "locked" in text:
        return "end the process that keeps it locked"
    if "full" in text or "space" in text.lower():
        return "make room on its disk"
    if "I/O" in text:
        return "look at its disk, and at the room there"
    return "check that this user may read and write it and its folder"
