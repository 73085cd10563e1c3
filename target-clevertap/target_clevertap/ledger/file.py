"""The file of a ledger: opened by one run at a time, checked, kept in place, and closed."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import sys
import time
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.errors import LedgerDamagedError, SettingError, UploadStopped
from target_clevertap.ledger.file_format import (
    FORMAT_VERSION,
    check_owner,
    check_tables,
    version_of,
)
from target_clevertap.ledger.seal import (
    Seal,
    check_alone,
    check_length,
    check_log,
    check_pair,
    damaged,
    head_of,
    log_of,
    mark_as_closed,
    seal_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_clevertap.ledger.seal import Head

LOCK_SECONDS = 2
CACHE_KILOBYTES = 8_000
CHECKPOINT_BYTES = 32 << 20
"""Of the write-ahead log. All lanes wait for a checkpoint and the disk; a page is written once for
many."""
BACKUP_SECONDS = 60.0
"""How long the end of a run waits for a backup to have been read."""
POLL_SECONDS = 0.05
INODE = "inode"
"""The fact by which a copy of the file is told from the file itself."""

FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What is raised for a damaged file; the last where SQLite's own words quote what is not text."""


class LedgerFile:
    """An open ledger; one thread at a time may use it."""

    def __init__(self, path: str, *, is_durable: bool) -> None:
        """Open or make the file, and find out whether it is whole, before it is changed.

        Args:
            path: Relative to the working directory or absolute.
            is_durable: Whether each commit waits for the disk.

        Raises:
            SettingError: When it cannot be opened, is in use, damaged, or not a ledger.
        """
        self.path = private_files.absolute(path, "ledger_path")
        self._log: int | None = None
        try:
            self._descriptor = private_files.open_private(self.path, os.O_RDWR)
        except OSError as error:
            raise unusable(self.path, error) from None
        try:
            self._seen = os.fstat(self._descriptor)
            head = self._check_file()
            self.database = sqlite3.connect(
                self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, *FAULTS) as error:
            os.close(self._descriptor)
            raise unusable(self.path, error) from None
        except SettingError:
            os.close(self._descriptor)
            raise
        # also where a run ends without closing it
        self._shut = weakref.finalize(self, shut, self.database, self._descriptor, self.path)
        try:
            self._prepare(head, "FULL" if is_durable else "NORMAL")
        except FAULTS as error:
            self._leave_as_it_is()
            raise unusable(self.path, error) from None
        except LedgerDamagedError:
            self._leave_as_it_is()
            raise
        except (OSError, SettingError) as error:
            self._shut()
            if isinstance(error, OSError):
                raise unusable(self.path, error) from None
            raise

    def _leave_as_it_is(self) -> None:
        """Close a damaged file; SQLite leaves its log there if Python is new enough."""
        if sys.version_info >= (3, 12):
            with suppress(*FAULTS):
                self.database.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        self._shut.detach()
        self.database.close()
        os.close(self._descriptor)

    def _check_file(self) -> Head | None:
        """Find out what can be known of a file before SQLite looks for its log, and makes one."""
        check_alone(self.path, self._seen)
        head = head_of(self._descriptor)
        check_log(self.path, head)
        check_length(self.path, head, self._seen.st_size)
        return head

    def _prepare(self, head: Head | None, synchronous: str) -> None:
        check_owner(self.database, self.path)
        check_pair(self.path, head, self._application_id())
        if not os.path.samestat(self.path.stat(), self._seen):
            raise PermissionError(errno.EPERM, "another file has just taken its place")
        # exclusive: a second run would read states that this one is about to change
        self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute(f"PRAGMA synchronous = {synchronous}")
        self.database.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        self.database.execute("PRAGMA wal_autocheckpoint = 0")  # the seal counts them
        self.database.execute("BEGIN IMMEDIATE")
        if version_of(self.database) == FORMAT_VERSION:
            check_tables(self.database, self.path)
        if is_copy(self.database, self._seen.st_ino):
            check_pages(self.database, self.path)
        self.is_new = not version_of(self.database)
        self._seal = seal_of(self._application_id()) or Seal(0, is_open=False)

    def begin(self) -> None:
        """Commit the transaction that the file was opened with, and mark the file as open."""
        fact = (INODE, self._seen.st_ino)
        self.database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)
        self._put(self._seal.after())
        self.database.execute("COMMIT")
        self._log = os.open(log_of(self.path), os.O_RDONLY)
        self._checkpoint()
        self._seen = self.path.stat()

    def _application_id(self) -> int:
        found: int = self.database.execute("PRAGMA application_id").fetchone()[0]
        return found

    def _put(self, seal: Seal) -> None:
        self.database.execute(f"PRAGMA application_id = {seal.application_id}")
        self._seal = seal

    def _checkpoint(self) -> None:
        self._put(self._seal.after())
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._put(self._seal.after())

    def checkpoint_if_due(self) -> None:
        """Put what is in the write-ahead log into the file when there is much of it.

        While a backup is being read the file stays as it is, and the log grows.
        """
        if self._log is None or os.fstat(self._log).st_size < CHECKPOINT_BYTES:
            return
        with suppress(BlockingIOError):
            fcntl.flock(self._log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                self._checkpoint()
            finally:
                fcntl.flock(self._log, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, which another run may then use."""
        with suppress(OSError, *FAULTS):  # as it is after a kill, if it cannot be written any more
            if self._log is not None:
                self._wait_for_backup(self._log)
                self._checkpoint()
                self._put(self._seal.after(is_open=False))
        self._shut()
        if self._log is not None:
            os.close(self._log)

    @staticmethod
    def _wait_for_backup(log: int) -> None:
        latest = time.monotonic() + BACKUP_SECONDS
        while time.monotonic() < latest:
            with suppress(BlockingIOError):
                fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(POLL_SECONDS)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is done within, or undo it.

        Raises:
            sqlite3.Error: When it cannot be written.
        """
        self.database.execute("BEGIN")
        try:
            yield
            self.database.execute("COMMIT")
        except FAULTS:
            with suppress(sqlite3.Error):  # SQLite itself has undone it after some errors
                self.database.execute("ROLLBACK")  # else no other lane could write any more
            raise

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Stop the run where the file is not there any more, or does not take what is written.

        Raises:
            UploadStopped: In place of SQLite's errors.
        """
        self._check_in_place()
        try:
            yield
        except FAULTS as error:
            message = f"the ledger {self.path} cannot be written: {error}; see ledger_path"
            raise UploadStopped(message) from None

    def _check_in_place(self) -> None:
        """Stop where the file is another one: SQLite goes on with what has no name any more."""
        found = None
        with suppress(FileNotFoundError):
            found = self.path.stat()
        is_same = found is not None and os.path.samestat(found, self._seen)
        if found is None or not is_same or found.st_size < self._seen.st_size:
            message = (
                f"the ledger {self.path} was removed, replaced or emptied while this run used it; "
                "put it back if there is a copy, and keep ledger_path where nobody clears it"
            )
            raise UploadStopped(message)
        self._seen = found


def unusable(path: Path, error: Exception) -> SettingError:
    """Return what to say of a ledger that the system or SQLite does not let be used."""
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        message = f"the ledger {path} is in use by another run; wait for it, or give this"
        return SettingError(f"{message} pipeline a ledger_path of its own")
    if isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error):
        return damaged(path, str(error))
    why = getattr(error, "strerror", None) or str(error)
    return SettingError(f"the ledger {path} cannot be used: {why}; see ledger_path")


def check_pages(database: sqlite3.Connection, path: Path) -> None:
    """Read all of a ledger.

    Raises:
        SettingError: When it is damaged.
        sqlite3.Error: Likewise, or when it cannot be read.
    """
    (fault,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if fault != "ok":
        raise damaged(path, str(fault).splitlines()[-1].strip())


def shut(database: sqlite3.Connection, descriptor: int, path: Path) -> None:
    """Close a ledger, and say so in its head where SQLite left no log."""
    with suppress(OSError, *FAULTS):
        database.close()
        if not log_of(path).exists():
            mark_as_closed(descriptor)
    os.close(descriptor)  # not before: it would take SQLite's own lock away


def is_copy(database: sqlite3.Connection, inode: int) -> bool:
    """Tell whether a ledger has to be read as a whole: it is a copy, or of an earlier format.

    Of the file itself SQLite sees to it that a kill leaves it whole.
    """
    if version_of(database) < FORMAT_VERSION:
        return True
    noted = database.execute("SELECT value FROM facts WHERE key = ?", (INODE,)).fetchone()
    return noted is None or noted[0] != inode
