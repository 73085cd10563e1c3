"""Tasks that wait for the time of their next request."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_clevertap.exports.tasks import Task


class Resting:
    """Tasks by the time of their next request; those that are due first come first.

    It has no lock: the reader calls each method while it holds its own.
    """

    def __init__(self) -> None:
        self._tasks: list[tuple[float, int, Task]] = []
        """A heap: the time, a tie-breaker, and the task."""
        self._turn = 0

    def add(self, task: Task, due: float) -> None:
        """Let a task rest until a time."""
        self._turn += 1
        heapq.heappush(self._tasks, (due, self._turn, task))

    def pop_due(self, now: float) -> Task | None:
        """Remove and return the first task that is due, or None."""
        return heapq.heappop(self._tasks)[2] if self.next_due <= now else None

    @property
    def next_due(self) -> float:
        """The time when the first task is due; infinite if none rests."""
        return self._tasks[0][0] if self._tasks else float("inf")
