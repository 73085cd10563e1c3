"""How often equal rows came in a run."""

from __future__ import annotations

import sqlite3

from target_clevertap.errors import UploadStopped

COUNT = "INSERT INTO counts VALUES (?, 1) ON CONFLICT (content) DO UPDATE SET count = count + 1"
TABLE = "CREATE TABLE counts (content BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID"


class Numbering:
    """Counts contents by their hashes; any number of them, in little memory.

    - Only the reading thread uses it.
    - The counts are in a temporary file, which SQLite makes when memory gets short.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        """Count from now on.

        Args:
            database: With the table; `open` makes both.
        """
        self._database = database

    @classmethod
    def open(cls) -> Numbering:
        """Return counts that are all zero.

        Raises:
            UploadStopped: When there is no room for temporary files.
        """
        # without a name it is a file that SQLite deletes, and holds in memory only while it is
        # small
        database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA journal_mode = OFF")
            database.execute(TABLE)
        except sqlite3.Error as error:
            database.close()
            raise _no_room(error) from None
        return cls(database)

    def count(self, content: bytes) -> int:
        """Return how often this content came by now, from 1.

        Raises:
            UploadStopped: When there is no room for temporary files.
        """
        try:
            self._database.execute(COUNT, (content,))
            found = self._database.execute("SELECT count FROM counts WHERE content = ?", (content,))
            number: int = found.fetchone()[0]
        except sqlite3.Error as error:
            raise _no_room(error) from None
        return number

    def close(self) -> None:
        """Forget everything."""
        self._database.close()


def _no_room(error: sqlite3.Error) -> UploadStopped:
    message = (
        f"TMPDIR: the folder for temporary files cannot hold the counts of equal rows ({error}); "
        "free space there, or set another folder"
    )
    return UploadStopped(message)
