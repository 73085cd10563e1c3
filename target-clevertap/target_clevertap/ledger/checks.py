"""What is wrong with a ledger's file, what to say of it, and closing it all the same."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.ledger.file_format import FORMAT_VERSION, version_of
from target_clevertap.ledger.seal import damaged, log_of, mark_as_closed

if TYPE_CHECKING:
    from pathlib import Path

INODE = "inode"
"""The fact by which a copy of the file is told from the file itself."""

FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What is raised for a damaged file; the last where SQLite's own words quote what is not text."""


def setting_error_of(path: Path, error: Exception) -> Exception:
    """Return an error as users are to see it: ours as it is, others as a setting's."""
    return error if isinstance(error, CleverTapError) else unusable(path, error)


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


def is_copy(database: sqlite3.Connection, inode: int) -> bool:
    """Tell whether a ledger has to be read as a whole: it is a copy, or of an earlier format.

    Of the file itself SQLite sees to it that a kill leaves it whole.
    """
    if version_of(database) < FORMAT_VERSION:
        return True
    noted = database.execute("SELECT value FROM facts WHERE key = ?", (INODE,)).fetchone()
    return noted is None or noted[0] != inode


def shut(database: sqlite3.Connection, descriptor: int, path: Path) -> None:
    """Close a ledger, and say so in its head where SQLite left no log."""
    with suppress(OSError, *FAULTS):
        database.close()
        if not log_of(path).exists():
            mark_as_closed(descriptor)
    os.close(descriptor)  # not before: it would take SQLite's own lock away
