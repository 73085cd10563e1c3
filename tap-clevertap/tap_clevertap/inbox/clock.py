"""The time of messages, and how long ago one was stored, also where the clock was set anew."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_MS = 1_000
"""A larger change of the clock against the time since the start of the machine was a setting."""
MOST_STEPS = 1_000


def wall_ms() -> int:
    """Return the time in ms since 1970."""
    return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Return ms since the start of the machine, also those that it slept; nobody sets them."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


class InboxClock:
    """A clock that tells the age of messages by time that passed; one thread uses it.

    Args:
        wall: ms since 1970; somebody may set it back or forward.
        elapsed: ms that only pass.
    """

    def __init__(
        self, wall: Callable[[], int] = wall_ms, elapsed: Callable[[], int] = elapsed_ms
    ) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._offsets: list[tuple[int, int]] = []

    def now(self, last_id: int) -> int:
        """Return the time in ms since 1970, and look whether somebody set the clock.

        Args:
            last_id: Of the messages that were stored before now.
        """
        now = self._wall()
        offset = now - self._elapsed()
        if not self._offsets or abs(offset - self._offsets[-1][1]) > STEP_MS:
            first = last_id + 1 if self._offsets else 0
            self._offsets = [*self._offsets, (first, offset)][-MOST_STEPS:]
        return now

    def age(self, id: int, received_at: int) -> int:  # noqa: A002 - as the table has it
        """Return how many ms ago a message was stored; below 0 if an unknown clock was ahead."""
        offsets = [offset for first, offset in self._offsets if first <= id]
        offset = offsets[-1] if offsets else self._offsets[0][1]
        return self._elapsed() - (received_at - offset)
