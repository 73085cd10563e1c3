"""The ledger: which events and increments were delivered, kept in a file between runs."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from target_clevertap.errors import CleverTapError
from target_clevertap.ledger.checks import FAULTS, setting_error_of
from target_clevertap.ledger.claim import Claim, NameState
from target_clevertap.ledger.contents import Contents
from target_clevertap.ledger.file import LedgerFile
from target_clevertap.ledger.file_format import (
    FORMER_ACCOUNT,
    ON_ITS_WAY,
    SPOOL,
    WAITING,
)
from target_clevertap.ledger.name_tables import NameTables, today
from target_clevertap.ledger.pending import PendingNames
from target_clevertap.ledger.profiles import DeliveredProfiles
from target_clevertap.ledger.renaming import Renamed, find_renamed
from target_clevertap.ledger.saved_filter import SavedFilter
from target_clevertap.ledger.segments import Segments
from target_clevertap.ledger.stream_names import StreamNotes
from target_clevertap.ledger.upgrade import bring_up_to_date
from target_clevertap.ledger.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.ledger.claim import Former

RESOLVED_AT_ONCE = 1000
"""Names in one transaction."""

CLOSING_SECONDS = 2.0
"""How long the end of a run merges segments; the next run goes on with it."""


class Ledger:
    """Names of records with their states.

    - May be used from any thread, by one run at a time: another run's `open` raises.
    - A claim is committed before its request, deliveries after it and before any state.
    - A kill leaves claims behind: the next run finds their names as `NameState.INTENT`.
    - Names of several accounts may be in one file: an account is part of each name.
    - A file that is removed, or does not take what is written, raises `UploadStopped`.
    """

    def __init__(self, file: LedgerFile, account: str, ledger_days: int) -> None:
        """Use an open file, which is of this format; `open` makes all of this.

        Args:
            file: Open.
            account: The binding of account and host, from `account.binding`.
            ledger_days: After which names are forgotten; 0 is never.
        """
        self.account = account
        self.path, self.is_new = file.path, file.is_new
        self.is_bound = False
        """Whether names of an earlier release were bound to the account just now."""

        self._file = file
        self._database = file.database
        self._names = NameTables(file.database)
        self._names.make_places()
        self._names.keep_intents()
        self._segments = Segments(file)
        self._forget(ledger_days)
        self.streams = StreamNotes.read(file.database, account)
        self.holds_former = self._names.fact(FORMER_ACCOUNT) == account
        """Whether names of an earlier release are in it, and of this account."""

        waiting = self._names.claims(WAITING)
        self._names.number_from(max((row for row, *_ in waiting), default=0) + 1)
        self._pending = PendingNames(waiting)
        self._filter = SavedFilter(file, self._segments)
        self._filter.hold(self._unsorted())
        self._upkeep = Upkeep(self._segments, self._filter, self._unsorted, ledger_days)
        self._is_closed = False
        self._lock = threading.Lock()
        self.profiles = DeliveredProfiles(file, self._lock)
        """Which profile of each user was delivered last."""

    @classmethod
    def open(cls, path: str, account: str, *, is_durable: bool, ledger_days: int = 0) -> Ledger:
        """Open or make the file.

        Args:
            path: Relative to the working directory or absolute.
            account: The binding of account and host, from `account.binding`.
            is_durable: Whether each commit waits for the disk. A kill loses no commit either
                way. A power cut may lose the last ones: then records are sent again, which is
                what `uncertain: resend` accepts for a tenfold speed on slow disks, and what
                `uncertain: skip` may not do.
            ledger_days: After which names are forgotten; 0 is never.

        Raises:
            SettingError: When it cannot be opened, is in use, damaged, or not a ledger.
        """
        return cls.of(LedgerFile.open(path, is_durable=is_durable), account, ledger_days)

    @classmethod
    def of(cls, file: LedgerFile, account: str, ledger_days: int = 0) -> Ledger:
        """Return the ledger in an open file, brought up to this format.

        Args:
            file: Open, within a transaction; it is closed where it cannot be used.
            account: As for `open`.
            ledger_days: Likewise.

        Raises:
            SettingError: When something else than a run has changed it.
        """
        try:
            is_bound = bring_up_to_date(file.database, file.path, account)
            ledger = cls(file, account, ledger_days)
            file.begin()
        except (OSError, *FAULTS, CleverTapError) as error:
            file.close()
            raise setting_error_of(file.path, error) from None
        ledger.is_bound = is_bound
        return ledger

    def contents(self, account: str) -> Contents:
        """Count what the ledger holds.

        Args:
            account: As for `open`.
        """
        with self._lock, self._file.reported():
            return Contents.of(self._database, account)

    def tidy(self) -> None:
        """Free the space of all that is forgotten, however long it takes."""
        with self._lock, self._file.reported():
            while self._upkeep.step():
                self._file.checkpoint_if_due()

    def _forget(self, ledger_days: int) -> None:
        """Forget what is older than so many days."""
        if ledger_days:
            before = today() - ledger_days
            self._names.drop_before(before)
            self._segments.forget(before)

    def _unsorted(self) -> list[bytes]:
        """Return the names that are in no segment."""
        return [*self._pending.names, *self._names.all_names()]

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
                delivered, row = self._rename(renamed)
                for name in freed:
                    self._names.forget(name)
                number = self._names.new_claim(claimed, ON_ITS_WAY) if claimed else None
            if row is not None:
                self._pending.append_row(row, delivered, today())
            return Claim(number, known, len(claimed))

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
                self._wait(claim.id, delivered)
            else:
                self._settle_in_parts(claim, delivered, held, remaining)
            self._upkeep.advance(len(delivered))
            self._file.checkpoint_if_due()

    @property
    def spool_mark(self) -> str | None:
        """The spool whose records count as delivered; None where there is none."""
        with self._lock, self._file.reported():
            mark = self._names.fact(SPOOL)
        return None if mark is None else str(mark)

    def set_spool_mark(self, mark: str | None) -> None:
        """Note the spool whose records count as delivered from now on; None for none.

        Raises:
            UploadStopped: When it cannot be written.
        """
        with self._lock, self._file.reported(), self._file.transaction():
            self._names.set_fact(SPOOL, mark)

    def intents(self) -> list[bytes]:
        """Return the names that were on their way when a run ended."""
        with self._lock, self._file.reported():
            return self._names.names_of(NameState.INTENT)

    def resolve(self, *, delivered: Sequence[bytes], released: Sequence[bytes]) -> None:
        """Say what became of names that were on their way when a run ended.

        Args:
            delivered: Known as delivered or not.
            released: They count as if they had never been on their way.

        Raises:
            UploadStopped: When it cannot be written.
        """
        for place in range(0, len(delivered), RESOLVED_AT_ONCE):
            self._resolve(delivered[place : place + RESOLVED_AT_ONCE], ())
        self._resolve((), released)

    def close(self) -> None:
        """Close the file, which another run may then use."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            with suppress(*FAULTS, CleverTapError), self._file.reported():
                with self._file.transaction():
                    self.streams.write(self._database)
                self.profiles.write()
                latest = time.monotonic() + CLOSING_SECONDS
                while time.monotonic() < latest and self._upkeep.closing_step():
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

    def _resolve(self, delivered: Sequence[bytes], released: Sequence[bytes]) -> None:
        with self._lock, self._file.reported():
            known = self._known(delivered)
            new = [each for each in delivered if known.get(each) != NameState.DELIVERED]
            row = None
            with self._file.transaction():
                for name in (*new, *released):
                    self._names.forget(name)
                if new:
                    row = self._names.new_claim(new, WAITING)
            if row is not None:
                self._wait(row, new)
            self._upkeep.advance(len(new))
            self._file.checkpoint_if_due()

    def _settle_in_parts(
        self,
        claim: Claim,
        delivered: Sequence[bytes],
        held: Sequence[bytes],
        remaining: Sequence[bytes],
    ) -> None:
        row = None
        self._filter.hold(held)
        with self._file.transaction():
            if delivered:
                row = self._names.new_claim(delivered, WAITING)
            self._names.set_state(held, NameState.HELD)
            self._names.reduce_claim(claim.id, remaining)
        if row is not None:
            self._wait(row, delivered)

    def _wait(self, row: int, delivered: Sequence[bytes]) -> None:
        """Note delivered names, which are in a claim, until a segment is made of them."""
        self._filter.hold(delivered)
        self._pending.append_row(row, delivered, today())
        if self._pending.is_full:
            self._segments.flush(self._pending)
            self._pending = PendingNames()

    def _known(self, names: Sequence[bytes]) -> dict[bytes, int]:
        """Return the states of those of the names that are known."""
        possible = self._filter.possible(names)
        if not possible:
            return {}
        known = self._names.states(possible)
        used_up = {name for name, state in known.items() if state == NameState.USED_UP}
        delivered = self._pending.known(possible)
        delivered |= self._segments.known([name for name in possible if name not in delivered])
        known.update(dict.fromkeys(delivered, NameState.DELIVERED))
        for name in used_up:
            del known[name]
        return known

    def _renamed(
        self, known: Mapping[bytes, int], former: Mapping[bytes, Former]
    ) -> dict[bytes, Renamed]:
        unknown = {name: each for name, each in former.items() if name not in known}
        return find_renamed(unknown, self._known([*{each.name for each in unknown.values()}]))

    def _rename(self, renamed: Mapping[bytes, Renamed]) -> tuple[list[bytes], int | None]:
        """Note what was known by former names, of which some count for one record only.

        Returns:
            The names that are delivered, and their claim; None where there are none.
        """
        if not renamed:
            return [], None
        used_up = [each.used_up for each in renamed.values() if each.used_up is not None]
        self._filter.hold([*renamed, *used_up])
        self._names.set_state(used_up, NameState.USED_UP)
        for name, each in renamed.items():
            if each.state != NameState.DELIVERED:
                self._names.set_state([name], each.state)
        is_delivered = NameState.DELIVERED
        delivered = [name for name, each in renamed.items() if each.state == is_delivered]
        return delivered, self._names.new_claim(delivered, WAITING) if delivered else None


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
