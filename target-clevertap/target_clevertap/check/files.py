"""Findings about the files that a run writes; none is made or changed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.account import binding
from target_clevertap._plugin.findings import Finding, failed, fine
from target_clevertap._plugin.shown import visible
from target_clevertap.check.import_files import folder_finding
from target_clevertap.check.ledger import ledger_finding
from target_clevertap.config.settings import check_apart
from target_clevertap.errors import CleverTapError
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.run_parts import open_deletes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_clevertap.config.settings import RunSettings

LITTLE_BYTES = 100_000_000
"""Free space that a ledger of some million names fills."""


def file_findings(settings: RunSettings) -> Iterator[Finding]:
    """Yield a finding for each file, and one for the disks that they are on."""
    yield _rejects(settings)
    paths = [(settings.rejects_path, "rejects_path")]
    if settings.deletes_users:
        yield _deletes(settings)
        paths.append((settings.deletes_path, "deletes_path"))
    if settings.ledger_path is None:
        message = "there is none, so rows that a tap sends again are delivered again"
        yield fine("ledger", message, code="off")
    else:
        account = binding(settings.account_id, settings.url)
        yield ledger_finding(settings.ledger_path, account)
        paths.append((settings.ledger_path, "ledger_path"))
    if settings.files is not None:
        yield folder_finding(settings.files, binding(settings.account_id, settings.url))
        paths.append((f"{settings.files.path}/spool", "files_path"))
    yield from _disk(paths)


def _rejects(settings: RunSettings) -> Finding:
    try:
        file = RejectsFile.at(settings.rejects_path)
        if settings.ledger_path is not None:
            ledger = private_files.absolute(settings.ledger_path, "ledger_path")
            check_apart(file.path, ledger, "rejects_path")
    except CleverTapError as error:
        return failed("rejects", "not_usable", error)
    kept = "; it holds rejects of earlier runs" if file.is_inherited else ""
    return fine("rejects", f"{visible(str(file.path))} can be written{kept}")


def _deletes(settings: RunSettings) -> Finding:
    if not settings.confirms_deletes:
        message = "a rule deletes users, and nobody has confirmed that, so a run ends there"
        advice = "look at what a dry run would delete, then set `confirm_deletes: true`"
        return Finding("deletes", "unconfirmed", message, advice)
    try:
        rejects = private_files.absolute(settings.rejects_path, "rejects_path")
        file = open_deletes(settings, RejectsFile(rejects))
    except CleverTapError as error:
        return failed("deletes", "not_usable", error)
    return fine("deletes", f"{visible(str(file and file.path))} can be written")


def _disk(paths: list[tuple[str, str]]) -> Iterator[Finding]:
    """Yield the finding of the disk with the least free space."""
    found = [_free(path, setting) for path, setting in paths]
    free = [each for each in found if each is not None]
    if not free:
        return
    least, folder = min(free)
    message = f"{visible(str(folder))}: {least / 1e9:.1f} GB are free"
    if least < LITTLE_BYTES:
        yield Finding("disk", "little_space", message, "free space, or choose other paths")
    else:
        yield fine("disk", message)


def _free(path: str, setting: str) -> tuple[int, Path] | None:
    """Return the free bytes of the folder of a file; None where its own finding says why not."""
    try:
        folder = private_files.real(private_files.absolute(path, setting)).parent
        return shutil.disk_usage(folder).free, folder
    except (CleverTapError, OSError):
        return None
