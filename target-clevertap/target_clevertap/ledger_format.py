"""The ledger's file: its tables, the formats it had, and what is no ledger or a damaged one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.entries import NAME_BYTES
from target_clevertap.errors import SettingError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FORMAT_VERSION = 2
TABLES = """
CREATE TABLE records (name BLOB PRIMARY KEY, state INTEGER NOT NULL, day INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE claims (id INTEGER PRIMARY KEY, is_delivered INTEGER NOT NULL, names BLOB NOT NULL);
"""
"""A claim is what one request holds; once delivered it waits to be put among all records."""
SINCE_2 = "ALTER TABLE claims ADD COLUMN is_delivered INTEGER NOT NULL DEFAULT 0"

COLUMNS = {
    "records": {"name", "state", "day"},
    "claims": {"id", "is_delivered", "names"},
}
HIGHEST_ID = 1 << 62
"""No run of any length comes near it."""
DAMAGED = f"""
SELECT 1 FROM claims WHERE typeof(id) <> 'integer' OR id NOT BETWEEN 1 AND {HIGHEST_ID}
  OR is_delivered NOT IN (0, 1) OR typeof(names) <> 'blob' OR length(names) % {NAME_BYTES} LIMIT 1
"""  # noqa: S608 - numbers
"""A claim that no run wrote; of records there may be millions, which SQLite itself looks after."""


def check_owner(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no ledger of this release or an earlier one, before it is changed.

    Raises:
        SettingError: For a newer format, and for a database of something else.
        sqlite3.Error: For a file that is no database.
    """
    version = _version(database)
    if version > FORMAT_VERSION:
        message = f"the ledger {path} is of a newer format ({version}); install the version"
        message += " of target-clevertap that wrote it, or choose another ledger_path"
        raise SettingError(message)
    has_tables = database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if version < 0 or (version == 0 and has_tables):
        message = f"{path} is a database of something else: choose another ledger_path"
        raise SettingError(message)


def bring_up_to_date(database: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or what they lack since an earlier format; within a transaction.

    Raises:
        SettingError: For a ledger that something else than a run has changed.
        sqlite3.Error: When it cannot be written.
    """
    version = _version(database)
    if version == 0:
        for statement in TABLES.split(";"):
            database.execute(statement)
    elif version == 1:
        database.execute(SINCE_2)
    database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    for table, columns in COLUMNS.items():
        found = {name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")}
        if found != columns:
            raise _damaged(path)
    if database.execute(DAMAGED).fetchone():
        raise _damaged(path)


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def _damaged(path: Path) -> SettingError:
    message = f"the ledger {path} is damaged; put a copy of it back, or choose another ledger_path:"
    return SettingError(f"{message} with a new ledger, events that taps send again are sent again")
