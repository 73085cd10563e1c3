"""The ledger: which events and increments were delivered, kept in a file between runs."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from target_clevertap.errors import CleverTapError
from target_clevertap.ledger import file_format
from target_clevertap.ledger.file import FAULTS, LedgerFile, unusable
from target_clevertap.ledger.file_format import MOVED_HEADS, MOVING, ON_ITS_WAY, WAITING
from target_clevertap.ledger.pending import Move, Recent
from target_clevertap.ledger.stream_names import StreamNotes
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAY_SECONDS = 86400
CLOSING_SECONDS = 2.0
"""How long the end of a run puts names among all others; the next run goes on with it."""
MOST_WAITING = 400_000
"""More names than any run of this release leaves waiting in claims."""
DELIVERED, HELD, INTENT = 1, 2, 3
"""What is known of a name: CleverTap has it; it is in the rejects file and is not sent again by
itself; a run ended while it was on its way."""

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
DROP_CLAIM = f"DELETE FROM claims WHERE id = ? AND is_delivered = {ON_ITS_WAY}"  # noqa: S608
"""What was wholly delivered before stays as it is."""
WAITING_NAMES = "SELECT coalesce(sum(length(names)), 0) FROM claims"
ALL_WAITING = """
INSERT OR REPLACE INTO records SELECT DISTINCT name, :state, :day FROM (
  WITH RECURSIVE each(id, first, names) AS (
    SELECT id, 1, names FROM claims WHERE is_delivered > 0 AND length(names) > 0
    UNION ALL SELECT id, first + :size, names FROM each WHERE first + :size < length(names)
  ) SELECT substr(names, first, :size) AS name FROM each
) ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Names that are about to be sent, and what was known of those that need not be."""

    id: int | None
    """None when nothing is to be sent."""

    known: dict[bytes, int]
    size: int = 0
    """How many names are to be sent."""


@dataclass(frozen=True, slots=True)
class Former:
    """What an earlier release called a record."""

    name: bytes
    is_of_one: bool = False
    """Whether the record's name tells it from equal ones, which the former name did not."""


