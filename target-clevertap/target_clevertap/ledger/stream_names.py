"""What the ledger notes of each stream: how it named its records, how many it has delivered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

PUT = """
INSERT INTO streams (account, stream, alias, generation, delivered, plan) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, stream, alias) DO UPDATE SET
  generation = excluded.generation, delivered = excluded.delivered, plan = excluded.plan
"""


class Note(NamedTuple):
    """What is noted of a stream."""

    generation: int = 0
    """How many runs that sent it ended well."""

    delivered: int = 0
    """Records with a name; without those of runs that were killed."""

    plan: str | None = None
    """What its names were made of when the last ones were delivered, in JSON."""


class StreamNotes:
    """The notes of one account's streams.

    - It has no lock: `count`, `ended_well` and `write` are called with the ledger's.
    - What cannot be written raises `sqlite3.Error`.
    """

    def __init__(
        self, account: str, notes: dict[tuple[str, str], Note], *, is_new_account: bool
    ) -> None:
        """Go on from what earlier runs noted; `read` does so.

        Args:
            account: The binding of account and host.
            notes: By stream and alias; without an alias that is empty.
            is_new_account: Whether no run has used the ledger for the account.
        """
        self._account = account
        self.is_new_account = is_new_account
        self._notes = notes
        self._plans: dict[tuple[str, str], str] = {}
        self._delivered: Counter[tuple[str, str]] = Counter()

    @classmethod
    def read(cls, database: sqlite3.Connection, account: str) -> StreamNotes:
        """Read the notes of an account, and note the account.

        Args:
            database: Of the ledger, within a transaction.
            account: The binding of account and host.
        """
        known = database.execute("SELECT 1 FROM accounts WHERE account = ?", (account,)).fetchone()
        database.execute("INSERT OR IGNORE INTO accounts VALUES (?)", (account,))
        found = database.execute(
            "SELECT stream, alias, generation, delivered, plan FROM streams WHERE account = ?",
            (account,),
        )
        notes = {(stream, alias): Note(*rest) for stream, alias, *rest in found.fetchall()}
        return cls(account, notes, is_new_account=known is None)

    @property
    def known(self) -> dict[tuple[str, str], Note]:
        """What earlier runs noted, by stream and alias; without an alias that is empty."""
        return self._notes

    def generation(self, stream: str, alias: str | None) -> int:
        """Return how many runs that sent a stream ended well."""
        return self._notes.get((stream, alias or ""), Note()).generation

    def plan(self, stream: str, alias: str | None, plan: str) -> None:
        """Note what the names of a stream are made of from now on."""
        self._plans[stream, alias or ""] = plan

    def count(self, streams: Mapping[tuple[str, str | None], int]) -> None:
        """Count delivered records by stream and alias; with the ledger's lock held."""
        for (stream, alias), records in streams.items():
            self._delivered[stream, alias or ""] += records

    def ended_well(
        self, database: sqlite3.Connection, streams: Iterable[tuple[str, str | None]]
    ) -> None:
        """Count the runs that sent these streams to their end."""
        for stream, alias in streams:
            key = stream, alias or ""
            note = self._notes.get(key, Note())
            self._put(database, key, note._replace(generation=note.generation + 1))

    def write(self, database: sqlite3.Connection) -> None:
        """Write down what was delivered, and by which plans."""
        for key, delivered in self._delivered.items():
            note = self._notes.get(key, Note())
            plan = self._plans.get(key, note.plan)
            self._put(database, key, Note(note.generation, note.delivered + delivered, plan))
        self._delivered.clear()

    def _put(self, database: sqlite3.Connection, key: tuple[str, str], note: Note) -> None:
        database.execute(PUT, (self._account, *key, *note))
        self._notes[key] = note
