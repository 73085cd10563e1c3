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
from target_clevertap.ledger.checks import (
    FAULTS,
    INODE,
    check_pages,
    is_copy,
    setting_error_of,
    shut,
    unusable,
)
from target_clevertap.ledger.file_format import (
    LAST_WITHOUT_SEGMENTS,
    check_owner,
    check_tables,
    version_of,
)
from target_clevertap.ledger.seal import (
    Seal,
    check_head,
    check_pair,
    damaged,
    head_of,
    log_of,
    seal_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_SECONDS = 2
CACHE_KILOBYTES = 8_000
CHECKPOINT_BYTES = 32 << 20
"""Of the write-ahead log. All lanes wait for a checkpoint and the disk; a page is written once for
many."""
BACKUP_SECONDS = 60.0
"""How long the end of a run waits for a backup to have been read."""
POLL_SECONDS = 0.05


class LedgerFile:
    """An open ledger.

    - One thread at a time may use it: the ledger has the lock.
    - No other run can open it meanwhile, and the file closes even where a run does not close it.
    - SQLite's errors come out of `transaction`; `reported` turns them into `UploadStopped`.
    """

    def __init__(
        self, path: Path, descriptor: int, database: sqlite3.Connection, seen: os.stat_result
    ) -> None:
        """Take over what is open; `open` makes all of this.

        Args:
            path: Absolute.
            descriptor: Of the file.
            database: Connected to it.
            seen: What the system says of the file.
        """
        self.path = path
        self.database = database
        self.is_new = False
        self._descriptor = descriptor
        self._seen = seen
        self._seal = Seal(0, is_open=False)
        self._log: int | None = None
        # also where a run ends without closing it
        self._shut = weakref.finalize(self, shut, database, descriptor, path)

    @classmethod
    def open(cls, path: str, *, is_durable: bool) -> LedgerFile:
        """Open or make the file, and find out whether it is whole, before it is changed.

        Args:
            path: Relative to the working directory or absolute.
            is_durable: Whether each commit waits for the disk.

        Raises:
            SettingError: When it cannot be opened, is in use, damaged, or not a ledger.
        """
        absolute = private_files.absolute(path, "ledger_path")
        try:
            descriptor = private_files.open_private(absolute, os.O_RDWR)
        except OSError as error:
            raise unusable(absolute, error) from None
        try:
            seen = os.fstat(descriptor)
            check_head(absolute, descriptor, seen)
            database = sqlite3.connect(
                absolute, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, *FAULTS, SettingError) as error:
            os.close(descriptor)
            raise setting_error_of(absolute, error) from None
        file = cls(absolute, descriptor, database, seen)
        file._prepare_or_close("FULL" if is_durable else "NORMAL")
        return file

    def _prepare_or_close(self, synchronous: str) -> None:
        try:
            self._prepare(synchronous)
        except (*FAULTS, LedgerDamagedError) as error:
            self._leave_as_it_is()
            raise setting_error_of(self.path, error) from None
        except (OSError, SettingError) as error:
            self._shut()
            raise setting_error_of(self.path, error) from None

    def _leave_as_it_is(self) -> None:
        """Close a damaged file; SQLite leaves its log there if Python is new enough."""
        if sys.version_info >= (3, 12):
            with suppress(*FAULTS):
                self.database.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        self._shut.detach()
        self.database.close()
        os.close(self._descriptor)

    def _prepare(self, synchronous: str) -> None:
        check_owner(self.database, self.path)
        application_id = self._application_id()
        head = head_of(self._descriptor)  # only now: a run that had it open may just have closed it
        check_pair(self.path, head, application_id)
        if not os.path.samestat(self.path.stat(), self._seen):
            raise PermissionError(errno.EPERM, "another file has just taken its place")
        # exclusive: a second run would read states that this one is about to change
        self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute(f"PRAGMA synchronous = {synchronous}")
        self.database.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        self.database.execute("PRAGMA wal_autocheckpoint = 0")  # the seal counts them
        self.database.execute("BEGIN IMMEDIATE")
        if version_of(self.database) > LAST_WITHOUT_SEGMENTS:
            check_tables(self.database, self.path)
        if is_copy(self.database, self._seen.st_ino):
            check_pages(self.database, self.path)
        self.is_new = not version_of(self.database)
        self._seal = seal_of(self._application_id()) or Seal(0, is_open=False)
        if head is not None and head.seal not in {None, self._seal}:
            self._take_log_over()

    def _take_log_over(self) -> None:
        """Put what a killed run left in its log into the file, which is found to be whole.

        Else the log of runs that are killed before they do so would get ahead by more each time.
        """
        self.database.execute("COMMIT")
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.execute("BEGIN IMMEDIATE")

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
        """Commit what is done within, or undo it, whatever ends it: another lane would go on in it.

        Raises:
            sqlite3.Error: When it cannot be written.
        """
        self.database.execute("BEGIN")
        try:
            yield
            self.database.execute("COMMIT")
        except BaseException:
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
            if "malformed" in str(error):
                raise UploadStopped(damaged(self.path, str(error)).message) from None
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
                "restore a copy, and keep ledger_path where nothing is cleaned up"
            )
            raise UploadStopped(message)
        self._seen = found
