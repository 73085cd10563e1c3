"""The tables of names in a ledger's file that are in no segment: states, claims, and facts."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

from target_clevertap.ledger.claim import NameState
from target_clevertap.ledger.file_format import ON_ITS_WAY, WAITING
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

DAY_SECONDS = 86400

PLACES = 4096
"""More names than most statements take at once; others take them in pieces."""
PIECE_BYTES = PLACES * NAME_BYTES
MAKE_PLACES = "CREATE TEMP TABLE places (first INTEGER PRIMARY KEY)"
FILL_PLACES = """
INSERT INTO places
WITH RECURSIVE each(first) AS (SELECT 1 UNION ALL SELECT first + :size FROM each LIMIT :places)
SELECT first FROM each
"""
"""Where names begin that lie end to end: with it one statement takes them one by one. For each step
of a statement Python hands over the interpreter, and waits to have it back while another thread
computes. A table that is there takes a third of the time of one that is counted each time."""
INSERT_EACH = (
    "INSERT OR {} INTO states SELECT substr(:names, first, :size), :state, :day FROM places "
    "WHERE first < length(:names)"
)
SELECT_KNOWN = (
    "SELECT name, state FROM places CROSS JOIN states ON name = substr(:names, first, :size) "
    "WHERE first < length(:names)"
)
KEEP_CLAIM = "UPDATE claims SET names = ? WHERE id = ?"
DROP_CLAIM = f"DELETE FROM claims WHERE id = ? AND is_delivered = {ON_ITS_WAY}"  # noqa: S608
"""What was wholly delivered before stays as it is."""


class NameTables:
    """Reads and changes the tables.

    - It has no lock, and begins no transaction: the ledger does both.
    - What cannot be read or written raises `sqlite3.Error`.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        """Read nothing yet.

        Args:
            database: Of an open ledger.
        """
        self._database = database
        self._ids = count(1)

    def make_places(self) -> None:
        """Make what all statements on names need, for as long as the ledger is open."""
        self._database.execute(MAKE_PLACES)
        self._database.execute(FILL_PLACES, {"size": NAME_BYTES, "places": PLACES})

    def number_from(self, first: int) -> None:
        """Give new claims numbers from here on.

        SQLite would give a number again: what is said of an old claim would be of a new one.
        """
        self._ids = count(first)

    def states(self, names: Sequence[bytes]) -> dict[bytes, int]:
        """Return the states of those names that have one."""
        found: dict[bytes, int] = {}
        for piece in _pieces(b"".join(names)):
            given = {"names": piece, "size": NAME_BYTES}
            found.update(self._database.execute(SELECT_KNOWN, given).fetchall())
        return found

    def set_state(self, names: Sequence[bytes], state: int) -> None:
        """Give names a state, whatever they had."""
        if names:
            self._insert(b"".join(names), state, "REPLACE")

    def all_names(self) -> list[bytes]:
        """Return all names with a state."""
        return [name for (name,) in self._database.execute("SELECT name FROM states").fetchall()]

    def forget(self, name: bytes) -> None:
        """Let a name have no state."""
        self._database.execute("DELETE FROM states WHERE name = ?", (name,))

    def new_claim(self, names: Sequence[bytes], state: int) -> int:
        """Write down a claim, and return its number."""
        row = next(self._ids)
        self._database.execute(
            "INSERT INTO claims (id, is_delivered, day, names) VALUES (?, ?, ?, ?)",
            (row, state, today(), b"".join(names)),
        )
        return row

    def mark_delivered(self, claim_id: int) -> None:
        """Say that a claim was delivered as a whole: one page of the file is written."""
        self._database.execute(
            "UPDATE claims SET is_delivered = ? WHERE id = ?", (WAITING, claim_id)
        )

    def reduce_claim(self, claim_id: int | None, names: Sequence[bytes]) -> None:
        """Leave only these names in a claim; without any it goes."""
        if names:
            self._database.execute(KEEP_CLAIM, (b"".join(names), claim_id))
        else:
            self._database.execute(DROP_CLAIM, (claim_id,))

    def claims(self, state: int) -> list[tuple[int, bytes, int]]:
        """Return claims of a state, oldest first: number, names end to end, day."""
        query = "SELECT id, names, day FROM claims WHERE is_delivered = ? ORDER BY id"
        return self._database.execute(query, (state,)).fetchall()

    def keep_intents(self) -> None:
        """Note what was on its way when a run ended, and drop its claims."""
        for _, names, _ in self.claims(ON_ITS_WAY):
            self._insert(names, NameState.INTENT, "IGNORE")
        self._database.execute("DELETE FROM claims WHERE is_delivered = ?", (ON_ITS_WAY,))

    def drop_before(self, day: int) -> None:
        """Know nothing more of what was delivered or held before a day, in days since 1970."""
        used_up = NameState.USED_UP  # its former name may be in a younger segment
        self._database.execute("DELETE FROM states WHERE day < ? AND state <> ?", (day, used_up))
        given = (WAITING, day)
        self._database.execute("DELETE FROM claims WHERE is_delivered = ? AND day < ?", given)

    def fact(self, key: str) -> int | str | None:
        """Return a fact's value; None where there is none."""
        found = self._database.execute("SELECT value FROM facts WHERE key = ?", (key,))
        value: int | str | None = next((value for (value,) in found.fetchall()), None)
        return value

    def set_fact(self, key: str, value: str | None) -> None:
        """Note a fact; with None there is none any more."""
        self._database.execute("DELETE FROM facts WHERE key = ?", (key,))
        if value is not None:
            self._database.execute("INSERT INTO facts VALUES (?, ?)", (key, value))

    def names_of(self, state: int) -> list[bytes]:
        """Return all names with one state."""
        found = self._database.execute("SELECT name FROM states WHERE state = ?", (state,))
        return [name for (name,) in found.fetchall()]

    def _insert(self, names: bytes, state: int, conflict: str) -> None:
        for piece in _pieces(names):
            given = {"names": piece, "size": NAME_BYTES, "state": state, "day": today()}
            self._database.execute(INSERT_EACH.format(conflict), given)


def _pieces(names: bytes) -> Iterator[bytes]:
    return (names[at : at + PIECE_BYTES] for at in range(0, len(names), PIECE_BYTES))


def today() -> int:
    """Return the day, in days since 1970."""
    return int(time.time()) // DAY_SECONDS