class Ledger:
    """Names of records with their states; may be used from any thread, by one run at a time.

    A claim is committed before its request, deliveries after it and before any state. A kill
    leaves claims behind: the next run finds their names as INTENT.

    Names of several accounts may be in one file: an account is part of each name.
    """

    def __init__(self, path: str, account: str, *, is_durable: bool) -> None:
        """Open or make the file.

        Args:
            path: Relative to the working directory or absolute.
            account: The binding of account and host, from `account.binding`.
            is_durable: Whether each commit waits for the disk. A kill loses no commit either
                way. A power cut may lose the last ones: then records are sent again, which is
                what `uncertain: resend` accepts for a tenfold speed on slow disks, and what
                `uncertain: skip` may not do.

        Raises:
            SettingError: When it cannot be opened, is in use, damaged, or not a ledger.
        """
        self.account = account
        self._lock = threading.Lock()
        self._is_closed = False
        self._file = LedgerFile(path, is_durable=is_durable)
        self.path, self.is_new = self._file.path, self._file.is_new
        self._database = self._file.database
        try:
            self._prepare()
        except (OSError, *FAULTS) as error:
            self._file.close()
            raise unusable(self.path, error) from None
        except CleverTapError:
            self._file.close()
            raise

    def claim(
        self,
        names: Sequence[bytes],
        insisted: set[bytes],
        *,
        resend: bool,
        former: Mapping[bytes, Former] | None = None,
    ) -> Claim:
        """Say that records are about to be sent, in one transaction.

        Args:
            names: The records', each once.
            insisted: Those sent again on purpose: only a delivery keeps them from it.
            resend: Whether an INTENT of an earlier run is sent again.
            former: What an earlier release called the records of these names.

        Returns:
            The claim on the names that are to be sent, with the states of the others.
        """
        with self._lock, self._file.reported():
            known = self._known(names)
            renamed = self._renamed(known, former) if former else {}
            known.update({name: state for name, (state, _) in renamed.items()})
            freed = [
                name
                for name, state in known.items()
                if state != DELIVERED and (name in insisted or (resend and state == INTENT))
            ]
            for name in freed:
                del known[name]
            claimed = [name for name in names if name not in known] if known else names
            with self._file.transaction() if freed or renamed else nullcontext():
                for name, (state, once) in renamed.items():
                    self._rename(name, once, state)
                for name in freed:
                    self._database.execute("DELETE FROM records WHERE name = ?", (name,))
                if not claimed:
                    return Claim(None, known)
                return Claim(self._add(claimed, ON_ITS_WAY), known, len(claimed))

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
        with self._lock, self._file.reported():
            is_whole = len(delivered) == claim.size and not (held or remaining)
            if is_whole and claim.id is not None:
                # one page of the file is written, for the names are in it
                self._database.execute(
                    "UPDATE claims SET is_delivered = ? WHERE id = ?", (WAITING, claim.id)
                )
                self._recent.add(claim.id, delivered)
            else:
                self._settle_in_parts(claim, delivered, held, remaining)
            self._move(self._recent.next_move())
            self._file.checkpoint_if_due()

    def close(self) -> None:
        """Close the file, which another run may then use."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            with suppress(*FAULTS, CleverTapError), self._file.reported():
                with self._file.transaction():
                    self.streams.write(self._database)
                self._recent.move_all()
                latest = time.monotonic() + CLOSING_SECONDS
                while (move := self._recent.next_move()).heads and time.monotonic() < latest:
                    self._move(move)
                    self._file.checkpoint_if_due()
            self._file.close()

    def count(self, streams: Mapping[tuple[str, str | None], int]) -> None:
        """Count delivered records.

        Args:
            streams: How many of each, by its name and alias.
        """
        with self._lock:
            self.streams.count(streams)

    def ended_well(self, streams: Sequence[tuple[str, str | None]]) -> None:
        """Note that a run sent these streams to their end: what comes next of them is new.

        Args:
            streams: Each with its alias.

        Raises:
            UploadStopped: When it cannot be written.
        """
        with self._lock, self._file.reported(), self._file.transaction():
            self.streams.ended_well(self._database, streams)

    def _settle_in_parts(
        self,
        claim: Claim,
        delivered: Sequence[bytes],
        held: Sequence[bytes],
        remaining: Sequence[bytes],
    ) -> None:
        row = None
        with self._file.transaction():
            if delivered:
                row = self._add(delivered, WAITING)
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
        with self._file.transaction():
            self._put(move.names, DELIVERED)
            begun = ((MOVING, row) for row in move.begun_rows)
            self._database.executemany("UPDATE claims SET is_delivered = ? WHERE id = ?", begun)
            needless = ((row,) for row in move.needless_rows)
            self._database.executemany("DELETE FROM claims WHERE id = ?", needless)
            fact = (MOVED_HEADS, 0 if move.needless_rows else move.done)
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", fact)
        self._recent.moved(move)

    def _add(self, names: Sequence[bytes], state: int) -> int:
        row = next(self._rows)
        self._database.execute(
            "INSERT INTO claims (id, is_delivered, names) VALUES (?, ?, ?)",
            (row, state, b"".join(names)),
        )
        return row

    def _put(self, names: Sequence[bytes], state: int) -> None:
        given = {"names": b"".join(names), "size": NAME_BYTES, "state": state, "day": _today()}
        if names:
            self._database.execute(EACH_NAME + INSERT.format("REPLACE"), given)

    def _known(self, names: Sequence[bytes]) -> dict[bytes, int]:
        given = {"names": b"".join(names), "size": NAME_BYTES}
        known: dict[bytes, int] = dict(self._database.execute(EACH_NAME + KNOWN, given).fetchall())
        known.update(dict.fromkeys(self._recent.known(names), DELIVERED))
        return known

    def _renamed(
        self, known: Mapping[bytes, int], former: Mapping[bytes, Former]
    ) -> dict[bytes, tuple[int, bytes | None]]:
        """Return states of names that are not known, but were by a former name.

        With each comes the former name that is used up: one row's, and no other equal row's.
        """
        left = {name: each for name, each in former.items() if name not in known}
        states = self._known([*{each.name for each in left.values()}])
        found: dict[bytes, tuple[int, bytes | None]] = {}
        for name, each in left.items():
            state = states.get(each.name)
            if state is None:
                continue
            found[name] = state, each.name if each.is_of_one else None
            if each.is_of_one:
                del states[each.name]
        return found

    def _rename(self, name: bytes, former: bytes | None, state: int) -> None:
        self._put([name], state)
        if former is not None:
            self._database.execute("DELETE FROM records WHERE name = ?", (former,))

    def _prepare(self) -> None:
        self.is_bound = file_format.bring_up_to_date(self._database, self.account)
        file_format.check_tables(self._database, self.path)
        self._keep_intents()
        (waiting,) = self._database.execute(WAITING_NAMES).fetchone()
        if self.is_bound or waiting > MOST_WAITING * NAME_BYTES:
            self._place_all()
        delivered, begun = self._claims(WAITING), self._claims(MOVING)
        self._recent = Recent(delivered, begun, int(self._fact(MOVED_HEADS) or 0))
        self.holds_former = self._fact(file_format.FORMER_ACCOUNT) == self.account
        self.streams = StreamNotes(self._database, self.account)
        self._file.begin()
        # SQLite would give a number again, and what is said of an old claim would be of a new one
        last = max((row for row, _ in (*delivered, *begun)), default=0)
        self._rows = count(last + 1)

    def _fact(self, key: str) -> int | str | None:
        found = self._database.execute("SELECT value FROM facts WHERE key = ?", (key,))
        value: int | str | None = next((value for (value,) in found.fetchall()), None)
        return value

    def _claims(self, state: int) -> list[tuple[int, bytes]]:
        asked = "SELECT id, names FROM claims WHERE is_delivered = ? ORDER BY id"
        return self._database.execute(asked, (state,)).fetchall()

    def _keep_intents(self) -> None:
        on_their_way = self._database.execute("SELECT names FROM claims WHERE is_delivered = 0")
        for (names,) in on_their_way.fetchall():
            given = {"names": names, "size": NAME_BYTES, "state": INTENT, "day": _today()}
            self._database.execute(EACH_NAME + INSERT.format("IGNORE"), given)
        self._database.execute("DELETE FROM claims WHERE is_delivered = 0")

    def _place_all(self) -> None:
        """Put all that waits among all records: an earlier release may have left millions."""
        given = {"size": NAME_BYTES, "state": DELIVERED, "day": _today()}
        self._database.execute(ALL_WAITING, given)
        self._database.execute("DELETE FROM claims WHERE is_delivered > 0")
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, 0)", (MOVED_HEADS,))


def _today() -> int:
    return int(time.time()) // DAY_SECONDS
