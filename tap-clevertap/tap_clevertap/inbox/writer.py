"""Writing an inbox: some messages in one transaction, each of them once."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError
from tap_clevertap.inbox.clock import InboxClock
from tap_clevertap.inbox.format import CHECKED, FORGOTTEN, INBOX
from tap_clevertap.inbox.opening import FAULTS, absolute, connect, make_file, setting_error_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tap_clevertap.inbox.arrivals import Arrival

LOCK_SECONDS = 1.5
"""CleverTap waits 5 seconds, and a message may wait for two transactions."""
REPEATED_MS = 600_000
"""Equal bodies within ten minutes are one message, whose answer was lost."""
LATEST = "SELECT id, received_at, ordinal FROM messages WHERE digest = ? ORDER BY id DESC LIMIT 1"
STORE = "INSERT INTO messages (received_at, source, digest, ordinal, body) VALUES (?, ?, ?, ?, ?)"


class Taken(NamedTuple):
    """What became of a message: whether it is a repetition of `id`, and whether with its body."""

    id: int
    is_repeated: bool
    has_other_body: bool = False


class MovedError(SettingError):
    """The file that is open has no name any more."""


class InboxWriter:
    """Writes an inbox, which it makes where there is none; one thread at a time uses it.

    Two writers may share an inbox. After a failure the next call opens the file again, also another
    one that was put in its place.

    Args:
        path: The setting `inbox_path`.
        clock: Gives the time of messages.

    Raises:
        SettingError: When it cannot be made or opened, or is no inbox.
    """

    def __init__(self, path: str, clock: InboxClock | None = None) -> None:
        self.path: Path = absolute(path)
        self._clock = clock or InboxClock()
        self._database: sqlite3.Connection | None = None
        self._log = self.path.with_name(f"{self.path.name}-wal")
        self._places: dict[Path, os.stat_result] = {}
        self.inbox_id = ""
        """Of the file that was opened last."""
        self._opened()

    def store(self, arrivals: Sequence[Arrival]) -> list[Taken]:
        """Store messages, and return what became of each once all are on the disk.

        Raises:
            SettingError: When they cannot be stored; then none of them is.
        """
        with self._transaction() as database:
            now = self._clock.now(_last_id(database))
            return [self._take(database, each, now) for each in arrivals]

    def check(self) -> None:
        """Find out whether the file takes what is written.

        Raises:
            SettingError: When it does not.
        """
        with self._transaction() as database:
            fact = (CHECKED, self._clock.now(_last_id(database)))
            database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)

    def close(self) -> None:
        """Close the file; a later call would open it again."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _take(self, database: sqlite3.Connection, arrival: Arrival, now: int) -> Taken:
        latest = database.execute(LATEST, (arrival.digest,)).fetchone()
        if latest is None:
            ordinal = _fact(database, FORGOTTEN)
        elif arrival.is_identified:
            return self._repeated(database, latest[0], arrival.body)
        elif abs(self._clock.age(*latest[:2])) <= REPEATED_MS:
            return Taken(latest[0], is_repeated=True)
        else:
            ordinal = latest[2] + 1
        row = (now, arrival.source, arrival.digest, ordinal, arrival.body)
        return Taken(database.execute(STORE, row).lastrowid or 0, is_repeated=False)

    @staticmethod
    def _repeated(database: sqlite3.Connection, id: int, body: bytes) -> Taken:  # noqa: A002 - as the table has it
        query = "SELECT body = ? FROM messages WHERE id = ?"
        is_same = database.execute(query, (body, id)).fetchone()[0]
        return Taken(id, is_repeated=True, has_other_body=not is_same)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what is done within; after a failure nothing of it is there.

        Raises:
            SettingError: In place of SQLite's errors.
        """
        try:
            database = self._opened()
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
            self._check_in_place()
        except FAULTS as error:
            self._undo(error)
            raise setting_error_of(self.path, error) from None
        except BaseException as error:
            self._undo(error)
            raise

    def _undo(self, error: BaseException) -> None:
        """Close the file; only a lock of another process says nothing about it."""
        if self._database is None:
            return
        if "locked" in str(error) and not self._database.in_transaction:
            return
        if isinstance(error, MovedError):
            # its log has kept its name, and would be taken for the log of the next file
            with suppress(sqlite3.Error):
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.close()

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            make_file(self.path)
            before = self.path.stat()
            database = connect(self.path, wait=LOCK_SECONDS, makes=True)
            try:
                self._places = {self.path: before, self._log: self._log.stat()}
                self._check_in_place()
                self.inbox_id = str(_fact(database, INBOX))
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _check_in_place(self) -> None:
        """Refuse a file that has no name any more: SQLite would go on to write it.

        Raises:
            MovedError: When it, or its log, was removed, replaced or emptied.
        """
        for path, seen in self._places.items():
            found = None
            with suppress(FileNotFoundError):
                found = path.stat()
            is_same = found is not None and os.path.samestat(found, seen)
            if found is None or not is_same or (path == self.path and found.st_size < seen.st_size):
                message = (
                    f"inbox_path: {shown(path)} was removed, replaced or emptied while it was "
                    "used; keep it where nothing is cleaned up"
                )
                raise MovedError(message)
            self._places[path] = found


def _fact(database: sqlite3.Connection, key: str) -> Any:  # noqa: ANN401 - of the fact's type
    return database.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()[0]


def _last_id(database: sqlite3.Connection) -> int:
    found = database.execute("SELECT max(id) FROM messages").fetchone()[0]
    return int(found or 0)
