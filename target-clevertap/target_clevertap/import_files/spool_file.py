"""The SQLite file of a spool: opened by one run at a time, and refused where it is another's."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from target_clevertap import private_files
from target_clevertap._plugin.shown import visible
from target_clevertap.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".clevertap-spool.sqlite"
APPLICATION_ID = 0x43_54_53_50
FORMAT_VERSION = 1
LOCK_SECONDS = 2
TABLES = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pile TEXT NOT NULL, cells BLOB NOT NULL
);
CREATE INDEX piles ON records (pile, id);
CREATE TABLE claims (id INTEGER PRIMARY KEY, names BLOB NOT NULL);
CREATE TABLE doubtful (name BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE publications (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, pile TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, step TEXT NOT NULL
);
CREATE TABLE left_out (id INTEGER PRIMARY KEY);
"""
"""Records by pile; names of claims that are in the spool, end to end; names that requests of an
earlier run left uncertain; the one publication on its way, and records of its range that are not in
it."""
IS_CLEAN = """
SELECT NOT EXISTS (SELECT 1 FROM records) AND NOT EXISTS (SELECT 1 FROM claims)
  AND NOT EXISTS (SELECT 1 FROM publications)
"""


def open_spool(folder: Path) -> sqlite3.Connection:
    """Open or make the spool of a folder, which no other run can open meanwhile.

    Args:
        folder: That files are written to; it is there.

    Raises:
        SettingError: When it is in use, damaged, of a newer format or no spool.
    """
    path = folder / NAME
    try:
        os.close(private_files.open_private(path, os.O_RDWR))
        database = sqlite3.connect(
            path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, error) from None
    try:
        _check(database, path)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        if not _version(database):
            _make(database)
        database.execute("COMMIT")
    except (sqlite3.Error, SettingError) as error:
        database.close()
        raise unusable(path, error) from None
    return database


def unusable(path: Path, error: Exception) -> SettingError:
    """Return what to say of a spool that the system or SQLite does not let be used."""
    if isinstance(error, SettingError):
        return error
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        message = (
            f"files_path: {visible(str(path.parent))} is in use by another run; wait for it, or "
            "give this pipeline a folder of its own"
        )
        return SettingError(message)
    why = getattr(error, "strerror", None) or str(error)
    message = (
        f"files_path: the spool {visible(str(path))} cannot be used: {visible(why)}; restore it, "
        "or set another folder"
    )
    return SettingError(message)


def waiting_in(path: Path, account: str) -> int:
    """Return how many records wait in a spool that no run has open.

    Args:
        path: Of the spool.
        account: That it has to be of.

    Raises:
        SettingError: When it is another's, damaged, of a newer format or no spool.
    """
    # immutable: SQLite makes no log and no lock; a log that a kill left is read by the next run
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            _check(database, path)
            if not _version(database):
                return 0
            known = database.execute("SELECT value FROM facts WHERE key = 'account'").fetchone()
            if known is not None and known[0] != account:
                raise of_another_account(path)
            found: int = database.execute("SELECT count(*) FROM records").fetchone()[0]
    except (sqlite3.Error, SettingError) as error:
        raise unusable(path, error) from None
    return found


def of_another_account(path: Path) -> SettingError:
    """Return what to say of the spool of another account."""
    message = (
        f"files_path: {visible(str(path.parent))} has the files of another account or host; give "
        "this account a folder of its own"
    )
    return SettingError(message)


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Refuse what is no spool of this release or an earlier one, before it is changed."""
    version = _version(database)
    (application,) = database.execute("PRAGMA application_id").fetchone()
    is_empty = not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if is_empty and not version and not application:
        return
    if application != APPLICATION_ID:
        message = f"files_path: {visible(str(path))} is no spool of files; set another folder"
        raise SettingError(message)
    if version > FORMAT_VERSION:
        message = (
            f"files_path: the spool {visible(str(path))} is of a newer format ({version}); install "
            "the version of target-clevertap that wrote it, or set another folder"
        )
        raise SettingError(message)


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def _make(database: sqlite3.Connection) -> None:
    for statement in TABLES.split(";"):
        database.execute(statement)
    database.execute("INSERT INTO facts VALUES ('id', ?)", (secrets.token_hex(4),))
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
