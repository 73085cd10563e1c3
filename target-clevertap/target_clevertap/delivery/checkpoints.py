"""Which state may be written: the newest with nothing before it still on its way.

Part of the pure core, but for its lock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True, eq=False)
class Segment:
    """The records between two states; only the reading thread counts `accepted`."""

    accepted: int = 0
    settled: int = 0
    state: bytes | None = None
    """The state that closes it; None while it is open."""

    @property
    def is_complete(self) -> bool:
        """Whether a state closes it and everything in it is delivered or safely rejected."""
        return self.state is not None and self.settled == self.accepted


class Checkpoints:
    """Holds back each state until all before it is settled, then writes the newest such.

    - Only the reading thread calls `close_segment`, and counts in `current`.
    - `settle` and `end` may be called from any thread.
    - `write` is called with the lock held: it must not wait.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        """Begin with an open segment.

        Args:
            write: Puts one state where the runner of the pipeline reads it.
        """
        self.current = Segment()
        self._write = write
        self._closed: deque[Segment] = deque()
        self._lock = Lock()
        self._is_ended = False

    def close_segment(self, state: bytes) -> None:
        """End the current segment with a state, and write it if nothing is on its way."""
        with self._lock:
            self._closed.append(self.current)
            self.current.state = state
            self.current = Segment()
            self._advance()

    def settle(self, segments: list[Segment]) -> None:
        """Count records as delivered or safely rejected, and write what became true.

        Args:
            segments: One for each record.
        """
        with self._lock:
            for segment in segments:
                segment.settled += 1
            self._advance()

    def end(self) -> None:
        """Write nothing any more."""
        with self._lock:
            self._is_ended = True

    def _advance(self) -> None:
        newest = None
        while self._closed and self._closed[0].is_complete:
            newest = self._closed.popleft().state
        if newest is not None and not self._is_ended:
            self._write(newest)
