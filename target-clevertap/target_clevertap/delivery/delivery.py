"""Delivery: records go in, lanes upload them side by side, states come out when they are true."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

from target_clevertap._plugin.system import translate_thread_errors
from target_clevertap.api.retries import StoppedError
from target_clevertap.delivery.circuit_breaker import Settlement
from target_clevertap.delivery.lanes import Batch, Lanes, Limits, Source
from target_clevertap.delivery.upload import Upload
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_clevertap.api.retries import Channel
    from target_clevertap.delivery.checkpoints import Checkpoints, Segment
    from target_clevertap.delivery.circuit_breaker import Refused, Trial
    from target_clevertap.delivery.state_writer import StateWriter
    from target_clevertap.records.entries import Entry
    from target_clevertap.rejects.rejects import Reject, Rejects

WAITING_BYTES = 64_000_000
"""What records may hold in memory before the reading waits: for all lanes together, so that a
lane with most of the records does not stop the others."""

MOST_OPEN_BYTES = WAITING_BYTES // 2
BATCHES_WAITING_PER_LANE = 1.5
POLL_SECONDS = 0.1


class Delivery:
    """Uploads batches in one thread for each lane.

    - A lane has one request in flight at most, so that a user's records keep their order.
    - Only the thread that reads the input calls `add`, `refuse`, `tick`, `finish` and `stop`.
    - An error of a lane stops all lanes and is raised by the next call of the reading thread,
      which is woken for it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a run, each made elsewhere
        self,
        channel: Channel,
        rejects: Rejects,
        checkpoints: Checkpoints,
        states: StateWriter,
        limits: Limits,
        trial: Trial,
        *,
        wake: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        """Start nothing yet.

        Args:
            channel: What the uploads share.
            rejects: The file for what is not delivered.
            checkpoints: Told of what is settled.
            states: Writes what they let through.
            limits: Of requests and batches.
            trial: Holds back what is refused.
            wake: Makes the reading thread call `tick` soon; called from any thread.
            check: Raises when a signal wants the run to end.
        """
        self._channel = channel
        self._rejects = rejects
        self._checkpoints = checkpoints
        self._states = states
        self._lanes = Lanes(limits)
        self._flush_seconds = limits.flush_seconds
        self._most_records = BATCHES_WAITING_PER_LANE * limits.lanes * limits.rows
        self._wake = wake
        self._check = check
        self._trial = trial
        self._refused: list[Refused] = []
        self.is_state_held = False
        """Whether the state stays where it was, as our own checks refused all there was."""

        self._queues: list[SimpleQueue[Batch | None]] = [SimpleQueue() for _ in range(limits.lanes)]
        self._changed = threading.Condition()
        self._waiting_records = 0
        self._waiting_bytes = 0
        self._busy: dict[int, Batch] = {}
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start the lanes.

        Raises:
            SystemLimitError: When the system does not let them start.
        """
        for lane in range(len(self._queues)):
            with translate_thread_errors():
                threading.Thread(target=self._work, args=(lane,), daemon=True).start()
        self._states.start(self._fail)

    def add(self, entry: Entry, source: Source) -> None:
        """Take an entry; waits while too much is on its way.

        Args:
            entry: The record; those of one user are delivered in the order they are added.
            source: Where it came from.
        """
        self.add_all((entry,), source)

    def add_all(self, entries: Sequence[Entry], source: Source) -> None:
        """Take entries in their order; waits while too much is on its way.

        Args:
            entries: The records.
            source: Where they came from.
        """
        self._trial.expect(source.origin.name, len(entries))
        self._lanes.add(entries, source, seal=self._enqueue)
        if self._lanes.open_bytes > MOST_OPEN_BYTES:
            self._flush(time.monotonic())

    def refuse(self, segment: Segment, reject: Reject) -> None:
        """Take a record that is not sent at all."""
        self._refused.append((segment, reject))

    def tick(self) -> None:
        """Do what is due.

        Raises:
            UploadStopped: Or any other error of a lane.
        """
        self._raise_error()
        self._judge_refused()
        self._write_refused(self._trial.release_old())
        self._flush(time.monotonic() - self._flush_seconds)

    def seconds_until_due(self) -> float | None:
        """Return in how many seconds `tick` has something to do; None for never."""
        oldest = self._lanes.oldest()
        due = [] if oldest is None else [oldest + self._flush_seconds - time.monotonic()]
        due += [] if (held := self._trial.seconds_until_old()) is None else [held]
        return max(0.0, min(due)) if due else None

    def finish(self) -> None:
        """Deliver all that was added.

        Raises:
            UploadStopped: Or any other error of a lane.
        """
        self._trial.input_ended()
        self._judge_refused()
        self._flush(time.monotonic())
        self._wait_until(lambda: self._waiting_records == 0)
        released = self._trial.release()
        if not self._channel.answered.is_set() and not self._channel.summary.records:
            self.is_state_held = self._trial.holds_state(len(released))
        if self.is_state_held:
            self._checkpoints.end()
        self._write_refused(released)
        while not self._states.is_idle:
            self._check()
            self._states.drain(time.monotonic() + POLL_SECONDS)
        self._raise_error()

    @property
    def requests_in_flight(self) -> int:
        """How many batches are being uploaded now."""
        with self._changed:
            return len(self._busy)

    def stop(self, until: Callable[[], float]) -> None:
        """Send nothing more, and wait for what is in flight.

        Args:
            until: Tells when to wait no longer, on the monotonic clock; a signal may change it.
        """
        self._halt()
        with self._changed:
            while self._busy and time.monotonic() < until():
                self._changed.wait(POLL_SECONDS)
            left_alone = sum(len(batch.entries) for batch in self._busy.values())
        self._channel.summary.count(uncertain=left_alone)
        self._checkpoints.end()
        while not self._states.is_idle and time.monotonic() < until():
            self._states.drain(time.monotonic() + POLL_SECONDS)

    def _enqueue(self, batch: Batch) -> None:
        self._wait_until(self._has_room)
        with self._changed:
            self._waiting_records += len(batch.entries)
            self._waiting_bytes += batch.waiting_bytes
        self._queues[batch.lane].put(batch)

    def _has_room(self) -> bool:
        return self._waiting_records == 0 or (
            self._waiting_records < self._most_records
            and self._waiting_bytes + self._lanes.open_bytes < WAITING_BYTES
        )

    def _flush(self, opened_before: float) -> None:
        for batch in self._lanes.due(opened_before):
            self._enqueue(batch)

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        with self._changed:
            while not is_so():
                self._raise_error()
                self._check()
                self._changed.wait(POLL_SECONDS)
        self._raise_error()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _judge_refused(self) -> None:
        """Put on trial what our own checks refused since the last time."""
        refused, self._refused = self._refused, []
        self._write_refused(self._trial.refuse(refused))
        if self._trial.awaits_answers:
            self._flush(time.monotonic())
            self._wait_until(lambda: not self._trial.awaits_answers)

    def _write_refused(self, refused: list[Refused]) -> None:
        if refused:
            rejects = [reject for _, reject in refused]
            self._write_down(Settlement([segment for segment, _ in refused], rejects=rejects))

    def _halt(self) -> None:
        self._channel.stopping.set()
        self._channel.permits.close()
        for queue in self._queues:
            queue.put(None)
        with self._changed:
            self._changed.notify_all()

    def _work(self, lane: int) -> None:
        try:
            while (batch := self._next(lane)) is not None:
                self._deliver(batch)
        except StoppedError:
            pass  # the records stay on their way: the state does not pass them
        except BaseException as error:  # noqa: BLE001 - raised again by the reading thread
            self._fail(error)
        finally:
            with self._changed:
                self._changed.notify_all()

    def _next(self, lane: int) -> Batch | None:
        batch = self._queues[lane].get()
        with self._changed:
            if batch is None or self._channel.stopping.is_set():
                return None
            self._busy[lane] = batch
            return batch

    def _deliver(self, batch: Batch) -> None:
        try:
            upload = Upload(self._channel, batch.entries, batch.sources)
            settlement = upload.run()
            try:
                released = self._trial.judge(settlement)
            except UploadStopped:
                self._write_down(settlement)
                raise
            self._write_down(settlement.with_refused(released))
            upload.end()
            with self._changed:
                # only now: were a failed batch no longer waited for, the run could end well
                self._waiting_records -= len(batch.entries)
                self._waiting_bytes -= batch.waiting_bytes
        finally:
            with self._changed:
                del self._busy[batch.lane]
                self._changed.notify_all()

    def _write_down(self, settlement: Settlement) -> None:
        """Make a batch's end lasting, in the order in which a kill does no harm."""
        if settlement.rejects:
            self._rejects.write(settlement.rejects)
        if settlement.held and settlement.claim is not None and self._channel.ledger is not None:
            self._channel.ledger.settle(settlement.claim, held=settlement.held)
        self._channel.summary.count(
            delivered=settlement.delivered, already_delivered=settlement.already_delivered
        )
        self._channel.summary.count_rejects(reject.code for reject in settlement.rejects)
        self._checkpoints.settle(settlement.segments)

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
        self._halt()
        self._wake()
