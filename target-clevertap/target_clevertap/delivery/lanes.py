"""Lanes: every user's records in one queue, cut into batches by count and bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_clevertap.records.endpoints import UPLOAD
from target_clevertap.records.entries import lane_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_clevertap.delivery.checkpoints import Segment
    from target_clevertap.records.endpoints import RecordEndpoint
    from target_clevertap.records.entries import Entry
    from target_clevertap.singer.origin import Origin


@dataclass(frozen=True, slots=True)
class Source:
    """What entries of one stream have in common until the next state."""

    origin: Origin
    """Where they came from, should they be rejected."""

    segment: Segment
    """Which state waits for them."""

    is_replay: bool = False
    """Whether the user sends them again on purpose, from a rejects file."""

    endpoint: RecordEndpoint = UPLOAD
    """Where all of them are sent."""

    is_doubtful: bool = False
    """Whether they are rejects that CleverTap may have: only then does a replay send what the
    ledger knows as on its way, or as held."""


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


@dataclass(slots=True, eq=False)
class Batch:
    """Records for one request, in the order they came; one at least once it is open."""

    lane: int
    opened_at: float
    """On the monotonic clock, in seconds."""

    entries: list[Entry] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    """One for each entry."""

    request_bytes: int = UPLOAD.envelope_bytes
    waiting_bytes: int = 0
    """What the records hold in memory."""

    endpoint: RecordEndpoint = UPLOAD
    after: Sequence[Batch] = ()
    """Batches that were sealed before, and have to come to their end before it is sent."""

    is_done: bool = False
    """Whether it came to its end; changes while `LaneThreads` holds its lock."""


class Lanes:
    """The open batches, one for each lane; only the reading thread touches them.

    Records of one user are in one lane, and a lane has one request in flight: so they keep their
    order, across streams too.
    """

    def __init__(self, limits: Limits) -> None:
        """Open nothing yet."""
        self.open_bytes = 0
        self.width = limits.lanes
        """Into how many lanes the users are spread."""

        self._limits = limits
        self._open: dict[int, Batch] = {}
        # The first batches differ, so that lanes do not all want the ledger at the same moment.
        self._rows = [
            max(1, limits.rows * (lane + 1) // limits.lanes) for lane in range(limits.lanes)
        ]

    def turn_to(self, width: int) -> None:
        """Spread the users into so many lanes; nothing may be open or on its way.

        Args:
            width: How many of the lanes.
        """
        self.width = width
        self._rows = [self._limits.rows] * self._limits.lanes

    def add(
        self, entries: Iterable[Entry], source: Source, *, seal: Callable[[Batch], None]
    ) -> None:
        """Put each entry into its user's lane, and seal the batches that are full.

        Args:
            entries: The records, in their order.
            source: Where they came from.
            seal: What to do with a batch that nothing more is added to.
        """
        lanes, most_bytes = self.width, self._limits.request_bytes
        batches, rows = self._open, self._rows
        for entry in entries:
            lane = lane_of(entry.user, lanes)
            size = len(entry.payload)
            batch = batches.get(lane)
            if batch is None:
                batch = self._opened(lane)
            elif batch.request_bytes + size + 1 > most_bytes:
                self._seal(lane, seal)
                batch = self._opened(lane)
            batch.entries.append(entry)
            batch.sources.append(source)
            batch.request_bytes += size + 1
            held = size + len(entry.raw)
            batch.waiting_bytes += held
            self.open_bytes += held
            if len(batch.entries) >= rows[lane]:
                self._seal(lane, seal)

    def _opened(self, lane: int) -> Batch:
        batch = self._open[lane] = Batch(lane, time.monotonic())
        return batch

    def _seal(self, lane: int, seal: Callable[[Batch], None]) -> None:
        self._rows[lane] = self._limits.rows
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
