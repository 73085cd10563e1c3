"""The ledger: which events and increments were delivered, kept in a file between runs."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from target_clevertap import files
from target_clevertap.entries import NAME_BYTES
from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.ledger_format import bring_up_to_date, check_owner
from target_clevertap.recent import Move, Recent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAY_SECONDS = 86400
LOCK_SECONDS = 2
CACHE_KILOBYTES = 8_000
CHECKPOINT_PAGES = 8_000
"""Of 4 kB each. All lanes wait for a checkpoint and the disk; a page is written once for many."""
DELIVERED, HELD, INTENT = 1, 2, 3
"""What is known of a name: CleverTap has it; it is in the rejects file and is not sent again by
itself; a run ended while it was on its way."""

FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What is raised for a damaged file; the last where SQLite's own words quote what is no text."""

EACH_NAME = """
WITH RECURSIVE each(first) AS (
  SELECT 1 WHERE length(:names) > 0
  UNION ALL SELECT first + :size FROM each WHERE first + :size < length(:names)
)
"""
"""Names that lie end to end, one by one, within one statement: for each step of a statement Python
hands over the interpreter, and waits to have it back while another thread computes."""
INSERT = "INSERT OR {} INTO records SELECT substr(:names, first, :size), :state, :day FROM each"
KNOWN = "SELECT name, state FROM each CROSS JOIN records ON name = substr(:names, first, :size)"
KEEP_CLAIM = "UPDATE claims SET names = ? WHERE id = ?"
DROP_CLAIM = "DELETE FROM claims WHERE id = ? AND is_delivered = 0"
"""What was wholly delivered before stays as it is."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Names that are about to be sent, and what was known of those that need not be."""

    id: int | None
    """None when nothing is to be sent."""

    known: dict[bytes, int]
    size: int = 0
    """How many names are to be sent."""


