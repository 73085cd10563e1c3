"""The ledger: which events and increments were delivered, kept in a file between runs."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from target_clevertap.errors import CleverTapError
from target_clevertap.ledger.checks import FAULTS, setting_error_of
from target_clevertap.ledger.claim import Claim, NameState
from target_clevertap.ledger.file import LedgerFile
from target_clevertap.ledger.file_format import (
    FORMER_ACCOUNT,
    MOVED_HEADS,
    MOVING,
    ON_ITS_WAY,
    WAITING,
    bring_up_to_date,
    check_tables,
)
from target_clevertap.ledger.name_tables import NameTables
from target_clevertap.ledger.pending import PendingNames
from target_clevertap.ledger.renaming import Renamed, find_renamed
from target_clevertap.ledger.stream_names import StreamNotes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.ledger.claim import Former
    from target_clevertap.ledger.pending import Move

CLOSING_SECONDS = 2.0
"""How long the end of a run puts names among all others; the next run goes on with it."""
MOST_WAITING = 400_000
"""More names than any run of this release leaves waiting in claims."""


class Ledger:
    """Names of records with their states.

    - May be used from any thread, by one run at a time: another run's `open` raises.
    - A claim is committed before its request, deliveries after it and before any state.
    - A kill leaves claims behind: the next run finds their names as `NameState.INTENT`.
    - Names of several accounts may be in one file: an account is part of each name.
    - A file that is removed, or does not take what is written, raises `UploadStopped`.
    """

    def __init__(
        self, file: LedgerFile, account: str, pending: PendingNames, streams: StreamNotes
    ) -> None:
        """Use an open file; `open` makes all of this.

        Args:
            file: Open.
            account: The binding of account and host, from `account.binding`.
            pending: Names that are delivered, and wait to be put among all others.
            streams: What is noted of each stream.
        """
        self.account = account
        self.path, self.is_new = file.path, file.is_new
        self.streams = streams
        self.is_bound = False
        """Whether names of an earlier release were bound to the account just now."""

        self.holds_former = False
        """Whether names of an earlier release are in it, and of this account."""

        self._file = file
        self._database = file.database
        self._names = NameTables(file.database)
        self._pending = pending
        self._is_closed = False
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: str, account: str, *, is_durable: bool) -> Ledger:
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
        file = LedgerFile.open(path, is_durable=is_durable)
        try:
            return cls._prepared(file, account)
        except (OSError, *FAULTS, CleverTapError) as error:
            file.close()
            raise setting_error_of(file.path, error) from None

    @classmethod
    def _prepared(cls, file: LedgerFile, account: str) -> Ledger:
        names = NameTables(file.database)
        names.make_places()
        is_bound = bring_up_to_date(file.database, account)
        check_tables(file.database, file.path)
        names.keep_intents()
        if is_bound or names.waiting_names() > MOST_WAITING:
            names.move_all()
        delivered, begun = names.claims(WAITING), names.claims(MOVING)
        pending = PendingNames(delivered, begun, int(names.fact(MOVED_HEADS) or 0))
        ledger = cls(file, account, pending, StreamNotes.read(file.database, account))
        ledger.is_bound = is_bound
        ledger.holds_former = names.fact(FORMER_ACCOUNT) == account
        file.begin()
        last = max((row for row, _ in (*delivered, *begun)), default=0)
        ledger._names.number_from(last + 1)
        return ledger

    def claim(
        self,
        names: Sequence[bytes],
        replayed: set[bytes],
        *,
        resend: bool,
        former: Mapping[bytes, Former] | None = None,
    ) -> Claim:
        """Say that records are about to be sent, in one transaction.

        Args:
            names: The records', each once.
            replayed: Those sent again on purpose: only a delivery keeps them from it.
            resend: Whether an INTENT of an earlier run is sent again.
            former: What an earlier release called the records of these names.

        Returns:
            The claim on the names that are to be sent, with the states of the others.

        Raises:
            UploadStopped: When it cannot be written.
        """
        with self._lock, self._file.reported():
            known = self._known(names)
            renamed = self._renamed(known, former) if former else {}
            known.update({name: each.state for name, each in renamed.items()})
            freed = _take_free(known, replayed, resend=resend)
            claimed = [name for name in names if name not in known] if known else names
            with self._file.transaction() if freed or renamed else nullcontext():
                for name, each in renamed.items():
                    self._rename(name, each)
                for name in freed:
                    self._names.forget(name)
                if not claimed:
                    return Claim(None, known)
                claim_id = self._names.new_claim(claimed, ON_ITS_WAY)
                return Claim(claim_id, known, len(claimed))

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

        Raises:
            UploadStopped: When it cannot be written.
        """
        with self._lock, self._file.reported():
            is_whole = len(delivered) == claim.size and not (held or remaining)
            if is_whole and claim.id is not None:
                self._names.mark_delivered(claim.id)
                self._pending.append_row(claim.id, delivered)
            else:
                self._settle_in_parts(claim, delivered, held, remaining)
            self._move(self._pending.next_move())
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
                self._pending.move_all()
                latest = time.monotonic() + CLOSING_SECONDS
                while (move := self._pending.next_move()).heads and time.monotonic() < latest:
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
                row = self._names.new_claim(delivered, WAITING)
            self._names.set_state(held, NameState.HELD)
            self._names.reduce_claim(claim.id, remaining)
        if row is not None:
            self._pending.append_row(row, delivered)

    def _move(self, move: Move) -> None:
        if not move.heads:
            return
        with self._file.transaction():
            self._names.move(move)
        self._pending.moved(move)

    def _known(self, names: Sequence[bytes]) -> dict[bytes, int]:
        known = self._names.states(names)
        known.update(dict.fromkeys(self._pending.known(names), NameState.DELIVERED))
        return known

    def _renamed(
        self, known: Mapping[bytes, int], former: Mapping[bytes, Former]
    ) -> dict[bytes, Renamed]:
        unknown = {name: each for name, each in former.items() if name not in known}
        return find_renamed(unknown, self._known([*{each.name for each in unknown.values()}]))

    def _rename(self, name: bytes, renamed: Renamed) -> None:
        self._names.set_state([name], renamed.state)
        if renamed.used_up is not None:
            self._names.forget(renamed.used_up)


def _take_free(known: dict[bytes, int], replayed: set[bytes], *, resend: bool) -> list[bytes]:
    """Take out of the known names those whose records are sent all the same."""
    freed = [
        name
        for name, state in known.items()
        if _is_free(state, resend=resend, is_replay=name in replayed)
    ]
    for name in freed:
        del known[name]
    return freed


def _is_free(state: int, *, resend: bool, is_replay: bool) -> bool:
    """Tell whether a record of a known name is sent all the same."""
    is_intent = resend and state == NameState.INTENT
    return state != NameState.DELIVERED and (is_replay or is_intent)
