"""Makes a ledger's tables, and takes over what earlier formats hold."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_clevertap.ledger.blocks import lots
from target_clevertap.ledger.claim import NameState
from target_clevertap.ledger.file_format import (
    FORMAT_VERSION,
    FORMER_ACCOUNT,
    HIGHEST_ID,
    LAST_WITHOUT_SEGMENTS,
    version_of,
)
from target_clevertap.ledger.merging import LEVELS, Segment, level_for
from target_clevertap.ledger.name_tables import today
from target_clevertap.ledger.pending import split
from target_clevertap.ledger.seal import damaged
from target_clevertap.ledger.segment_tables import SegmentTables
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

logger = logging.getLogger("target-clevertap")

FORMAT_1 = """
CREATE TABLE records (name BLOB PRIMARY KEY, state INTEGER NOT NULL, day INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE claims (id INTEGER PRIMARY KEY, names BLOB NOT NULL)
"""
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
SINCE_4 = """
CREATE TABLE states (name BLOB PRIMARY KEY, state INTEGER NOT NULL, day INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE segments (id INTEGER PRIMARY KEY, level INTEGER NOT NULL, names INTEGER NOT NULL,
  first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, is_filtered INTEGER NOT NULL,
  merged_into INTEGER, done INTEGER, is_forgotten INTEGER NOT NULL);
CREATE TABLE filter (cells INTEGER NOT NULL, part INTEGER NOT NULL, crc INTEGER NOT NULL,
  words BLOB NOT NULL, PRIMARY KEY (cells, part))
"""
SINCE_5 = """
CREATE TABLE profiles (user INTEGER PRIMARY KEY, row INTEGER, sent INTEGER);
CREATE TABLE profile_claims (id INTEGER PRIMARY KEY, is_settled INTEGER NOT NULL,
  profiles BLOB NOT NULL)
"""
BLOCK = "id INTEGER PRIMARY KEY, names BLOB NOT NULL"
CLAIMS = """
CREATE TABLE claims (id INTEGER PRIMARY KEY, is_delivered INTEGER NOT NULL, day INTEGER NOT NULL,
  names BLOB NOT NULL)
"""
DAMAGED_RECORD = f"""
SELECT 1 FROM records WHERE typeof(name) <> 'blob' OR length(name) <> {NAME_BYTES}
  OR state NOT IN (1, 2, 3) OR typeof(day) <> 'integer'
LIMIT 1
"""  # noqa: S608 - a number
DAMAGED_CLAIM = f"""
SELECT 1 FROM claims WHERE typeof(id) <> 'integer' OR id NOT BETWEEN 1 AND {HIGHEST_ID}
  OR is_delivered NOT IN (0, 1, 2) OR typeof(names) <> 'blob' OR length(names) % {NAME_BYTES}
LIMIT 1
"""  # noqa: S608 - numbers
LAST_WITHOUT_ACCOUNTS = 2
NAMES_AT_ONCE = 65_536
CLAIMS_AT_ONCE = 800
"""About as many names as eight of the lowest segments have: they are sorted in memory."""


def bring_up_to_date(database: sqlite3.Connection, path: Path, account: str) -> bool:
    """Make the tables, or bring them up to this format; within a transaction.

    Args:
        database: Of the ledger.
        path: Of its file.
        account: The binding that names of the first two formats get, which had no accounts.

    Returns:
        Whether there are such names, which are bound to the account now.

    Raises:
        SettingError: When something else than a run has changed it.
        sqlite3.Error: When it cannot be written.
    """
    version = version_of(database)
    if version == FORMAT_VERSION:
        return False
    is_bound = version <= LAST_WITHOUT_SEGMENTS and _bring_to_segments(
        database, path, account, version
    )
    _execute(database, SINCE_5)
    database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    return is_bound


def _bring_to_segments(
    database: sqlite3.Connection, path: Path, account: str, version: int
) -> bool:
    """Bring a file up to format 4, and return whether its names are bound to the account now."""
    if version == 0:
        _execute(database, FORMAT_1)
    if version <= 1:
        database.execute(SINCE_2)
    if version <= LAST_WITHOUT_ACCOUNTS:
        _execute(database, SINCE_3)
    is_bound = version <= LAST_WITHOUT_ACCOUNTS and _has_names(database)
    if is_bound:
        database.execute("INSERT INTO facts VALUES (?, ?)", (FORMER_ACCOUNT, account))
    _execute(database, SINCE_4)
    for level in range(LEVELS):
        database.execute(f"CREATE TABLE blocks_{level} ({BLOCK})")
    if version:
        _check(database, path)
        _take_over(database)
    for table in ("claims", "records"):
        database.execute(f"DROP TABLE {table}")
    _execute(database, CLAIMS)
    return is_bound


def _has_names(database: sqlite3.Connection) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM records) OR EXISTS (SELECT 1 FROM claims)"
    return bool(database.execute(query).fetchone()[0])


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Refuse names that no run wrote.

    Raises:
        SettingError: For such names.
    """
    for table, query in (("records", DAMAGED_RECORD), ("claims", DAMAGED_CLAIM)):
        if database.execute(query).fetchone():
            raise damaged(path, f"it holds {table} that no run wrote")


def _take_over(database: sqlite3.Connection) -> None:
    """Put names that were delivered into segments, and all others among the states."""
    given = (NameState.DELIVERED,)
    database.execute("INSERT INTO states SELECT * FROM records WHERE state <> ?", given)
    for (names,) in database.execute("SELECT names FROM claims WHERE is_delivered = 0").fetchall():
        rows = ((name, NameState.INTENT, today()) for name in split(names))
        database.executemany("INSERT OR IGNORE INTO states VALUES (?, ?, ?)", rows)
    query = "SELECT count(*), min(day), max(day) FROM records WHERE state = ?"
    count, first, last = database.execute(query, given).fetchone()
    if count:
        logger.info("the ledger is written in a new format, once: %d names", count)
        made = Segment(1, level_for(count), count, first, last, is_filtered=False)
        query = "SELECT name FROM records WHERE state = ? ORDER BY name"
        _write(database, made, (name for (name,) in database.execute(query, given)))
    for number, names in enumerate(_waiting(database), start=2):
        days = today(), today()
        made = Segment(number, level_for(len(names)), len(names), *days, is_filtered=False)
        _write(database, made, names)


def _waiting(database: sqlite3.Connection) -> Iterator[list[bytes]]:
    """Return lots of names that wait in claims: an earlier release may have left millions."""
    found = database.execute("SELECT names FROM claims WHERE is_delivered > 0 ORDER BY id")
    while rows := found.fetchmany(CLAIMS_AT_ONCE):
        yield sorted({name for (names,) in rows for name in split(names)})


def _write(database: sqlite3.Connection, segment: Segment, names: Iterable[bytes]) -> None:
    tables = SegmentTables(database)
    tables.put(segment)
    for lot in lots(names, NAMES_AT_ONCE):
        tables.append(segment, lot)


def _execute(database: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        database.execute(statement)
