"""How many requests may be in flight at once."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class ConcurrencyLimit:
    """Lets a changing number of requests be in flight: additive increase, multiplicative decrease.

    - May be used from any thread; a request holds one slot while it is in flight.
    - The limit is halved once for all requests that were in flight together.
    - It goes up by one after as many successes as it allows at a time.
    - After `close` nobody waits for a slot any more.
    """

    def __init__(self, most: int) -> None:
        """Allow all.

        Args:
            most: Requests in flight at most.
        """
        self.limit = most
        self._most = most
        self._in_flight = 0
        self._successes = 0
        self._round = 0
        self._is_closed = False
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Iterator[int]:
        """Wait for a slot, and yield the round in which it was given."""
        with self._changed:
            while self._in_flight >= self.limit and not self._is_closed:
                self._changed.wait()
            self._in_flight += 1
            began = self._round
        try:
            yield began
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def slow_down(self, began: int) -> None:
        """Halve the limit, unless another request of the same round has done so.

        Args:
            began: The round in which the request's slot was given.
        """
        with self._changed:
            if began != self._round:
                return
            self._round += 1
            self._successes = 0
            self.limit = max(1, self.limit // 2)

    def succeeded(self) -> None:
        """Count a success, and raise the limit by one where there were enough of them."""
        with self._changed:
            self._successes += 1
            if self._successes >= self.limit and self.limit < self._most:
                self.limit += 1
                self._successes = 0
                self._changed.notify()
