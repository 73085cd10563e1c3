"""The threads of the lanes: each takes batches out of its queue, one after the other."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

from target_clevertap._plugin.system import translate_thread_errors
from target_clevertap.delivery.calls import batches_before
from target_clevertap.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_clevertap.delivery.lanes import Batch, Limits

WAITING_BYTES = 64_000_000
"""What records may hold in memory before the reading waits: for all lanes together, so that a
lane with most of the records does not stop the others."""
MOST_OPEN_BYTES = WAITING_BYTES // 2
"""What records may hold in open batches before these are sent."""


BATCHES_WAITING_PER_LANE = 1.5
POLL_SECONDS = 0.1
END_SECONDS = 1.0
"""To wait for all threads that have nothing left to do."""


class LaneThreads:
    """One thread and one queue for each lane.

    - Only the reading thread calls `start`, `enqueue`, `wait_until`, `raise_error` and `wait`.
    - `fail` and `halt` may be called from any thread.
    - An error of a lane halts all lanes. The next call of the reading thread raises it; `wake`
      makes that thread call.
    - A batch that waits for others waits only for batches that were enqueued before it. So the
      oldest of all can always go on.
    - A batch that failed stays counted as waiting, so that the run cannot end well.
    """

    def __init__(
        self,
        limits: Limits,
        deliver: Callable[[Batch], None],
        stop_uploads: Callable[[], None],
        *,
        wake: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        """Make the queues.

        Args:
            limits: Of lanes and batches.
            deliver: Brings a batch to its end, in its lane's thread.
            stop_uploads: Ends all waiting in `deliver`.
            wake: Makes the reading thread look for an error; called from any thread.
            check: Raises when a signal wants the run to end.
        """
        self._deliver = deliver
        self._stop_uploads = stop_uploads
        self._wake = wake
        self._check = check
        self._most_records = BATCHES_WAITING_PER_LANE * limits.lanes * limits.rows
        self._threads: list[threading.Thread] = []
        self._queues: list[SimpleQueue[Batch | None]] = [SimpleQueue() for _ in range(limits.lanes)]
        self._changed = threading.Condition()
        self._waiting_records = 0
        self._waiting_bytes = 0
        self._busy: dict[int, Batch] = {}
        self._on_their_way: dict[int, Batch] = {}
        self._is_halted = False
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start the threads.

        Raises:
            SystemLimitError: When the system does not let them start.
        """
        for lane in range(len(self._queues)):
            thread = threading.Thread(target=self._work, args=(lane,), daemon=True)
            with translate_thread_errors():
                thread.start()
            self._threads.append(thread)

    def enqueue(self, batch: Batch, open_bytes: int) -> None:
        """Hand a batch to its lane; waits while too much is on its way.

        Args:
            batch: With all its records.
            open_bytes: What the records of open batches hold in memory.
        """
        self.wait_until(lambda: self._has_room(open_bytes))
        with self._changed:
            self._waiting_records += len(batch.entries)
            self._waiting_bytes += batch.waiting_bytes
            on_their_way = [*self._on_their_way.values()]
            self._on_their_way[id(batch)] = batch
        batch.after = batches_before(batch, on_their_way)
        self._queues[batch.lane].put(batch)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that lanes change.

        Args:
            is_so: Whether it has come; called with the lock held.

        Raises:
            UploadStopped: Or any other error of a lane.
        """
        with self._changed:
            while not is_so():
                self.raise_error()
                self._check()
                self._changed.wait(POLL_SECONDS)
        self.raise_error()

    def wait_until_empty(self) -> None:
        """Wait until every batch has come to its end.

        Raises:
            UploadStopped: Or any other error of a lane.
        """
        self.wait_until(lambda: self._waiting_records == 0 and not self._busy)

    @property
    def waiting_records(self) -> int:
        """How many records are in batches that have not come to their end."""
        return self._waiting_records

    def raise_error(self) -> None:
        """Raise what ended a lane, if anything did."""
        if self._error is not None:
            raise self._error

    @property
    def requests_in_flight(self) -> int:
        """How many batches are being uploaded now."""
        with self._changed:
            return len(self._busy)

    def fail(self, error: BaseException) -> None:
        """Halt all lanes for an error, which the reading thread raises."""
        with self._changed:
            self._error = self._error or error
        self.halt()
        self._wake()

    def halt(self) -> None:
        """Let no lane begin another batch, or go on waiting."""
        self._is_halted = True
        self._stop_uploads()
        for queue in self._queues:
            queue.put(None)
        with self._changed:
            self._changed.notify_all()

    def wait(self, until: Callable[[], float]) -> list[Batch]:
        """Wait for what is in flight, and return what is still on its way.

        Args:
            until: Tells when to wait no longer, on the monotonic clock; a signal may change it.
        """
        with self._changed:
            while self._busy and time.monotonic() < until():
                self._changed.wait(POLL_SECONDS)
            busy = dict(self._busy)
        self._join([each for lane, each in enumerate(self._threads) if lane not in busy])
        return [*busy.values()]

    @staticmethod
    def _join(threads: Sequence[threading.Thread]) -> None:
        """Wait for threads that were halted.

        At the end of the process, a thread that frees its connections disturbs the interpreter.
        """
        until = time.monotonic() + END_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _has_room(self, open_bytes: int) -> bool:
        return self._waiting_records == 0 or (
            self._waiting_records < self._most_records
            and self._waiting_bytes + open_bytes < WAITING_BYTES
        )

    def _work(self, lane: int) -> None:
        try:
            while (batch := self._next(lane)) is not None:
                self._bring_to_end(batch)
        except StoppedError:
            pass  # the records stay on their way: the state does not pass them
        except BaseException as error:  # noqa: BLE001 - raised again by the reading thread
            self.fail(error)
        finally:
            with self._changed:
                self._changed.notify_all()

    def _wait_for(self, earlier: Sequence[Batch]) -> None:
        """Wait until these batches, which were all enqueued before, have come to their end."""
        with self._changed:
            while not all(batch.is_done for batch in earlier):
                if self._is_halted:
                    raise StoppedError
                self._changed.wait(POLL_SECONDS)

    def _next(self, lane: int) -> Batch | None:
        batch = self._queues[lane].get()
        with self._changed:
            if batch is None or self._is_halted:
                return None
            self._busy[lane] = batch
            return batch

    def _bring_to_end(self, batch: Batch) -> None:
        try:
            self._wait_for(batch.after)
            batch.after = ()
            self._deliver(batch)
            with self._changed:
                self._waiting_records -= len(batch.entries)
                self._waiting_bytes -= batch.waiting_bytes
                batch.is_done = True
                del self._on_their_way[id(batch)]
        finally:
            with self._changed:
                del self._busy[batch.lane]
                self._changed.notify_all()
