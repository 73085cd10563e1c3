"""Which profile of each user was delivered last, so that an equal one need not be sent."""

from __future__ import annotations

from array import array
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from target_clevertap.ledger.known_rows import KnownRows
from target_clevertap.records.entries import ProfileChange

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Sequence

    from target_clevertap.ledger.file import LedgerFile

MOST_FRESH = 100_000
"""Users whose profiles are kept in memory before they are written, sorted, in one transaction."""

SIZES = (4, 16, 64, 500)
"""Users in a query; SQLite takes 999 in all its releases."""

SHARE_LOOKED_UP = 50
"""Once a run has looked up one row for so many that there are, it reads all rows into memory."""
ROWS_AT_ONCE = 20_000
MOST_OUTDATED = 300_000
"""Rows that are known to be old; with more of them rows are looked up in the file again."""

SELECTS = {
    size: f"SELECT user, row, sent FROM profiles WHERE user IN ({','.join('?' * size)})"  # noqa: S608
    for size in SIZES
}
SELECT_ROWS = "SELECT user, row FROM profiles WHERE user > ? ORDER BY user LIMIT ?"
BEFORE_ALL = -(1 << 63)
"""As good as below all hashes: a user who has it is compared in the file."""
PUT = "INSERT OR REPLACE INTO profiles VALUES (?, ?, ?)"
DROP = "DELETE FROM profiles WHERE user = ?"
DROP_CLAIM = "DELETE FROM profile_claims WHERE id = ?"
ON_ITS_WAY, SETTLED = 0, 1

user_of = attrgetter("user")


