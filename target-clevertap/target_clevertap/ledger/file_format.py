"""The ledger's file: its tables, the formats it had, and what is not a ledger or a damaged one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.errors import SettingError
from target_clevertap.ledger.seal import damaged
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FORMAT_VERSION = 3
LAST_WITHOUT_ACCOUNTS = 2
TABLES = """
CREATE TABLE records (name BLOB PRIMARY KEY, state INTEGER NOT NULL, day INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE claims (id INTEGER PRIMARY KEY, is_delivered INTEGER NOT NULL, names BLOB NOT NULL)
"""
"""A claim is what one request holds; once delivered it waits to be put among all records."""
ON_ITS_WAY, WAITING, MOVING = 0, 1, 2
"""What `is_delivered` says of a claim; the names of the last are among all records in part."""
SINCE_2 = "ALTER TABLE claims ADD COLUMN is_delivered INTEGER NOT NULL DEFAULT 0"
SINCE_3 = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts (account TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE streams (account TEXT, stream TEXT, alias TEXT, generation INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0, plan TEXT, PRIMARY KEY (account, stream, alias))
  WITHOUT ROWID
"""
"""Names of all accounts are in one table, for an account is part of each; a stream without an alias
has an empty one."""

COLUMNS = {
    "records": {"name", "state", "day"},
    "claims": {"id", "is_delivered", "names"},
    "facts": {"key", "value"},
    "accounts": {"account"},
    "streams": {"account", "stream", "alias", "generation", "delivered", "plan"},
}
HIGHEST_ID = 1 << 62
"""No run of any length comes near it."""
DAMAGED = f"""
SELECT 1 FROM claims WHERE typeof(id) <> 'integer' OR id NOT BETWEEN 1 AND {HIGHEST_ID}
  OR is_delivered NOT IN (0, 1, 2) OR typeof(names) <> 'blob' OR length(names) % {NAME_BYTES}
LIMIT 1
"""  # noqa: S608 - numbers
"""A claim that no run wrote; of records there may be millions, which SQLite itself looks after."""

FORMER_ACCOUNT = "former account"
"""The fact that names of an earlier release are there, and whose they are."""
MOVED_HEADS = "moved heads"
"""The fact of which names of MOVING claims are among all records: by their first byte, from 0."""


def version_of(database: sqlite3.Connection) -> int:
    """Return the format of a file, 0 for an empty one."""
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def check_owner(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not a ledger of this release or an earlier one, before it is changed.

    Raises:
        SettingError: For a newer format, and for a database of something else.
        sqlite3.Error: For a file that is not a database.
    """
    version = version_of(database)
    if version > FORMAT_VERSION:
        message = f"the ledger {path} is of a newer format ({version}); install the version"
        message += " of target-clevertap that wrote it, or choose another ledger_path"
        raise SettingError(message)
    has_tables = database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if version < 0 or (version == 0 and has_tables):
        message = f"{path} is a database, but not a ledger; choose another ledger_path"
        raise SettingError(message)


def bring_up_to_date(database: sqlite3.Connection, account: str) -> bool:
    """Make the tables, or what they lack since an earlier format; within a transaction.

    Args:
        database: Of the ledger.
        account: The binding that names of earlier formats get, which had no accounts.

    Returns:
        Whether there are such names, which are bound to the account now.

    Raises:
        sqlite3.Error: When it cannot be written.
    """
    version = version_of(database)
    if version == FORMAT_VERSION:
        return False
    if version == 0:
        _execute(database, TABLES)
    if version == 1:
        database.execute(SINCE_2)
    _execute(database, SINCE_3)
    database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    has_names = database.execute(
        "SELECT EXISTS (SELECT 1 FROM records) OR EXISTS (SELECT 1 FROM claims)"
    ).fetchone()[0]
    if has_names:
        database.execute("INSERT INTO facts VALUES (?, ?)", (FORMER_ACCOUNT, account))
    return bool(has_names)


def _execute(database: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        database.execute(statement)


def check_tables(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a ledger that something else than a run has changed.

    Raises:
        SettingError: For such a ledger.
        sqlite3.Error: When it cannot be read.
    """
    for table, columns in COLUMNS.items():
        found = {name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")}
        if found != columns:
            raise damaged(path, f"the table {table} is not as a run leaves it")
    if database.execute(DAMAGED).fetchone():
        raise damaged(path, "it holds claims that no run wrote")
