"""The ledger of a dry run: a copy that SQLite deletes, so that the file itself stays as it is."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap import private_files
from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.ledger.backup import back_up
from target_clevertap.ledger.checks import FAULTS
from target_clevertap.ledger.file import LedgerFile
from target_clevertap.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_ROOM = (
    "TMPDIR: the folder for temporary files cannot hold the dry run's copy of the ledger (%s); "
    "free space there, or set another folder"
)


class CopiedLedger(LedgerFile):
    """A copy without a name: nobody else can open it, and it is gone with the process."""

    def __init__(self, path: Path, database: sqlite3.Connection, *, is_new: bool) -> None:
        """Take over what is open, within a transaction.

        Args:
            path: Of the ledger itself.
            database: The copy.
            is_new: Whether there is no ledger to copy.
        """
        self.path = path
        self.database = database
        self.is_new = is_new

    @override
    def begin(self) -> None:
        self.database.execute("COMMIT")

    @override
    def checkpoint_if_due(self) -> None:
        """Do nothing: it has no log."""

    @override
    def close(self) -> None:
        self.database.close()

    @override
    @contextmanager
    def reported(self) -> Iterator[None]:
        try:
            yield
        except FAULTS as error:
            raise UploadStopped(NO_ROOM % error) from None


def copied_ledger(path: str, account: str, ledger_days: int) -> Ledger:
    """Return a copy of a ledger, or an empty one where there is none.

    Args:
        path: The setting.
        account: The binding of account and host, from `account.binding`.
        ledger_days: The setting.

    Raises:
        SettingError: When the file is damaged or not a ledger, or there is no room for a copy.
    """
    absolute = private_files.absolute(path, "ledger_path")
    # without a name it is a file that SQLite deletes as it makes it
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    is_new = not private_files.is_file(absolute, "ledger_path") or not absolute.stat().st_size
    try:
        if not is_new:
            _copy(path, database)
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN IMMEDIATE")
    except (OSError, *FAULTS) as error:
        database.close()
        raise SettingError(NO_ROOM % error) from None
    return Ledger.of(CopiedLedger(absolute, database, is_new=is_new), account, ledger_days)


def _copy(path: str, database: sqlite3.Connection) -> None:
    with tempfile.TemporaryDirectory(prefix="target-clevertap-") as folder:
        made = back_up(path, str(Path(folder, "ledger.sqlite")))
        with closing(sqlite3.connect(made)) as copy:
            copy.backup(database)
