"""The circuit breaker: a run stops where all first records of a stream are refused.

Then the rule or the project is more likely wrong than the records.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.delivery.batch_result import BatchResult, RefusedRecord

BATCHES_ON_TRIAL = 3
HOLD_SECONDS = 30.0
"""How long a stream's refusals hold up the states of others that are delivered."""
LARGEST_HELD_BYTES = 64_000_000

Held = tuple[int, "RefusedRecord"]
"""A refused record with its number among all that were held back: their order holds across
streams."""


@dataclass(slots=True)
class _Stream:
    """One on trial: nothing of it was delivered yet."""

    refused: int = 0
    requests: int = 0
    """In how many requests all of its records were refused."""

    pending: int = 0
    """Records that passed our own checks and have no answer yet."""

    codes: Counter[object] = field(default_factory=Counter)
    reason: str = ""
    held: list[Held] = field(default_factory=list)
    held_bytes: int = 0
    held_since: float = 0.0


class CircuitBreaker:
    """Holds back refused records until it is known that the set-up is not to blame.

    - May be used from any thread.
    - Each stream is on trial until a record of it is delivered.
    - A stream fails where all of its first full batches are refused, by CleverTap or by our own
      checks. The method that notices it raises `UploadStopped`. What is held back is then never
      written to the rejects file, and no state passes it.
    - A few bad records are released: at the end of the input, or after a while where other streams
      are delivered.
    - All are released before a reject that may not be held back is written, as CleverTap may have
      its record: a replay has to send a user's records in their order.
    """

    def __init__(self, rows: int, *, stops: bool, allowed: int) -> None:
        """Put every stream on trial.

        Args:
            rows: Records in a batch at most.
            stops: Whether a run stops at all; else nothing is held back.
            allowed: Rejects with which a run ends well; -1 is any number.
        """
        self._allowed = allowed
        self._enough = rows
        self._few = (BATCHES_ON_TRIAL - 1) * rows
        self._most = BATCHES_ON_TRIAL * rows
        self._stops = stops
        self._streams: dict[str, _Stream] = {}
        self._proven: set[str] = set()
        self._is_input_ended = False
        self._numbers = count()
        self._lock = threading.Lock()

    def expect(self, stream: str, records: int) -> None:
        """Note that records of a stream are on their way to CleverTap."""
        if stream in self._proven or not self._stops:
            return
        with self._lock:
            self._on_trial(stream).pending += records

    def prove(self, stream: str) -> list[RefusedRecord]:
        """Note that records of a stream came as they were delivered before: its set-up works.

        Returns:
            What was held back of it, to be written down now.
        """
        if stream in self._proven:
            return []
        with self._lock:
            self._proven.add(stream)
            return _in_order(self._streams.pop(stream, _Stream()).held)

    def judge_unsent(self, refused: Iterable[RefusedRecord]) -> list[RefusedRecord]:
        """Judge what our own checks refused, and return what may be written down now.

        Raises:
            UploadStopped: When the set-up is to blame.
        """
        with self._lock:
            return _in_order(self._hold_back(refused))

    def judge_batch(self, result: BatchResult) -> list[RefusedRecord]:
        """Judge a batch's result, and return the refused records to be written down now.

        Raises:
            UploadStopped: When the set-up is to blame; what is held is never written down.
        """
        with self._lock:
            released: list[Held] = []
            for name in result.delivered_by.keys() - self._proven:
                self._proven.add(name)
                if name in self._streams:
                    released += self._streams.pop(name).held
            for name in result.settled if self._stops else ():
                if name not in self._proven:
                    self._count_request(name, result)
            released += self._hold_back(result.refused, result.settled)
            if result.rejects:
                released += self._release_all()
            return _in_order(released)

    def input_ended(self) -> None:
        """Note that no more records will come than are on their way."""
        with self._lock:
            self._is_input_ended = True

    @property
    def awaits_answers(self) -> bool:
        """Whether only answers can tell, so that nothing more is to be read before they come."""
        with self._lock:
            return any(
                each.refused >= self._most and each.pending for each in self._streams.values()
            )

    def release_old(self) -> list[RefusedRecord]:
        """Return what held up the states of other streams for long enough."""
        with self._lock:
            if not self._proven:
                return []
            latest = time.monotonic() - HOLD_SECONDS
            old = [each for each in self._streams.values() if each.held_since < latest]
            return _in_order(held for each in old for held in _released(each))

    def seconds_until_old(self) -> float | None:
        """Return in how many seconds something is held for long enough, or None."""
        with self._lock:
            since = [each.held_since for each in self._streams.values() if each.held]
        if not since or not self._proven:
            return None
        return max(0.0, min(since) + HOLD_SECONDS - time.monotonic())

    def release(self) -> list[RefusedRecord]:
        """End the trial, for everything was answered.

        Raises:
            UploadStopped: When too many were refused for a few bad records.
        """
        with self._lock:
            for name, stream in self._streams.items():
                if stream.refused > self._few:
                    raise UploadStopped(_advice(name, stream))
            return _in_order(self._release_all())

    def holds_state(self, refused: int) -> bool:
        """Tell whether a run of which nothing was even sent leaves the state where it was.

        Args:
            refused: How many records it had, all of them refused.
        """
        return self._stops and 0 <= self._allowed < refused

    def _count_request(self, name: str, result: BatchResult) -> None:
        stream, records = self._on_trial(name), result.settled[name]
        stream.pending -= records
        refused = sum(reject.origin.name == name for _, reject in result.refused)
        stream.requests += 0 < refused == records

    def _hold_back(
        self, refused: Iterable[RefusedRecord], settled: Iterable[str] = ()
    ) -> list[Held]:
        released: list[Held] = []
        touched = set(settled)
        for held in zip(self._numbers, refused, strict=False):
            name = held[1].reject.origin.name
            if name in self._proven or not self._stops:
                released.append(held)
                continue
            touched.add(name)
            released += _hold(self._on_trial(name), held)
        for name in touched & self._streams.keys():
            self._stop_if_to_blame(name)
        return released

    def _release_all(self) -> list[Held]:
        return [held for each in self._streams.values() for held in _released(each)]

    def _on_trial(self, name: str) -> _Stream:
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = _Stream()
        return stream

    def _stop_if_to_blame(self, name: str) -> None:
        stream = self._streams[name]
        enough = self._few + 1 if self._is_input_ended else self._enough
        by_clevertap = stream.requests >= BATCHES_ON_TRIAL and stream.refused >= enough
        if by_clevertap or (stream.refused >= self._most and not stream.pending):
            raise UploadStopped(_advice(name, stream))


