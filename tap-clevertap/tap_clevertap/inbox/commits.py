"""Group commits: one thread writes all messages that wait, and then all of them are answered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_clevertap.inbox.arrivals import Arrival
    from tap_clevertap.inbox.writer import InboxWriter, Taken

MOST_MESSAGES = 1_000
MOST_BYTES = 32 << 20
"""In one transaction, unless one message alone has more."""


class NotStoredError(Exception):
    """The message is not in the inbox; its text says why, and what to do."""


class _Waiting(NamedTuple):
    arrival: Arrival | None
    """None: only look whether the inbox takes what is written."""
    future: asyncio.Future[Taken | None]


class GroupCommit:
    """Writes an inbox from one thread, for the event loops of the others.

    `submit` and `close` are called in the main thread; `close` once, when nothing is submitted any
    more. What was cancelled before its turn is not stored.

    Args:
        writer: Only its thread uses it from now on, and `close` closes it.
        on_commit: Called in the thread with the seconds of each transaction that was committed.
    """

    def __init__(self, writer: InboxWriter, on_commit: Callable[[float], None]) -> None:
        self._writer = writer
        self._on_commit = on_commit
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self.failure = ""
        """What ended the thread, if anything did: the process must end too."""
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    @property
    def inbox_id(self) -> str:
        """The id of the inbox that was written last."""
        return self._writer.inbox_id

    @property
    def waiting(self) -> int:
        """The number of messages that wait for a transaction."""
        return len(self._waiting)

    def submit(self, arrival: Arrival | None) -> asyncio.Future[Taken | None]:
        """Return the future of a message, or of a check that something can be stored.

        Its result says what became of the message, once it is on the disk. Its exception is
        `NotStoredError`.
        """
        future: asyncio.Future[Taken | None] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self.failure or self._is_closing:
                future.set_exception(NotStoredError("the receiver ends; send it again"))
                return future
            self._waiting.append(_Waiting(arrival, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Store what waits, and close the inbox."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()
        self._writer.close()

    def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := self._next_batch():
                self._commit(batch)
        except BaseException as error:  # noqa: BLE001 - the process ends by it
            self.failure = type(error).__name__
            self._refuse(batch, f"the receiver fails ({self.failure}); start it again")

    def _next_batch(self) -> list[_Waiting]:
        with self._changed:
            while True:
                batch = self._take()
                if batch or (self._is_closing and not self._waiting):
                    return batch
                if not self._waiting:
                    self._changed.wait()

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < MOST_MESSAGES and size < MOST_BYTES:
            each = self._waiting.popleft()
            if each.future.cancelled():
                continue  # it was answered already, with 503
            batch.append(each)
            size += len(each.arrival.body) if each.arrival else 0
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        arrivals = [each.arrival for each in batch if each.arrival is not None]
        began = time.monotonic()
        try:
            if arrivals:
                taken = self._writer.store(arrivals)
            else:
                taken = []
                self._writer.check()
        except SettingError as error:
            self._refuse(batch, error.message)
            return
        except MemoryError:
            self._refuse(batch, "there is not enough memory; allow the receiver more of it")
            return
        self._on_commit(time.monotonic() - began)
        results = iter(taken)
        _answer([(each.future, next(results) if each.arrival else None) for each in batch])

    def _refuse(self, batch: list[_Waiting], why: str) -> None:
        """Refuse all that waits too: another try would make it wait longer than CleverTap does."""
        with self._changed:
            batch = [*batch, *self._waiting]
            self._waiting.clear()
        _answer([(each.future, NotStoredError(why)) for each in batch])


def _answer(
    answers: Sequence[tuple[asyncio.Future[Taken | None], Taken | NotStoredError | None]],
) -> None:
    if not answers:
        return
    loop = answers[0][0].get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(_set_results, answers)


def _set_results(
    answers: Sequence[tuple[asyncio.Future[Taken | None], Taken | NotStoredError | None]],
) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, NotStoredError):
            future.set_exception(result)
        else:
            future.set_result(result)
