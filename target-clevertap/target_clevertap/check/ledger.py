"""The finding about a ledger: read as it is on the disk, without SQLite's own files."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from target_clevertap import private_files
from target_clevertap._plugin.findings import Finding, failed, fine
from target_clevertap._plugin.shown import visible
from target_clevertap.errors import CleverTapError
from target_clevertap.ledger.checks import FAULTS
from target_clevertap.ledger.file_format import (
    FORMAT_VERSION,
    check_owner,
    check_tables,
    version_of,
)
from target_clevertap.ledger.seal import check_head

if TYPE_CHECKING:
    from pathlib import Path

FORMAT_WITH_ACCOUNTS = 4
LOCKS_AT, LOCKS = 0x40000000, 512
"""The bytes that SQLite locks [https://www.sqlite.org/lockingv3.html]."""

ADVICE = (
    "check account_id, region and api_url, or give this account a ledger_path of its own; else "
    "all rows count as new"
)


def ledger_finding(path: str, account: str) -> Finding:
    """Return whether a run could use a ledger.

    Args:
        path: The setting.
        account: The binding of account and host, from `account.binding`.
    """
    try:
        absolute = private_files.absolute(path, "ledger_path")
        size = private_files.size_to_append_to(absolute, "ledger_path")
        # SQLite makes files of its own next to the ledger
        private_files.check_folder(private_files.real(absolute).parent, "ledger_path")
    except CleverTapError as error:
        return failed("ledger", "not_usable", error)
    shown = visible(str(absolute))
    if not size:
        return fine("ledger", f"{shown} can be written; it knows of no delivery yet", code="new")
    if is_in_use(absolute):
        message = f"{shown} is in use by a run"
        return fine("ledger", message, code="in_use", advice="run the check again after it")
    try:
        _check_as_a_run_does(absolute)
        return _inside(absolute, shown, account)
    except CleverTapError as error:
        return failed("ledger", "damaged", error)
    except (OSError, *FAULTS) as error:
        message = f"the ledger {shown} cannot be read: {visible(str(error))}"
        return Finding("ledger", "damaged", message, "see ledger_path, or restore a backup")


def _check_as_a_run_does(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        check_head(path, descriptor, os.fstat(descriptor))
    finally:
        os.close(descriptor)


def _inside(path: Path, shown: str, account: str) -> Finding:
    # immutable: SQLite makes no log and no lock; a log that a kill left is read by the next run
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as database:
        version = version_of(database)
        try:
            check_owner(database, path)
            if version == FORMAT_VERSION:
                check_tables(database, path)
        except CleverTapError as error:
            code = "newer_format" if version > FORMAT_VERSION else "damaged"
            return failed("ledger", code, error)
        if version < FORMAT_WITH_ACCOUNTS:
            message = f"{shown} is of an earlier release; the next run brings it up to date"
            return fine("ledger", message, code="older_format")
        known = {row[0] for row in database.execute("SELECT account FROM accounts")}
    if known and account not in known:
        message = f"{shown} knows of deliveries to another account or host, and of none to this"
        return Finding("ledger", "other_account", message, ADVICE)
    return fine("ledger", f"{shown} can be written, and is of this account and host")


def is_in_use(path: Path) -> bool:
    """Return whether another process has SQLite's lock on a file; none is taken."""
    lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, LOCKS_AT, LOCKS, 0)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        found = fcntl.fcntl(descriptor, fcntl.F_GETLK, lock)
    finally:
        os.close(descriptor)
    (kind,) = struct.unpack_from("h", found)
    return bool(kind != fcntl.F_UNLCK)
