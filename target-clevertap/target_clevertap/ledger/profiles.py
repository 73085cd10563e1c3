"""Which profile of each user was delivered last, so that an equal one need not be sent."""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.records.entries import ProfileChange

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Sequence

    from target_clevertap.ledger.file import LedgerFile

MOST_FRESH = 100_000
"""Users whose profiles are kept in memory before they are written, sorted, in one transaction."""

FEW, AT_ONCE = 8, 500
"""Users in a query; SQLite takes 999 in all its releases."""

SELECTS = {
    size: f"SELECT user, row, sent FROM profiles WHERE user IN ({','.join('?' * size)})"  # noqa: S608
    for size in (FEW, AT_ONCE)
}
PUT = "INSERT OR REPLACE INTO profiles VALUES (?, ?, ?)"
DROP = "DELETE FROM profiles WHERE user = ?"
DROP_CLAIM = "DELETE FROM profile_claims WHERE id = ?"
ON_ITS_WAY, SETTLED = 0, 1


class Delivered(NamedTuple):
    """The profile of a user that was delivered last, in hashes."""

    row: int | None
    sent: int


class Profiles:
    """The profiles that were delivered last, one for each user, whatever stream brought it.

    - A claim is committed before a request, and what came of it after that. The table gets it
      later, many at once: until then it is in memory.
    - A claim of which nothing came when a run ended was cut off: its users count as changed.
    - A user whose profile is on its way is compared with nothing.
    - `is_delivered`, `accept` and `forget` are for the reading thread, all else for any.
    - What cannot be written raises `UploadStopped`.
    """

    def __init__(self, file: LedgerFile, lock: threading.Lock) -> None:
        """Take over what claims hold; within a transaction.

        Args:
            file: Open, of this format.
            lock: Of the ledger, which uses the same connection.
        """
        self._file = file
        self._database = file.database
        self._lock = lock
        self._fresh: dict[int, Delivered | None] = {}
        """What is not in the table yet; None for a user who counts as changed."""

        self._moving: Counter[int] = Counter()
        """How many profiles of each user are on their way."""

        self._settled: list[int] = []
        """Claims of which all that came is in `_fresh`."""

        self._last_claim = 0
        self._take_over_claims()
        self.is_used = bool(self._database.execute("SELECT 1 FROM profiles LIMIT 1").fetchone())
        """Whether there are any, so that each profile that is sent has to be noted."""

        self.is_noted = False
        """Whether this run notes profiles; set before the first one."""

    def is_delivered(self, users: Sequence[int], rows: Sequence[int]) -> list[bool]:
        """Tell which rows are certainly those that were delivered last.

        Args:
            users: Hashes, one for each row.
            rows: Hashes of the rows as they came in, in their order.
        """
        with self._lock, self._file.reported():
            known = self._known(users)
            moving = {*users} & self._moving.keys()
        equal = []
        for user, row in zip(users, rows, strict=True):
            delivered = None if user in moving else known.get(user)
            is_equal = delivered is not None and delivered.row == row
            if not is_equal:
                moving.add(user)
            equal.append(is_equal)
        return equal

    def accept(self, changes: Sequence[ProfileChange], *, is_replay: bool) -> list[bool]:
        """Tell which profiles are to be sent, and note that these are on their way.

        Args:
            changes: In the order of the profiles.
            is_replay: Whether all are sent again on purpose.
        """
        with self._lock, self._file.reported():
            known = {} if is_replay else self._known([change.user for change in changes])
            accepted = []
            for change in changes:
                user, sent = change.user, change.sent
                delivered = None if user in self._moving else known.get(user)
                if delivered is not None and delivered.sent == sent and sent is not None:
                    if delivered.row != change.row:
                        self._fresh[user] = Delivered(change.row, sent)
                    accepted.append(False)
                else:
                    self._moving[user] += 1
                    accepted.append(True)
            self._write_if_full()
        return accepted

    def forget(self, users: Iterable[int]) -> None:
        """Let users count as changed of whom CleverTap gets nothing now, as a row was refused."""
        with self._lock, self._file.reported():
            self._fresh.update(dict.fromkeys(users))
            self._write_if_full()

    def claim(self, changes: Sequence[ProfileChange]) -> int:
        """Say that profiles are about to be sent, or users deleted.

        Returns:
            The number of the claim, for `settle`.

        Raises:
            UploadStopped: When it cannot be written.
        """
        with self._lock, self._file.reported():
            self._last_claim += 1
            given = (self._last_claim, ON_ITS_WAY, _joined(changes))
            self._database.execute("INSERT INTO profile_claims VALUES (?, ?, ?)", given)
            self.is_used = True
            return self._last_claim

    def settle(self, claim: int, changes: Sequence[ProfileChange], *, is_whole: bool) -> None:
        """Say what a claim came to, so that none of it is on its way any more.

        Args:
            claim: From `claim`.
            changes: As they were claimed, but without hashes where it is not certain that CleverTap
                has the profile.
            is_whole: Whether all are as they were claimed.

        Raises:
            UploadStopped: When it cannot be written.
        """
        with self._lock, self._file.reported():
            if is_whole:
                given: tuple[object, ...] = (SETTLED, claim)
                self._database.execute(
                    "UPDATE profile_claims SET is_settled = ? WHERE id = ?", given
                )
            else:
                given = (claim, SETTLED, _joined(changes))
                self._database.execute("REPLACE INTO profile_claims VALUES (?, ?, ?)", given)
            self._settled.append(claim)
            self._moving.subtract([change.user for change in changes])
            for change in changes:
                self._fresh[change.user] = _delivered(change)
                if self._moving[change.user] <= 0:
                    del self._moving[change.user]
            self._write_if_full()
            self._file.checkpoint_if_due()

    def write(self) -> None:
        """Write what is not in the table yet; with the ledger's lock held.

        Raises:
            sqlite3.Error: When it cannot be written.
        """
        if self._fresh or self._settled:
            with self._file.transaction():
                self._write()

    def _write(self) -> None:
        ordered = sorted(self._fresh.items(), key=itemgetter(0))
        puts = ((user, *each) for user, each in ordered if each is not None)
        self._database.executemany(PUT, puts)
        self._database.executemany(DROP, ((user,) for user, each in ordered if each is None))
        self._database.executemany(DROP_CLAIM, ((claim,) for claim in self._settled))
        self._fresh, self._settled = {}, []

    def _write_if_full(self) -> None:
        if len(self._fresh) >= MOST_FRESH:
            self.write()

    def _known(self, users: Sequence[int]) -> dict[int, Delivered]:
        """Return what was delivered last to those of the users of whom it is known."""
        if not self.is_used:
            return {}
        known: dict[int, Delivered] = {}
        for piece in _pieces(users):
            found = self._database.execute(SELECTS[len(piece)], piece).fetchall()
            known.update({user: Delivered(row, sent) for user, row, sent in found})
        fresh = self._fresh
        if fresh:
            for user in fresh.keys() & users:
                delivered = fresh[user]
                if delivered is None:
                    known.pop(user, None)
                else:
                    known[user] = delivered
        return known

    def _take_over_claims(self) -> None:
        """Take over what an earlier run noted in claims only; users of others count as changed."""
        query = "SELECT id, is_settled, profiles FROM profile_claims ORDER BY id"
        for claim, is_settled, content in self._database.execute(query).fetchall():
            for change in _split(content):
                self._fresh[change.user] = _delivered(change) if is_settled else None
            self._settled.append(claim)
        if self._settled:
            self._write()


def _pieces(users: Sequence[int]) -> Iterator[Sequence[int]]:
    """Return users as queries take them: the last piece is filled up with one of them."""
    size = FEW if len(users) <= FEW else AT_ONCE
    for at in range(0, len(users), size):
        piece = users[at : at + size]
        yield [*piece, *[piece[-1]] * (size - len(piece))]


def _joined(changes: Iterable[ProfileChange]) -> bytes:
    """Return profiles end to end, three numbers each: 0 is in place of a missing hash."""
    numbers = [(change.user, change.row or 0, change.sent or 0) for change in changes]
    return array("q", chain.from_iterable(numbers)).tobytes()


def _split(content: bytes) -> Iterator[ProfileChange]:
    numbers = iter(array("q", content))
    return map(ProfileChange, numbers, numbers, numbers)


def _delivered(change: ProfileChange) -> Delivered | None:
    return Delivered(change.row, change.sent) if change.sent else None
