"""Open batches of calls about users, and what waits for what between calls and uploads.

- What came before a call is delivered before it: an upload that comes late would bring a deleted
  user back.
- A record of a user who is in a call waits for that call: a user who comes back stays.
- Nobody knows whose a telephone number or an address is. So all uploads wait for the subscriptions
  and disassociations that were sealed before them.
"""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

from target_clevertap.delivery.lanes import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from target_clevertap.delivery.lanes import Limits, Source
    from target_clevertap.records.endpoints import RecordEndpoint
    from target_clevertap.records.entries import Entry


class Calls:
    """The open batches of calls, one for each endpoint; only the reading thread touches them."""

    def __init__(self, limits: Limits) -> None:
        """Open nothing yet."""
        self.open_bytes = 0
        self._limits = limits
        self._open: dict[RecordEndpoint, Batch] = {}
        self._users: dict[RecordEndpoint, set[str]] = {}
        self._numbers = count()

    def __bool__(self) -> bool:
        """Tell whether a batch is open."""
        return bool(self._open)

    def add(
        self, entries: Iterable[Entry], source: Source, *, seal: Callable[[Batch], None]
    ) -> None:
        """Gather entries of one endpoint, and seal what is full or has a user of theirs.

        Args:
            entries: In their order.
            source: Where they came from, and where they are sent.
            seal: What to do with a batch that nothing more is added to.
        """
        endpoint = source.endpoint
        rows = min(endpoint.rows, self._limits.rows)
        for entry in entries:
            self.seal_users((entry.user,), seal, but=endpoint)
            size, held = len(entry.payload) + 1, len(entry.payload) + len(entry.raw)
            batch = self._open.get(endpoint)
            if batch and batch.request_bytes + size > self._limits.request_bytes:
                seal(self._close(endpoint))
                batch = None
            batch = batch or self._opened(endpoint)
            batch.entries.append(entry)
            batch.sources.append(source)
            batch.request_bytes += size
            batch.waiting_bytes += held
            self.open_bytes += held
            self._users[endpoint].add(entry.user)
            if len(batch.entries) >= rows:
                seal(self._close(endpoint))

    def seal_users(
        self, users: Iterable[str], seal: Callable[[Batch], None], but: RecordEndpoint | None = None
    ) -> None:
        """Seal the batches that one of these users is in, but for those of one endpoint."""
        sought = None
        for endpoint in [*self._open]:
            if endpoint is but:
                continue
            sought = {*users} if sought is None else sought
            if not self._users[endpoint].isdisjoint(sought):
                seal(self._close(endpoint))

    def due(self, opened_before: float) -> list[Batch]:
        """Close and return the batches opened before a moment of the monotonic clock."""
        due = [each for each, batch in self._open.items() if batch.opened_at <= opened_before]
        return [self._close(endpoint) for endpoint in due]

    def oldest(self) -> float | None:
        """Return when the oldest open batch was opened, on the monotonic clock."""
        return min((batch.opened_at for batch in self._open.values()), default=None)

    def _opened(self, endpoint: RecordEndpoint) -> Batch:
        lane = next(self._numbers) % self._limits.lanes
        batch = Batch(
            lane, time.monotonic(), request_bytes=endpoint.envelope_bytes, endpoint=endpoint
        )
        self._open[endpoint], self._users[endpoint] = batch, set()
        return batch

    def _close(self, endpoint: RecordEndpoint) -> Batch:
        batch = self._open.pop(endpoint)
        del self._users[endpoint]
        self.open_bytes -= batch.waiting_bytes
        return batch


def batches_before(batch: Batch, on_their_way: Sequence[Batch]) -> list[Batch]:
    """Return which of the batches on their way have to come to their end before this one is sent.

    Args:
        batch: That is sealed now.
        on_their_way: All that were sealed before and have no end yet.
    """
    if batch.endpoint.is_call:
        users = _users_of(batch)
        return [
            each
            for each in on_their_way
            if each.endpoint is not batch.endpoint or not users.isdisjoint(_users_of(each))
        ]
    calls = [each for each in on_their_way if each.endpoint.is_call]
    if not calls:
        return []
    users = _users_of(batch)
    return [
        each
        for each in calls
        if not each.endpoint.is_by_user or not users.isdisjoint(_users_of(each))
    ]


def _users_of(batch: Batch) -> set[str]:
    return {entry.user for entry in batch.entries}
