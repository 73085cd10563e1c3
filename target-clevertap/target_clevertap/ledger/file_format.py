"""The ledger's file: its tables, the formats it had, and what is not a ledger or a damaged one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.errors import SettingError
from target_clevertap.ledger.blocks import PREFIXES
from target_clevertap.ledger.merging import LEVELS
from target_clevertap.ledger.profile_hashes import PROFILE_BYTES
from target_clevertap.ledger.seal import damaged
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

FORMAT_VERSION = 5
LAST_WITHOUT_SEGMENTS, LAST_WITHOUT_PROFILES = 3, 4
ON_ITS_WAY, WAITING = 0, 1
"""What `is_delivered` says of a claim, which is what one request holds; once delivered it waits to
be put into a segment."""

COLUMNS = {
    "states": {"name", "state", "day"},
    "claims": {"id", "is_delivered", "names", "day"},
    "segments": {
        "id",
        "level",
        "names",
        "first_day",
        "last_day",
        "is_filtered",
        "merged_into",
        "done",
        "is_forgotten",
    },
    **{f"blocks_{level}": {"id", "names"} for level in range(LEVELS)},
    "filter": {"cells", "part", "crc", "words"},
    "facts": {"key", "value"},
    "accounts": {"account"},
    "streams": {"account", "stream", "alias", "generation", "delivered", "plan"},
}
COLUMNS_SINCE_5 = {
    "profiles": {"user", "row", "sent"},
    "profile_claims": {"id", "is_settled", "profiles"},
}
FOUND_COLUMNS = (
    "SELECT tables.name, columns.name FROM sqlite_master AS tables, "
    "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
)
HIGHEST_ID = 1 << 62
HIGHEST_SEGMENT = (1 << 22) - 1
"""No run of any length comes near them."""
DAMAGED_CLAIM = f"""
SELECT 1 FROM claims WHERE typeof(id) <> 'integer' OR id NOT BETWEEN 1 AND {HIGHEST_ID}
  OR is_delivered NOT IN (0, 1) OR typeof(day) <> 'integer' OR typeof(names) <> 'blob'
  OR length(names) % {NAME_BYTES}
LIMIT 1
"""  # noqa: S608 - numbers
DAMAGED_STATE = f"""
SELECT 1 FROM states WHERE typeof(name) <> 'blob' OR length(name) <> {NAME_BYTES}
  OR state NOT IN (2, 3, 4) OR typeof(day) <> 'integer'
LIMIT 1
"""  # noqa: S608 - a number
DAMAGED_SEGMENT = f"""
SELECT 1 FROM segments WHERE level NOT BETWEEN 0 AND {LEVELS - 1}
  OR id NOT BETWEEN 1 AND {HIGHEST_SEGMENT} OR coalesce(done, 0) NOT BETWEEN 0 AND {PREFIXES}
  OR typeof(names) <> 'integer' OR names NOT BETWEEN 0 AND {PREFIXES}
  OR typeof(level) <> 'integer'
  OR typeof(first_day) <> 'integer' OR typeof(last_day) <> 'integer'
  OR typeof(is_filtered) <> 'integer' OR typeof(is_forgotten) <> 'integer'
  OR typeof(done) NOT IN ('integer', 'null')
  OR (merged_into IS NOT NULL AND merged_into NOT IN (SELECT id FROM segments))
LIMIT 1
"""  # noqa: S608 - numbers
DAMAGED_PROFILE_CLAIM = f"""
SELECT 1 FROM profile_claims WHERE typeof(id) <> 'integer' OR is_settled NOT IN (0, 1)
  OR typeof(profiles) <> 'blob' OR length(profiles) % {PROFILE_BYTES}
LIMIT 1
"""  # noqa: S608 - a number
DAMAGED = {
    "claims": DAMAGED_CLAIM,
    "states": DAMAGED_STATE,
    "segments": DAMAGED_SEGMENT,
}
"""What no run wrote; names and profiles may be millions, which SQLite itself looks after."""
DAMAGED_SINCE_5 = {"profile_claims": DAMAGED_PROFILE_CLAIM}

SPOOL = "spool"
"""The fact of which spool of files the records count as delivered."""

FORMER_ACCOUNT = "former account"
"""The fact that names of an earlier release are there, and whose they are."""


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


def check_tables(database: sqlite3.Connection, path: Path) -> None:
    """Refuse a ledger that something else than a run has changed.

    Args:
        database: Of format 4 or later.
        path: Of its file.

    Raises:
        SettingError: For such a ledger.
        sqlite3.Error: When it cannot be read.
    """
    has_profiles = version_of(database) > LAST_WITHOUT_PROFILES
    tables = {**COLUMNS, **COLUMNS_SINCE_5} if has_profiles else COLUMNS
    queries = {**DAMAGED, **DAMAGED_SINCE_5} if has_profiles else DAMAGED
    found: dict[str, set[str]] = {}
    for table, column in database.execute(FOUND_COLUMNS):
        found.setdefault(table, set()).add(column)
    if changed := [table for table, columns in tables.items() if found.get(table) != columns]:
        raise damaged(path, f"the table {changed[0]} is not as a run leaves it")
    for what, query in queries.items():
        if database.execute(query).fetchone():
            raise damaged(path, f"it holds {what} that no run wrote")
