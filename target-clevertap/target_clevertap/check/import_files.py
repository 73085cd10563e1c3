"""The finding about the folder of files; nothing in it is made or changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.findings import Finding, failed, fine
from target_clevertap._plugin.shown import visible
from target_clevertap.check.ledger import is_in_use
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.import_files.spool_file import NAME, unusable, waiting_in

if TYPE_CHECKING:
    from pathlib import Path

    from target_clevertap.config.import_files import FileSettings


def folder_finding(settings: FileSettings, account: str) -> Finding:
    """Return whether a run could write files, and how many records wait for theirs.

    Args:
        settings: Of the files.
        account: The binding of account and host, from `account.binding`.
    """
    try:
        folder = private_files.real(private_files.absolute(settings.path, "files_path"))
    except CleverTapError as error:
        return failed("files", "not_usable", error)
    try:
        return _inside(folder, account)
    except CleverTapError as error:
        return failed("files", "not_usable", error)
    except OSError as error:
        return failed("files", "not_usable", unusable(folder, error))


def _inside(folder: Path, account: str) -> Finding:
    shown = visible(str(folder))
    is_new = not folder.exists()
    nearest = folder.parent if is_new else folder
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        message = f"files_path: no files can be written to {shown}; make the folder, or set another"
        raise SettingError(message)
    spool = folder / NAME
    if is_new or not spool.exists():
        return fine("files", f"files can be written to {shown}", code="new")
    if is_in_use(spool):
        message = f"{shown} is in use by a run"
        return fine("files", message, code="in_use", advice="run the check again after it")
    waiting = waiting_in(spool, account)
    if waiting:
        message = f"{shown} has {waiting} records that wait for their file"
        return fine("files", message, code="waiting", advice="the next run publishes them")
    return fine("files", f"files can be written to {shown}")
