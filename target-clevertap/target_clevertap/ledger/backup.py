"""A good copy of a ledger, also while a run is using it.

A run puts its write-ahead log into the file now and then, and `cp` may meet that half done. It does
so only with a lock on the log, which the copying holds meanwhile: the file then stays as it is, and
what the run commits is added to the log's end.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.errors import SettingError
from target_clevertap.ledger.checks import FAULTS, INODE, check_pages, unusable
from target_clevertap.ledger.file_format import (
    LAST_WITHOUT_SEGMENTS,
    check_owner,
    check_tables,
    version_of,
)
from target_clevertap.ledger.seal import check_log, check_pair, head_of, log_of, seal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.ledger.seal import Head

TRIES = 20
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.05
OF_SQLITE = ("-wal", "-shm", "-journal")


def back_up(ledger_path: str, file: str) -> Path:
    """Copy a ledger into one file, which replaces an earlier copy only when it is whole.

    Args:
        ledger_path: The setting.
        file: Where the copy goes; relative to the working directory or absolute.

    Returns:
        Where the copy is.

    Raises:
        SettingError: When there is no ledger, it is damaged, or the copy cannot be written.
    """
    source, into = (
        private_files.absolute(ledger_path, "ledger_path"),
        private_files.absolute(file, "FILE"),
    )
    _check_place(source, into)
    made = into.with_name(f"{into.name}.{os.getpid()}.part")
    try:
        head = _copied(source, made)
        _finish(source, made, head)
        made.replace(into)
        _sync(into.parent)
    except OSError as error:
        message = (
            f"the ledger {source} cannot be copied to {into}: {error.strerror}; choose another "
            "place for its copy, or see ledger_path"
        )
        raise SettingError(message) from None
    except FAULTS as error:
        raise unusable(source, error) from None
    finally:
        for suffix in ("", *OF_SQLITE):
            with suppress(OSError):  # it was not made, or the error before it is the one to report
                Path(f"{made}{suffix}").unlink()
    return into


def _check_place(source: Path, into: Path) -> None:
    if not private_files.is_file(source, "ledger_path"):
        message = f"ledger_path: there is no ledger at {source}; the first run makes one"
        raise SettingError(message)
    there = private_files.found(into, "FILE")
    taken = {
        private_files.real(Path(f"{private_files.real(source)}{suffix}"))
        for suffix in ("", *OF_SQLITE)
    }
    if private_files.real(into) in taken or (there and os.path.samestat(there, source.stat())):
        message = f"FILE: {into} is the ledger itself; choose another place for its copy"
        raise SettingError(message)
    if not into.parent.is_dir():
        message = f"FILE: there is no folder {into.parent}; make it first"
        raise SettingError(message)
    if there and not _is_ledger(into):
        message = f"FILE: {into} is there, but is not a copy of a ledger; choose another name"
        raise SettingError(message)


def _is_ledger(path: Path) -> bool:
    if not private_files.is_file(path, "FILE"):
        return False
    try:
        with path.open("rb") as file:
            head = head_of(file.fileno())
    except PermissionError:  # whatever it is, it is not replaced
        return False
    return head is not None and head.seal is not None


def _copied(source: Path, made: Path) -> Head | None:
    """Copy file and log as they are at one moment, and return what the file's head says.

    Raises:
        SettingError: When runs change them again and again meanwhile.
        OSError: When they cannot be read or written.
    """
    for _ in range(TRIES):
        with _kept(log_of(source)) as log, source.open("rb") as ledger:
            head = head_of(ledger.fileno())
            _copy(ledger.fileno(), made)
            if log is not None:
                _copy(log, Path(f"{made}-wal"))
            if head == head_of(ledger.fileno()) and _is_at(log, log_of(source)):
                check_log(source, head)
                return head
        with suppress(FileNotFoundError):
            Path(f"{made}-wal").unlink()
        time.sleep(POLL_SECONDS)
    message = f"the ledger {source} is opened and closed all the time; try again after the runs"
    raise SettingError(message)


@contextmanager
def _kept(log: Path) -> Iterator[int | None]:
    """Keep a run from putting its log into the file; yield the log, open, or None without one."""
    try:
        descriptor = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        _lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    latest = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < latest:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return
        time.sleep(POLL_SECONDS)
    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _is_at(log: int | None, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return log is None
    return log is not None and os.path.samestat(found, os.fstat(log))


def _copy(descriptor: int, into: Path) -> None:
    made = private_files.open_private(into, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(made, "wb") as written:
        os.lseek(descriptor, 0, os.SEEK_SET)
        with os.fdopen(os.dup(descriptor), "rb") as read:
            shutil.copyfileobj(read, written, 1 << 20)


def _finish(source: Path, made: Path, head: Head | None) -> None:
    """Make one file of a file and its log, closed, after it was read as a whole.

    Raises:
        SettingError: When it is damaged.
        sqlite3.Error: Likewise, or when it cannot be written.
    """
    with closing(sqlite3.connect(made, isolation_level=None)) as database:
        check_owner(database, source)
        check_pair(source, head, database.execute("PRAGMA application_id").fetchone()[0])
        check_pages(database, source)
        if version_of(database) > LAST_WITHOUT_SEGMENTS:
            check_tables(database, source)
            seal = seal_of(database.execute("PRAGMA application_id").fetchone()[0])
            if seal is not None:
                closed = seal.after(is_open=False).application_id
                database.execute(f"PRAGMA application_id = {closed}")
            database.execute("DELETE FROM facts WHERE key = ?", (INODE,))
        database.execute("PRAGMA journal_mode = DELETE")
    _sync(made)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
