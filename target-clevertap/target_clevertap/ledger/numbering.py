"""How often equal rows came in a run."""

from __future__ import annotations

import sqlite3

from target_clevertap.errors import UploadStopped

COUNT = "INSERT INTO counts VALUES (?, 1) ON CONFLICT (content) DO UPDATE SET count = count + 1"


class Numbering:
    """Counts contents by their hashes; any number of them, in little memory."""

    def __init__(self) -> None:
        """Have counted nothing yet."""
        # without a name it is a file that SQLite deletes, and holds in memory only while it is
        # small; the thread that reads the input is the only one to use it
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE counts (content BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID"
        )

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
            message = f"equal rows cannot be counted: {error}; make room for temporary files"
            raise UploadStopped(message) from None
        return number

    def close(self) -> None:
        """Forget everything."""
        self._database.close()
