"""Opening the folder of files, its spool, and the place where finished files go."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.shown import visible
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.import_files.cells import RowMaker
from target_clevertap.import_files.figures import FileFigures
from target_clevertap.import_files.imports import FileImports
from target_clevertap.import_files.local import LocalFolder
from target_clevertap.import_files.publication import Publisher
from target_clevertap.import_files.settlement import settle
from target_clevertap.import_files.sftp import SftpDestination
from target_clevertap.import_files.spool import FileSpool
from target_clevertap.import_files.spool_file import of_another_account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_clevertap.closing import Closable
    from target_clevertap.config.import_files import FileSettings
    from target_clevertap.import_files.destination import Destination
    from target_clevertap.ledger.ledger import Ledger

ACCOUNT, FILES_FOR, PLACE = "account", "files_for", "place"
LOCAL = "files_path"
"""The place of finished files that is the folder itself."""


@contextmanager
def closing_on_error(opened: Closable) -> Iterator[None]:
    """Close what is open where what follows fails."""
    try:
        yield
    except CleverTapError:
        opened.close()
        raise


def open_files(settings: FileSettings, account: str, ledger: Ledger | None) -> FileImports:
    """Open what a run delivers into files with; on an error the ledger is closed too.

    Args:
        settings: Of the files.
        account: The binding of account and host, from `account.binding`.
        ledger: Of the run.

    Raises:
        SettingError: When the folder or its spool cannot be used by this run.
        UploadStopped: When the spool cannot be read or written.
    """
    if ledger is None:
        return _opened(settings, account, ledger)
    with closing_on_error(ledger):
        return _opened(settings, account, ledger)


def files_folder(path: str) -> Path:
    """Return the folder of files; one that is not there is made, and only its owner reads it.

    Args:
        path: The setting.

    Raises:
        SettingError: When it cannot be a folder.
    """
    folder = private_files.absolute(path, "files_path")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        message = (
            f"files_path: the folder {visible(str(folder))} cannot be made ({error.strerror}); "
            "correct the path, or its owner and mode"
        )
        raise SettingError(message) from None
    return folder


def _opened(settings: FileSettings, account: str, ledger: Ledger | None) -> FileImports:
    folder = files_folder(settings.path)
    spool = FileSpool(folder)
    with closing_on_error(spool):
        place = LOCAL if settings.server is None else settings.server.place
        _bind(spool, {ACCOUNT: account, FILES_FOR: settings.files_for, PLACE: place})
        destination = _destination(settings, folder)
    with closing_on_error(spool), closing_on_error(destination):
        figures = FileFigures()
        publisher = Publisher(
            spool=spool,
            folder=folder,
            destination=destination,
            files_for=settings.files_for,
            email=settings.client_email,
            most_bytes=settings.most_bytes,
            count=figures.count_file,
        )
        settle(spool, ledger, publisher)
        return FileImports(RowMaker(settings.files_for), spool, publisher, ledger, figures)


def _destination(settings: FileSettings, folder: Path) -> Destination:
    """Return where finished files go; a server that cannot be used ends the run at its start."""
    if settings.server is None:
        return LocalFolder(folder)
    destination = SftpDestination(settings.server)
    with closing_on_error(destination):
        destination.check()
    return destination


def _bind(spool: FileSpool, wanted: dict[str, str]) -> None:
    """Refuse a spool of other settings while something waits in it, and another account's.

    Raises:
        SettingError: For such a spool.
    """
    known = {key: spool.fact(key) for key in wanted}
    folder = visible(str(spool.path.parent))
    if known[ACCOUNT] not in {None, wanted[ACCOUNT]}:
        raise of_another_account(spool.path)
    is_fixed = {FILES_FOR: not spool.is_clean, PLACE: spool.publication() is not None}
    for key, fixed in is_fixed.items():
        if fixed and known[key] not in {None, wanted[key]}:
            name = FILES_FOR if key == FILES_FOR else "method"
            message = (
                f"{name}: records of an earlier run wait in {folder} for another ({known[key]}); "
                "run once as before, an empty input will do, or set another files_path"
            )
            raise SettingError(message)
    spool.set_facts(wanted)