def _hold(stream: _Stream, held: Held) -> list[Held]:
    """Hold a refused record back, and return those that are too large to be held together."""
    _, (_, reject) = held
    stream.refused += 1
    stream.codes[reject.status.code] += 1
    if not stream.held:
        stream.held_since = time.monotonic()
    stream.held.append(held)
    stream.held_bytes += len(reject.raw)
    if isinstance(reject.status.code, str):
        stream.reason = stream.reason or reject.status.reason
    return _released(stream) if stream.held_bytes > LARGEST_HELD_BYTES else []


def _released(stream: _Stream) -> list[Held]:
    released, stream.held, stream.held_bytes = stream.held, [], 0
    return released


def _in_order(held: Iterable[Held]) -> list[RefusedRecord]:
    return [refused for _, refused in sorted(held, key=itemgetter(0))]


def _advice(name: str, stream: _Stream) -> str:
    codes = ", ".join(f"code {code}: {count}" for code, count in stream.codes.most_common())
    # CleverTap's own words may hold values
    why = f", as {visible(stream.reason)}" if stream.reason else ""
    return (
        f"stream {shown(name)}: all of its first {stream.refused} records were refused "
        f"({codes}{why}), so the rule or the project is probably wrong, and no state passes them; "
        f"correct {shown(f'streams.{name}')}, or set `all_rejected: continue` to have them written "
        "to the rejects file"
    )
