"""Delivery: records go in, lanes upload them in parallel, states come out when they are true.

There is no SDK `Sink` here, because a `Sink` takes the records of one stream and drains them alone:

- Records of one user keep their order across streams, so that a profile is not overwritten by an
  older one. So lanes are by user, not by stream.
- A state passes records of all streams. It is written when all before it is settled.
- CleverTap limits the requests of an account, not of a stream.

So one delivery takes all streams. The SDK's other work is used: settings, stream maps, messages.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from target_clevertap.delivery.batch_result import BatchResult, RefusedRecord
from target_clevertap.delivery.calls import Calls
from target_clevertap.delivery.lane_threads import MOST_OPEN_BYTES, POLL_SECONDS, LaneThreads
from target_clevertap.delivery.lanes import Lanes, Limits, Source
from target_clevertap.delivery.result_writer import ResultWriter
from target_clevertap.delivery.upload import Upload
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_clevertap.delivery.checkpoints import Checkpoints, Segment
    from target_clevertap.delivery.circuit_breaker import CircuitBreaker
    from target_clevertap.delivery.identity_guard import Held, IdentityGuard
    from target_clevertap.delivery.lanes import Batch
    from target_clevertap.delivery.state_writer import StateWriter
    from target_clevertap.delivery.upload_context import UploadContext
    from target_clevertap.records.entries import Entry
    from target_clevertap.rejects.file import RejectsFile
    from target_clevertap.rejects.reject import Reject

BATCHES_OF_FEW = 3
"""Batches that wait in one lane before all lanes are used."""


class Delivery:
    """Uploads batches in one thread for each lane.

    - A lane has one request in flight at most, so that a user's records keep their order.
    - Only the thread that reads the input calls its methods.
    - It has no lock of its own: `LaneThreads`, the circuit breaker, the checkpoints and the files
      have theirs.
    - An error of a lane stops all lanes and is raised by the next call of the reading thread,
      which is woken for it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a run, each made elsewhere
        self,
        context: UploadContext,
        rejects: RejectsFile,
        checkpoints: Checkpoints,
        states: StateWriter,
        limits: Limits,
        breaker: CircuitBreaker,
        *,
        wake: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        """Start nothing yet.

        Args:
            context: What the uploads share.
            rejects: The file for what is not delivered.
            checkpoints: Told of what is settled.
            states: Writes what they let through.
            limits: Of requests and batches.
            breaker: Holds back what is refused.
            wake: Makes the reading thread call `tick` soon; called from any thread.
            check: Raises when a signal wants the run to end.
        """
        self._context = context
        self._checkpoints = checkpoints
        self._states = states
        self._breaker = breaker
        self._writer = ResultWriter(rejects, context.ledger, context.summary, checkpoints)
        self._limits = limits
        self._flush_seconds = limits.flush_seconds
        self._has_expected_few = False
        self._lanes = Lanes(limits)
        self._calls = Calls(limits)
        self._threads = LaneThreads(limits, self._deliver, context.stop, wake=wake, check=check)
        self._check = check
        self._refused: list[RefusedRecord] = []
        self.guard: IdentityGuard | None = None
        """Holds back what may be of wrong users; None where nobody asked for it."""

        self.is_state_held = False
        """Whether the state stays where it was, as our own checks refused all there was."""

    def start(self) -> None:
        """Start the lanes and the writer of states.

        Raises:
            SystemLimitError: When the system does not let them start.
        """
        self._threads.start()
        self._states.start(self._threads.fail)

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
        if self.guard is None:
            self._add(entries, source)
        else:
            self._add_held(self.guard.take(entries, source))

    def _add_held(self, released: Iterable[Held]) -> None:
        for held in released:
            self._add(held.entries, held.source)

    def _add(self, entries: Sequence[Entry], source: Source) -> None:
        self._breaker.expect(source.origin.name, len(entries))
        if source.endpoint.is_call:
            self._calls.add(entries, source, seal=self._enqueue_call)
        else:
            if self._calls:
                self._calls.seal_users([entry.user for entry in entries], self._enqueue_call)
            self._lanes.add(entries, source, seal=self._enqueue)
            if self._lanes.width < self._limits.lanes:
                self._widen_if_much()
        if self._open_bytes > MOST_OPEN_BYTES:
            self._flush(time.monotonic())

    def expect_few(self) -> None:
        """Gather what comes from now on in one lane, for as few requests as can be.

        That holds until it is much after all, once in a run.
        """
        if not self._has_expected_few:
            self._has_expected_few = True
            self._turn_to(1)

    def _widen_if_much(self) -> None:
        if self._threads.waiting_records > BATCHES_OF_FEW * self._limits.rows:
            self._turn_to(self._limits.lanes)

    def _turn_to(self, width: int) -> None:
        """Spread users into other lanes, once all that came before is delivered."""
        self._flush(time.monotonic())
        self._threads.wait_until_empty()
        self._lanes.turn_to(width)

    def refuse(self, segment: Segment, reject: Reject) -> None:
        """Take a record that is not sent at all."""
        self._refused.append(RefusedRecord(segment, reject))

    def pass_over(self, stream: str, unchanged: int) -> None:
        """Count profiles that are not sent, as equal ones of the stream were delivered before."""
        if unchanged:
            self._context.summary.count_left_out(stream, "unchanged", unchanged)
            self._write_refused(self._breaker.prove(stream))

    def tick(self) -> None:
        """Do what is due.

        Raises:
            UploadStopped: Or any other error of a lane.
        """
        self._threads.raise_error()
        if self.guard is not None:
            self._add_held(self.guard.release_old())
        self._judge_unsent()
        self._write_refused(self._breaker.release_old())
        self._flush(time.monotonic() - self._flush_seconds)

    def seconds_until_due(self) -> float | None:
        """Return in how many seconds `tick` has something to do; None for never."""
        opened = [self._lanes.oldest(), self._calls.oldest()]
        now = time.monotonic()
        due = [each + self._flush_seconds - now for each in opened if each is not None]
        due += [] if (held := self._breaker.seconds_until_old()) is None else [held]
        if self.guard is not None and (held := self.guard.seconds_until_due()) is not None:
            due.append(held)
        return max(0.0, min(due)) if due else None

    def finish(self) -> None:
        """Deliver all that was added.

        Raises:
            UploadStopped: Or any other error of a lane.
        """
        if self.guard is not None:
            self._add_held(self.guard.end())
        self._breaker.input_ended()
        self._judge_unsent()
        self._flush(time.monotonic())
        self._threads.wait_until_empty()
        released = self._breaker.release()
        if not self._context.retrier.answered.is_set() and not self._context.summary.records:
            self.is_state_held = self._breaker.holds_state(len(released))
        if self.is_state_held:
            self._checkpoints.end()
        self._write_refused(released)
        self.write_states()

    def write_states(self) -> None:
        """Wait until the newest state that may be written is.

        Raises:
            UploadStopped: Or any other error of a lane, or of the writer.
        """
        while not self._states.is_idle:
            self._check()
            self._states.drain(time.monotonic() + POLL_SECONDS)
        self._threads.raise_error()

    @property
    def requests_in_flight(self) -> int:
        """How many batches are being uploaded now."""
        return self._threads.requests_in_flight

    def stop(self, until: Callable[[], float]) -> None:
        """Send nothing more, and wait for what is in flight.

        Args:
            until: Tells when to wait no longer, on the monotonic clock; a signal may change it.
        """
        self._threads.halt()
        on_their_way = self._threads.wait(until)
        self._context.summary.count_uncertain(
            Counter([source.origin.name for batch in on_their_way for source in batch.sources])
        )
        self._checkpoints.end()
        while not self._states.is_idle and time.monotonic() < until():
            self._states.drain(time.monotonic() + POLL_SECONDS)

    @property
    def _open_bytes(self) -> int:
        return self._lanes.open_bytes + self._calls.open_bytes

    def _enqueue(self, batch: Batch) -> None:
        self._threads.enqueue(batch, self._open_bytes)

    def _enqueue_call(self, batch: Batch) -> None:
        """Hand a batch of calls to a lane, after all uploads that came before it."""
        for earlier in self._lanes.due(time.monotonic()):
            self._enqueue(earlier)
        self._enqueue(batch)

    def _flush(self, opened_before: float) -> None:
        for batch in self._calls.due(opened_before):
            self._enqueue_call(batch)
        for batch in self._lanes.due(opened_before):
            self._enqueue(batch)

    def _judge_unsent(self) -> None:
        """Let the circuit breaker judge what our own checks refused since the last time."""
        refused, self._refused = self._refused, []
        self._write_refused(self._breaker.judge_unsent(refused))
        if self._breaker.awaits_answers:
            self._flush(time.monotonic())
            self._threads.wait_until(lambda: not self._breaker.awaits_answers)

    def _write_refused(self, refused: list[RefusedRecord]) -> None:
        if refused:
            rejects = [each.reject for each in refused]
            result = BatchResult([each.segment for each in refused], rejects=rejects)
            self._writer.write(result, self._check)

    def _deliver(self, batch: Batch) -> None:
        """Bring a batch to its end; in its lane's thread."""
        upload = Upload(self._context.at(batch.endpoint), batch.entries, batch.sources)
        result = upload.run()
        try:
            released = self._breaker.judge_batch(result)
        except UploadStopped:
            self._writer.write(result)
            raise
        self._writer.write(result.with_refused(released))
        upload.end()
