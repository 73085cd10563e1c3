"""How many requests may be in flight at once, and how long to pause before another try."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import backoff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 60.0


def growing_pauses() -> Iterator[float]:
    """Yield seconds to pause before each next try, doubling and jittered."""
    pauses = backoff.expo(factor=FIRST_PAUSE_SECONDS, max_value=LONGEST_PAUSE_SECONDS)
    next(pauses)  # the library's generators begin with a value that is no pause
    while True:
        yield backoff.full_jitter(next(pauses))


class Permits:
    """Lets a changing number of requests be in flight: halved when throttled, then up again."""

    def __init__(self, most: int) -> None:
        """Allow all.

        Args:
            most: Requests in flight at most.
        """
        self.limit = most
        self._most = most
        self._taken = 0
        self._successes = 0
        self._is_closed = False
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        with self._changed:
            while self._taken >= self.limit and not self._is_closed:
                self._changed.wait()
            self._taken += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def throttled(self) -> None:
        """Halve the limit; called while holding a permit."""
        with self._changed:
            self.limit = max(1, min(self.limit, self._taken) // 2)
            self._successes = 0

    def succeeded(self) -> None:
        """Raise the limit by one once as many requests went well as it allows at a time."""
        with self._changed:
            self._successes += 1
            if self._successes >= self.limit and self.limit < self._most:
                self.limit += 1
                self._successes = 0
                self._changed.notify()