class Ledger:
    """Names of records with their states; may be used from any thread, by one run at a time.

    A claim is committed before its request, deliveries after it and before any state. A kill
    leaves claims behind: the next run finds their names as INTENT.
    """

    def __init__(self, path: str, *, is_durable: bool) -> None:
        """Open or make the file.

        Args:
            path: Relative to the working directory or absolute.
            is_durable: Whether each commit waits for the disk. A kill loses no commit either
                way. A power cut may lose the last ones: then records are sent again, which is
                what `uncertain: resend` accepts for a tenfold speed on slow disks, and what
                `uncertain: skip` may not do.

        Raises:
            SettingError: When it cannot be opened, is in use, damaged, or no ledger.
        """
        self.path = files.absolute(path, "ledger_path")
        self._lock = threading.Lock()
        try:
            descriptor = files.open_private(self.path, os.O_RDWR)
            self._seen = os.fstat(descriptor)
            os.close(descriptor)
            self._database = sqlite3.connect(
                self.path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from None
        try:
            self._prepare("FULL" if is_durable else "NORMAL")
        except (OSError, *FAULTS) as error:
            self._database.close()
            raise self._unusable(error) from None
        except SettingError:
            self._database.close()
            raise

    def claim(self, names: Sequence[bytes], insisted: set[bytes], *, resend: bool) -> Claim:
        """Say that records are about to be sent, in one transaction.

        Args:
            names: The records', each once.
            insisted: Those sent again on purpose: only a delivery keeps them from it.
            resend: Whether an INTENT of an earlier run is sent again.

        Returns:
            The claim on the names that are to be sent, with the states of the others.
        """
        with self._lock, self._reported():
            known = self._states(names)
            known.update(dict.fromkeys(self._recent.known(names), DELIVERED))
            freed = [
                name
                for name, state in known.items()
                if state != DELIVERED and (name in insisted or (resend and state == INTENT))
            ]
            for name in freed:
                del known[name]
            claimed = [name for name in names if name not in known] if known else names
            if not claimed:
                return Claim(None, known)
            with self._transaction() if freed else nullcontext():
                for name in freed:
                    self._database.execute("DELETE FROM records WHERE name = ?", (name,))
                return Claim(self._add(claimed, is_delivered=False), known, len(claimed))

    def settle(
        self,
        claim: Claim,
        *,
        delivered: Sequence[bytes] = (),
        held: Sequence[bytes] = (),
        remaining: Sequence[bytes] = (),
    ) -> None:
        """Say what became of claimed records, in one transaction.

        Args:
            claim: That the records are in.
            delivered: CleverTap has them.
            held: They are in the rejects file and not to be sent again by themselves.
            remaining: Nothing is known of them yet; all others are forgotten.
        """
        with self._lock, self._reported():
            is_whole = len(delivered) == claim.size and not (held or remaining)
            if is_whole and claim.id is not None:
                # one page of the file is written, for the names are in it
                self._database.execute(
                    "UPDATE claims SET is_delivered = 1 WHERE id = ?", (claim.id,)
                )
                self._recent.add(claim.id, delivered)
            else:
                self._settle_in_parts(claim, delivered, held, remaining)
            self._move(self._recent.next_move())

    def _settle_in_parts(
        self,
        claim: Claim,
        delivered: Sequence[bytes],
        held: Sequence[bytes],
        remaining: Sequence[bytes],
    ) -> None:
        row = None
        with self._transaction():
            if delivered:
                row = self._add(delivered, is_delivered=True)
            self._put(held, HELD)
            if remaining:
                self._database.execute(KEEP_CLAIM, (b"".join(remaining), claim.id))
            else:
                self._database.execute(DROP_CLAIM, (claim.id,))
        if row is not None:
            self._recent.add(row, delivered)

    def _move(self, move: Move) -> None:
        if not move.heads:
            return
        with self._transaction():
            self._put(move.names, DELIVERED)
            rows = ((row,) for row in move.needless_rows)
            self._database.executemany("DELETE FROM claims WHERE id = ?", rows)
        self._recent.moved(move)

    def _add(self, names: Sequence[bytes], *, is_delivered: bool) -> int:
        row = next(self._rows)
        given = (row, is_delivered, b"".join(names))
        self._database.execute(
            "INSERT INTO claims (id, is_delivered, names) VALUES (?, ?, ?)", given
        )
        return row

    def _put(self, names: Sequence[bytes], state: int) -> None:
        day = int(time.time()) // DAY_SECONDS
        given = {"names": b"".join(names), "size": NAME_BYTES, "state": state, "day": day}
        if names:
            self._database.execute(EACH_NAME + INSERT.format("REPLACE"), given)

    def close(self) -> None:
        """Close the file, which another run may then use."""
        with self._lock:
            self._database.close()

    def _prepare(self, synchronous: str) -> None:
        check_owner(self._database, self.path)  # before anything is changed in the file
        if not os.path.samestat(self.path.stat(), self._seen):
            raise PermissionError(errno.EPERM, "another file has just taken its place")
        # exclusive: a second run would read states that this one is about to change
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(f"PRAGMA synchronous = {synchronous}")
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        self._database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        self._database.execute("BEGIN IMMEDIATE")
        bring_up_to_date(self._database, self.path)
        self._keep_intents()
        delivered = self._database.execute("SELECT id, names FROM claims ORDER BY id").fetchall()
        self._database.execute("COMMIT")
        self._recent = Recent(delivered)
        # SQLite would give a number again, and what is said of an old claim would be of a new one
        self._rows = count(delivered[-1][0] + 1 if delivered else 1)
        self._seen = self.path.stat()

    def _keep_intents(self) -> None:
        day = int(time.time()) // DAY_SECONDS
        on_their_way = self._database.execute("SELECT names FROM claims WHERE is_delivered = 0")
        for (names,) in on_their_way.fetchall():
            given = {"names": names, "size": NAME_BYTES, "state": INTENT, "day": day}
            self._database.execute(EACH_NAME + INSERT.format("IGNORE"), given)
        self._database.execute("DELETE FROM claims WHERE is_delivered = 0")

    def _states(self, names: Sequence[bytes]) -> dict[bytes, int]:
        given = {"names": b"".join(names), "size": NAME_BYTES}
        return dict(self._database.execute(EACH_NAME + KNOWN, given).fetchall())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        try:
            yield
            self._database.execute("COMMIT")
        except FAULTS:
            with suppress(sqlite3.Error):  # SQLite itself has undone it after some errors
                self._database.execute("ROLLBACK")  # else no other lane could write any more
            raise

    def _check_in_place(self) -> None:
        """Stop where the file is another one: SQLite goes on with what has no name any more."""
        found = None
        with suppress(FileNotFoundError):
            found = self.path.stat()
        is_same = found is not None and os.path.samestat(found, self._seen)
        if found is None or not is_same or found.st_size < self._seen.st_size:
            message = (
                f"the ledger {self.path} was removed, replaced or emptied while this run used it; "
                "put it back if there is a copy, and keep ledger_path where nobody clears it"
            )
            raise UploadStopped(message)
        self._seen = found

    @contextmanager
    def _reported(self) -> Iterator[None]:
        self._check_in_place()
        try:
            yield
        except FAULTS as error:
            message = f"the ledger {self.path} cannot be written: {error}; see ledger_path"
            raise UploadStopped(message) from None

    def _unusable(self, error: Exception) -> SettingError:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            message = f"the ledger {self.path} is in use by another run; wait for it, or give this"
            return SettingError(f"{message} pipeline a ledger_path of its own")
        why = getattr(error, "strerror", None) or str(error)
        return SettingError(f"the ledger {self.path} cannot be used: {why}; see ledger_path")
