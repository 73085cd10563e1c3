"""The format of an inbox: its tables, and what is no inbox, a newer one or a damaged one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

APPLICATION_ID = 0x43544942
"""`CTIB` in the header of the file."""
FORMAT_VERSION = 1
INBOX, FORGOTTEN, CHECKED = "inbox", "forgotten", "checked"
"""Facts: the random id of this inbox, the highest id of a forgotten message, and when it was last
found to take what is written (ms since 1970)."""
TABLES = (
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    (
        "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, received_at INTEGER NOT NULL,"
        " source TEXT NOT NULL, digest BLOB NOT NULL, ordinal INTEGER NOT NULL, body BLOB NOT NULL)"
    ),
    "CREATE INDEX messages_by_digest ON messages (digest)",
    "CREATE TABLE reads (up_to INTEGER NOT NULL, read_at INTEGER NOT NULL)",
)
COLUMNS = {
    "facts": {"key", "value"},
    "messages": {"id", "received_at", "source", "digest", "ordinal", "body"},
    "reads": {"up_to", "read_at"},
}
FOUND_COLUMNS = (
    "SELECT tables.name, columns.name FROM sqlite_master AS tables, "
    "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
)


def is_blank(database: sqlite3.Connection) -> bool:
    """Return whether nothing was ever made in the file, as when its maker was killed."""
    marks = _number(database, "application_id"), _number(database, "user_version")
    return marks == (0, 0) and not database.execute("SELECT 1 FROM sqlite_master").fetchone()


def make_tables(database: sqlite3.Connection) -> None:
    """Make a blank file an inbox, in one transaction; another process may do so meanwhile."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("BEGIN IMMEDIATE")
    try:
        if is_blank(database):
            for statement in TABLES:
                database.execute(statement)
            facts = [(INBOX, secrets.token_hex(16)), (FORGOTTEN, 0)]
            database.executemany("INSERT INTO facts VALUES (?, ?)", facts)
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def check_format(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not an inbox of this release, before it is changed.

    Raises:
        SettingError: For a database of something else, a newer format, and changed tables.
        sqlite3.Error: For a file that is no database, or cannot be read.
    """
    if _number(database, "application_id") != APPLICATION_ID:
        message = f"inbox_path: {shown(path)} is a database, but not an inbox; choose another path"
        raise SettingError(message)
    version = _number(database, "user_version")
    if version > FORMAT_VERSION:
        message = (
            f"inbox_path: {shown(path)} is of a newer format ({version}); install the version of "
            "tap-clevertap that wrote it, or choose another path"
        )
        raise SettingError(message)
    found: dict[str, set[str]] = {}
    for table, column in database.execute(FOUND_COLUMNS):
        found.setdefault(table, set()).add(column)
    for table, columns in COLUMNS.items():
        if found.get(table) != columns or version < 1:
            raise damaged(path, f"the table {table} is not as a receiver leaves it")
    facts = dict(database.execute("SELECT key, value FROM facts"))
    if not isinstance(facts.get(INBOX), str) or not isinstance(facts.get(FORGOTTEN), int):
        raise damaged(path, "its facts are not as a receiver leaves them")


def damaged(path: Path, how: str) -> SettingError:
    """Return the error of a damaged inbox."""
    message = (
        f"inbox_path: the inbox {shown(path)} is damaged ({how}); move it away, or restore a "
        "copy of it"
    )
    return SettingError(message)


def _number(database: sqlite3.Connection, pragma: str) -> int:
    found: int = database.execute(f"PRAGMA {pragma}").fetchone()[0]
    return found
