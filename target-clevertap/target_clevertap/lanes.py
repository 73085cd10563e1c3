"""Lanes: every user's records in one queue, cut into batches by count and bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from target_clevertap.client import ENVELOPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_clevertap.checkpoints import Segment
    from target_clevertap.entries import Entry, Parcel
    from target_clevertap.rejects import Origin


@dataclass(frozen=True, slots=True)
class Source:
    """What entries of one stretch of the input have in common."""

    origin: Origin
    """Where they came from, should they be rejected."""

    segment: Segment
    """Which state waits for them."""

    insisted: bool = False
    """Whether the user sends them again on purpose, from a rejects file."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be sent at once."""

    lanes: int
    """How many there are."""

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
    sources: list[Source] = field(default_factory=list)
    """One for each entry."""

    request_bytes: int = ENVELOPE_BYTES
    waiting_bytes: int = 0
    """What the records hold in memory."""

    def add(self, parcel: Parcel, source: Source) -> None:
        """Put entries after the others.

        Args:
            parcel: The entries.
            source: Where they came from.
        """
        self.entries.extend(parcel.entries)
        self.sources.extend([source] * len(parcel.entries))
        self.request_bytes += parcel.request_bytes
        self.waiting_bytes += parcel.held_bytes


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
        # The first batches differ, so that lanes do not all want the ledger at the same moment.
        self._rows = [
            max(1, limits.rows * (lane + 1) // limits.lanes) for lane in range(limits.lanes)
        ]

    def add(self, parcel: Parcel, source: Source, *, seal: Callable[[Batch], None]) -> None:
        """Put entries into their lane, and seal batches that are full.

        Args:
            parcel: The entries.
            source: Where they came from.
            seal: What to do with a batch that nothing more is added to.
        """
        lane = parcel.lane
        while parcel.entries:
            batch = self._open.get(lane) or self._opened(lane)
            fitting, parcel = parcel.split(self._fitting(batch, parcel))
            batch.add(fitting, source)
            self.open_bytes += fitting.held_bytes
            if parcel.entries or len(batch.entries) >= self._rows[lane]:
                self._rows[lane] = self._limits.rows
                seal(self._close(lane))

    def _opened(self, lane: int) -> Batch:
        batch = self._open[lane] = Batch(lane, time.monotonic())
        return batch

    def _fitting(self, batch: Batch, parcel: Parcel) -> int:
        """Return how many entries fit into a batch; of an empty one at least one."""
        rows = self._rows[parcel.lane] - len(batch.entries)
        left = self._limits.request_bytes - batch.request_bytes
        if parcel.request_bytes <= left:
            return rows
        sizes = accumulate(len(entry.payload) + 1 for entry in parcel.entries)
        fitting = sum(1 for _ in takewhile(left.__ge__, sizes))
        return min(rows, fitting) if batch.entries else max(1, min(rows, fitting))

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
