"""Counting the requests of a run while they come and go."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.report.figures import RequestTotals

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class SentRequest:
    """One request while it is in flight."""

    is_throttled: bool = False


class RequestFigures:
    """Counts requests; may be used from any thread. What it keeps does not grow with the run."""

    def __init__(self) -> None:
        """Begin to count, and the clock."""
        self._figures = RequestTotals()
        self._in_flight = 0
        self._began = time.monotonic()
        self._lock = threading.Lock()

    @contextmanager
    def request(self, kind: str, size: int) -> Iterator[SentRequest]:
        """Count a request from now until its end.

        Args:
            kind: `UPLOADS` or `OTHER`.
            size: Bytes of its records.
        """
        began = time.monotonic()
        sent, figures = SentRequest(), self._figures
        with self._lock:
            self._in_flight += 1
            figures.most_in_flight = max(figures.most_in_flight, self._in_flight)
            slot = figures.timeline.at(began - self._began)
            slot.most_in_flight = max(slot.most_in_flight, self._in_flight)
        try:
            yield sent
        finally:
            ended = time.monotonic()
            with self._lock:
                self._count(kind, size, sent, ended - began)
                slot = figures.timeline.at(ended - self._began)
                slot.requests += 1
                slot.throttled += sent.is_throttled
                slot.most_in_flight = max(slot.most_in_flight, self._in_flight)
                self._in_flight -= 1

    def count_delivered(self, records: int) -> None:
        """Note when records were delivered."""
        with self._lock:
            self._figures.timeline.at(time.monotonic() - self._began).delivered += records

    def now(self) -> RequestTotals:
        """Return the figures as they are now."""
        with self._lock:
            self._figures.timeline.at(time.monotonic() - self._began)  # slots up to now
            return deepcopy(self._figures)

    def _count(self, kind: str, size: int, sent: SentRequest, seconds: float) -> None:
        figures = self._figures
        figures.kinds[kind] += 1
        figures.bytes += size
        figures.throttled += sent.is_throttled
        figures.latencies.add(seconds)
