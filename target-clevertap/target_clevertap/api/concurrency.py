"""How many requests may be in flight at once, and how long to pause before another try."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import backoff

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 60.0


def growing_pauses() -> Iterator[float]:
    """Yield seconds to pause before each next try, doubling and jittered."""
    pauses = backoff.expo(factor=FIRST_PAUSE_SECONDS, max_value=LONGEST_PAUSE_SECONDS)
    next(pauses)  # the library's generators begin with a value that is no pause
    while True:
        yield backoff.full_jitter(next(pauses))


class ConcurrencyLimit:
    """Lets a changing number of requests be in flight: halved when too many, then up again."""

    def __init__(self, most: int) -> None:
        """Allow all.

        Args:
            most: Requests in flight at most.
        """
        self.limit = most
        self._most = most
        self._taken = 0
        self._successes = 0
        self._round = 0
        self._is_closed = False
        self._changed = threading.Condition()

    @contextmanager
    def permit(self) -> Iterator[int]:
        """Wait for a permit, and yield the round it was given in."""
        with self._changed:
            while self._taken >= self.limit and not self._is_closed:
                self._changed.wait()
            self._taken += 1
            began = self._round
        try:
            yield began
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def slow_down(self, began: int) -> None:
        """Halve the limit, once for all requests that were in flight together.

        Args:
            began: The round the request's permit was given in.
        """
        with self._changed:
            if began != self._round:
                return
            self._round += 1
            self._successes = 0
            self.limit = max(1, self.limit // 2)

    def succeeded(self) -> None:
        """Raise the limit by one once as many requests went well as it allows at a time."""
        with self._changed:
            self._successes += 1
            if self._successes >= self.limit and self.limit < self._most:
                self.limit += 1
                self._successes = 0
                self._changed.notify()
