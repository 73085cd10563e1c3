"""Reading an inbox while a receiver writes it, and forgetting what a pipeline delivered."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.inbox.format import FORGOTTEN, INBOX
from tap_clevertap.inbox.opening import FAULTS, absolute, connect, setting_error_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

WAIT_SECONDS = 60.0
"""For the receiver or another run, which write for milliseconds."""
MOST_BYTES = 8 << 20
"""Of bodies in one transaction, unless one alone has more."""
MOST_FORGOTTEN = 500
SHORTEST_PAUSE = 0.02
HOUR_MS = 3_600_000
LARGEST_ID = 2**63 - 1
LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""


class InboxMessage(NamedTuple):
    """A message as it was received.

    - `received_at` is in ms since 1970, `source` is `webhook` or `eventbridge`.
    - Messages of equal `digest` differ in `ordinal`, also from those that were forgotten.
    """

    id: int
    received_at: int
    source: str
    digest: bytes
    ordinal: int
    body: bytes


KINDS = [int, int, str, bytes, int, bytes]
"""Of the parts of a message."""


class Inbox:
    """An inbox that exists, for one thread of the stream; a receiver may write it meanwhile.

    Every method is a short transaction of its own, and raises `SettingError` when the file cannot
    be read or written any more.

    Args:
        path: The setting `inbox_path`.

    Raises:
        SettingError: When there is none, or it is no inbox, a newer or a damaged one.
    """

    def __init__(self, path: str) -> None:
        self._path: Path = absolute(path)
        self._database = connect(self._path, wait=WAIT_SECONDS)
        with self._reported():
            self.inbox_id = str(self._fact(INBOX))
            """Random; another inbox has another, also one made anew in the same place."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the inbox cannot be used after it."""
        self._database.close()

    @property
    def forgotten(self) -> int:
        """The highest id of a forgotten message, 0 if none was forgotten."""
        with self._reported():
            return int(self._fact(FORGOTTEN))

    @property
    def last_id(self) -> int:
        """The highest id so far; smaller than a bookmark only where an old copy was restored."""
        with self._reported():
            highest = "SELECT max(coalesce((SELECT max(id) FROM messages), 0), value) FROM facts"
            found = self._database.execute(f"{highest} WHERE key = ?", (FORGOTTEN,)).fetchone()
            return int(found[0])

    @property
    def newest(self) -> int | None:
        """When the newest message was received, in ms since 1970; None if there is none."""
        with self._reported():
            query = "SELECT received_at FROM messages ORDER BY id DESC LIMIT 1"
            found = self._database.execute(query).fetchone()
            return None if found is None else int(found[0])

    def check_writable(self) -> None:
        """Refuse an inbox that this user may only read: what was read could not be noted."""
        with self._transaction():  # an empty one is no proof
            self._database.execute("UPDATE facts SET value = value WHERE key = ?", (INBOX,))

    def messages_after(self, id: int, limit: int) -> list[InboxMessage]:  # noqa: A002 - as the table has it
        """Return the next messages in order of their ids; an empty list at the end.

        There are at most `limit`, and fewer where their bodies have more than 8 MB together.
        """
        query = "SELECT id, received_at, source, digest, ordinal, body FROM messages WHERE id > ?"
        found: list[InboxMessage] = []
        size = 0
        with self._reported():
            rows = self._database.execute(f"{query} ORDER BY id LIMIT ?", (id, limit))
            for row in rows:
                found.append(_checked(InboxMessage(*row)))
                size += len(found[-1].body)
                if size > MOST_BYTES:
                    break
            rows.close()  # ends the transaction
        return found

    def note_read(self, up_to: int, read_at: int | None = None) -> None:
        """Note that a state proved all messages up to an id as delivered.

        Args:
            up_to: The id in the state that a run starts with.
            read_at: ms since 1970; now if it is not given.
        """
        now = now_ms() if read_at is None else read_at
        with self._transaction():
            query = "SELECT rowid, up_to, read_at FROM reads ORDER BY rowid DESC LIMIT 1"
            last = self._database.execute(query).fetchone()
            if last is not None and last[1] == up_to and last[2] <= now:
                return  # known since then
            if last is not None and last[1] <= up_to and last[2] // HOUR_MS == now // HOUR_MS:
                # one row an hour: all are forgotten up to an hour later than they could be
                row = (up_to, now, last[0])
                self._database.execute(
                    "UPDATE reads SET up_to = ?, read_at = ? WHERE rowid = ?", row
                )
                return
            self._database.execute("INSERT INTO reads VALUES (?, ?)", (up_to, now))

    def forget(self, read_by: int, *, delivered: int = LARGEST_ID) -> int:
        """Delete the messages that a state had proved as delivered by then; return their number.

        Others may write between its transactions.

        Args:
            read_by: ms since 1970.
            delivered: Those with a higher id stay: a run still has to read them, whatever the
                states of other pipelines proved.
        """
        with self._reported():
            query = "SELECT max(up_to) FROM reads WHERE read_at <= ?"
            up_to = self._database.execute(query, (read_by,)).fetchone()[0] or 0
        number = 0
        while deleted := self._forget_some(min(up_to, delivered)):
            number += deleted
        return number

    def _forget_some(self, up_to: int) -> int:
        began = time.monotonic()
        with self._transaction():
            last = self._last_to_forget(up_to)
            if last is None:
                return 0
            deleted = self._database.execute("DELETE FROM messages WHERE id <= ?", (last,)).rowcount
            self._database.execute("UPDATE facts SET value = ? WHERE key = ?", (last, FORGOTTEN))
            self._database.execute("DELETE FROM reads WHERE up_to <= ?", (last,))
        time.sleep(max(SHORTEST_PAUSE, time.monotonic() - began))  # the receiver's turn
        return deleted

    def _last_to_forget(self, up_to: int) -> int | None:
        query = "SELECT id, length(body) FROM messages WHERE id <= ? ORDER BY id LIMIT ?"
        last, size = None, 0
        for last, length in self._database.execute(query, (up_to, MOST_FORGOTTEN)):  # noqa: B007 - the last one counts
            size += length
            if size > MOST_BYTES:
                break
        return last

    def _fact(self, key: str) -> Any:  # noqa: ANN401 - of the fact's type
        return self._database.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._reported():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except FAULTS as error:
            raise setting_error_of(self._path, error) from None


def _checked(message: InboxMessage) -> InboxMessage:
    """Return a message; raise a TypeError if no receiver stored it so, as SQLite keeps any type."""
    kinds = [type(value) for value in message]
    if kinds != KINDS or not 0 <= message.received_at <= LATEST_MS:
        raise TypeError
    return message


def now_ms() -> int:
    """Return the time in ms since 1970."""
    return time.time_ns() // 1_000_000
