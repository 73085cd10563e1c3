"""What a ledger holds, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.ledger.claim import NameState
from target_clevertap.ledger.file_format import ON_ITS_WAY, WAITING
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    import sqlite3

SEGMENTS = (
    "SELECT coalesce(sum(names), 0), min(first_day), max(last_day) FROM segments "
    "WHERE done IS NULL AND is_forgotten = 0"
)
"""The names of a segment that a merge makes are still in those that it merges."""

CLAIMS = (
    "SELECT coalesce(sum(length(names)), 0), min(day), max(day) FROM claims WHERE is_delivered = ?"
)
STATES = "SELECT count(*) FROM states WHERE state <> ?"
STREAMS = (
    "SELECT stream, alias, delivered FROM streams WHERE account = ? AND delivered > 0 "
    "ORDER BY stream, alias"
)


@dataclass(frozen=True, slots=True)
class Contents:
    """Counts of an open ledger; names are those of all its accounts."""

    delivered: int
    """Names of records that were delivered."""

    first_day: int | None
    """When the oldest of them was delivered, in days since 1970; None without any."""

    last_day: int | None
    others: int
    """Names of records that are on their way, of unknown outcome, or in the rejects file."""

    profiles: int
    """Users whose last profile is known."""

    streams: tuple[tuple[str, str, int], ...]
    """Of this account: stream, its alias or empty text, and how many were ever delivered."""

    @classmethod
    def of(cls, database: sqlite3.Connection, account: str) -> Contents:
        """Count what an open ledger holds.

        Args:
            database: Of the ledger.
            account: The binding of account and host, from `account.binding`.
        """
        sorted_names, *days = database.execute(SEGMENTS).fetchone()
        waiting, *waiting_days = database.execute(CLAIMS, (WAITING,)).fetchone()
        on_its_way, *_ = database.execute(CLAIMS, (ON_ITS_WAY,)).fetchone()
        (states,) = database.execute(STATES, (NameState.USED_UP,)).fetchone()
        (profiles,) = database.execute("SELECT count(*) FROM profiles").fetchone()
        known = [day for day in (*days, *waiting_days) if day is not None]
        return cls(
            delivered=sorted_names + waiting // NAME_BYTES,
            first_day=min(known, default=None),
            last_day=max(known, default=None),
            others=states + on_its_way // NAME_BYTES,
            profiles=profiles,
            streams=tuple(database.execute(STREAMS, (account,)).fetchall()),
        )