class DeliveredProfiles:
    """The profiles that were delivered last, one for each user, whatever stream brought it.

    - A claim is committed before a request, and what came of it after that. The table gets it
      later, many at once: until then it is in memory.
    - A claim of which nothing came when a run ended was cut off: its users count as changed.
    - A user whose profile is on its way is compared with nothing.
    - `known_rows`, `is_delivered`, `rows_of`, `accept` and `forget` are for the reading thread, all
      else for any.
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
        self._fresh: dict[int, ProfileChange] = {}
        """What is not in the table yet; without `sent` for a user who counts as changed."""

        self._moving: dict[int, int] = {}
        """How many profiles of each user are on their way."""

        self._settled: list[int] = []
        """Claims of which all that came is in `_fresh`."""

        self._last_claim = 0
        self._take_over_claims()
        self.is_used = bool(self._database.execute("SELECT 1 FROM profiles LIMIT 1").fetchone())
        """Whether there are any, so that each profile that is sent has to be noted."""

        self.is_of_earlier_runs = self.is_used
        """Whether earlier runs left any, so that few are likely to have changed."""

        self.is_noted = False
        """Whether this run notes profiles; set before the first one."""

        self._looked_up = 0
        self._rows: KnownRows | None = None
        self._outdated: set[int | None] | None = set()
        """Rows that this run found to be old, though they may be among `_rows`; None where they are
        too many."""

    def known_rows(self, rows: Sequence[int]) -> list[bool] | None:
        """Tell which rows are those that were delivered last, but for what comes with them.

        Args:
            rows: Hashes of the rows as they came in.

        Returns:
            None where they have to be looked up by their users.
        """
        if self._rows is None or self._outdated is None:
            return None
        found = self._rows.has(rows)
        if self._outdated.isdisjoint(rows):
            return found
        outdated = self._outdated
        return [is_known and row not in outdated for is_known, row in zip(found, rows, strict=True)]

    def rows_of(self, users: Sequence[int]) -> set[int | None]:
        """Return the rows that were delivered last to users."""
        with self._lock, self._file.reported():
            return {each.row for each in self._known(users).values()}

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
        self._looked_up += len(users)
        self._read_rows_if_due()
        return equal

    def accept(self, changes: Sequence[ProfileChange], *, is_replay: bool) -> list[bool]:
        """Tell which profiles are to be sent, and note that these are on their way.

        Args:
            changes: In the order of the profiles.
            is_replay: Whether all are sent again on purpose.
        """
        users = [*map(user_of, changes)]
        with self._lock, self._file.reported():
            known, moving = self._known(users), self._moving
            self._outdate(known.values())
            if self._rows is None:  # they may be among those that are read into memory
                self._outdate(changes)
            if not known and moving.keys().isdisjoint(users) and len({*users}) == len(users):
                moving.update(dict.fromkeys(users, 1))
                return [True] * len(users)
            accepted = []
            for change in changes:
                user = change.user
                delivered = None if user in moving or is_replay else known.get(user)
                is_equal = delivered is not None and change.sent == delivered.sent is not None
                if not is_equal:
                    moving[user] = moving.get(user, 0) + 1
                elif delivered != change:
                    self._fresh[user] = change
                accepted.append(not is_equal)
            self._write_if_full()
        return accepted

    def forget(self, users: Sequence[int]) -> None:
        """Let users count as changed of whom CleverTap gets nothing now, as a row was refused."""
        with self._lock, self._file.reported():
            self._outdate(self._known(users).values())
            self._fresh.update(zip(users, map(ProfileChange, users), strict=True))
            self._write_if_full()

    def claim(self, changes: Sequence[ProfileChange]) -> int:
        """Say that accepted profiles are about to be sent, or users deleted.

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
            moving = self._moving
            for change in changes:
                user = change.user
                self._fresh[user] = change
                if (left := moving.pop(user, 0)) > 1:
                    moving[user] = left - 1
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
        fresh = self._fresh
        ordered = [fresh[user] for user in sorted(fresh)]
        puts = [msgspec.structs.astuple(each) for each in ordered if each.sent]
        self._database.executemany(PUT, puts)
        self._database.executemany(DROP, ((each.user,) for each in ordered if not each.sent))
        self._database.executemany(DROP_CLAIM, ((claim,) for claim in self._settled))
        self._fresh, self._settled = {}, []

    def _write_if_full(self) -> None:
        if len(self._fresh) >= MOST_FRESH:
            self.write()

    def _known(self, users: Sequence[int]) -> dict[int, ProfileChange]:
        """Return what was delivered last to those of the users of whom it is known."""
        if not self.is_used:
            return {}
        found: list[tuple[int, int, int]] = []
        for piece in _pieces(users):
            found += self._database.execute(SELECTS[len(piece)], piece).fetchall()
        known = {each[0]: ProfileChange(*each) for each in found}
        for user in self._fresh.keys() & users:
            known[user] = self._fresh[user]
        return {user: each for user, each in known.items() if each.sent}

    def _outdate(self, changes: Iterable[ProfileChange]) -> None:
        """Note that rows may be old from now on: they are looked up by their users."""
        if self._outdated is None:
            return
        self._outdated.update([each.row for each in changes])
        if len(self._outdated) > MOST_OUTDATED:
            self._outdated = self._rows = None

    def _read_rows_if_due(self) -> None:
        """Read all rows into memory once it takes less time than to look up those to come."""
        if self._rows is not None or self._outdated is None:
            return
        query = "SELECT count(*) FROM (SELECT 1 FROM profiles LIMIT ?)"
        most = self._looked_up * SHARE_LOOKED_UP
        with self._lock, self._file.reported():
            (count,) = self._database.execute(query, (most,)).fetchone()
        if count < most:
            self._rows = self._read_rows(count)

    def _read_rows(self, count: int) -> KnownRows:
        rows, last = KnownRows(count), BEFORE_ALL
        while True:
            with self._lock, self._file.reported():
                found = self._database.execute(SELECT_ROWS, (last, ROWS_AT_ONCE)).fetchall()
            rows.add([row for _, row in found if row])
            if len(found) < ROWS_AT_ONCE:
                return rows
            last = found[-1][0]

    def _take_over_claims(self) -> None:
        """Take over what an earlier run noted in claims only; users of others count as changed."""
        query = "SELECT id, is_settled, profiles FROM profile_claims ORDER BY id"
        for claim, is_settled, content in self._database.execute(query).fetchall():
            for change in _split(content):
                self._fresh[change.user] = change if is_settled else ProfileChange(change.user)
            self._settled.append(claim)
        if self._settled:
            self._write()


def _pieces(users: Sequence[int]) -> Iterator[Sequence[int]]:
    """Return users as queries take them: the last piece is filled up with one of them."""
    size = next((each for each in SIZES if len(users) <= each), SIZES[-1])
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
