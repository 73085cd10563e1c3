"""Lanes: every user's records in one queue, cut into batches by count and bytes."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_clevertap.client import ENVELOPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_clevertap.checkpoints import Segment
    from target_clevertap.rejects import Origin


@dataclass(frozen=True, slots=True)
class Entry:
    """A record on its way to CleverTap."""

    payload: bytes
    """The encoded CleverTap record."""

    user: str
    """The user key: records of equal users keep their order."""

    counts_again: bool
    """Whether sending it twice counts twice."""

    name: bytes | None
    """Its name in the ledger; None where sending it twice does no harm."""

    insisted: bool
    """Whether the user sends it again on purpose, from a rejects file."""

    segment: Segment
    """Which state waits for it."""

    origin: Origin
    """Where it came from, should it be rejected."""

    raw: bytes
    """The record as it came in."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be sent at once."""

    lanes: int
    """Requests in flight at most."""

    rows: int
    """Records in a request at most."""

    request_bytes: int
    """Bytes in a request at most; a record alone in its request may exceed them."""

    flush_seconds: float
    """How long a batch may stay open."""


@dataclass(slots=True)
class Batch:
    """Records for one request, in the order they came."""

    lane: int
    opened_at: float
    """On the monotonic clock, in seconds."""

    entries: list[Entry] = field(default_factory=list)
    request_bytes: int = ENVELOPE_BYTES
    waiting_bytes: int = 0
    """What the records hold in memory."""


class Lanes:
    """The open batches, one for each lane; only the reading thread touches them.

    Records of one user are in one lane, and a lane has one request in flight: so they keep their
    order, across streams too.
    """

    def __init__(self, limits: Limits) -> None:
        """Open nothing yet."""
        self.open_bytes = 0
        self._limits = limits
        self._open: dict[int, Batch] = {}

    def add(self, entry: Entry, *, seal: Callable[[Batch], None]) -> None:
        """Put a record into its user's lane, and seal a batch that is full.

        Args:
            entry: The record; equal users share a lane, in this run and any other.
            seal: What to do with a batch that nothing more is added to.
        """
        lane = zlib.crc32(entry.user.encode()) % self._limits.lanes
        size = len(entry.payload) + 1
        batch = self._open.get(lane)
        if batch is not None and batch.request_bytes + size > self._limits.request_bytes:
            seal(self._close(lane))
            batch = None
        if batch is None:
            batch = self._open[lane] = Batch(lane, time.monotonic())
        held = len(entry.payload) + len(entry.raw)
        batch.entries.append(entry)
        batch.request_bytes += size
        batch.waiting_bytes += held
        self.open_bytes += held
        if len(batch.entries) >= self._limits.rows:
            seal(self._close(lane))

    def due(self, opened_before: float) -> Iterator[Batch]:
        """Close and return the batches opened before a moment of the monotonic clock."""
        lanes = [lane for lane, batch in self._open.items() if batch.opened_at <= opened_before]
        return (self._close(lane) for lane in lanes)

    def oldest(self) -> float | None:
        """Return when the oldest open batch was opened, on the monotonic clock."""
        return min((batch.opened_at for batch in self._open.values()), default=None)

    def _close(self, lane: int) -> Batch:
        batch = self._open.pop(lane)
        self.open_bytes -= batch.waiting_bytes
        return batch
