"""Second counts: of days that differ, asked for while the run goes on, and soon after its end."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, TypeAlias

from tap_clevertap.counts.tasks import CountOptions, Recount, Recounted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_clevertap.exports.reader import ExportReader
    from tap_clevertap.exports.windows import Window

Then: TypeAlias = "Callable[[int | None], bool]"
MOST_SECONDS = 30.0
"""That a run waits for second counts, once it has nothing else to wait for."""
MOST_LATE = 3
"""Second counts that are late, one after the other, until no more are asked for."""
MOST_UNSETTLED = 30
"""Second counts of an event that are not the rows that were read; then its totals stand."""
PAUSE = 10.0
"""Seconds until days that still differ are counted once more."""


class SecondCounts:
    """Asks for second counts; only the main thread uses it.

    - Their pauses keep no export from being opened.
    - A run waits for all of them together, at its end, for at most 30 seconds.
    - An event has any number of them that are right, but at most 30 others: where both counts
      always differ from exports, they cannot delay a run. More wait until some are right.
    - Late ones take slots from exports, so no more are asked for after three in a row.

    Args:
        options: What the requests for counts share.
    """

    def __init__(self, options: CountOptions) -> None:
        self.options = options
        self._reader: ExportReader
        self._sent: dict[Recount, Then] = {}
        self._waiting: defaultdict[str, deque[tuple[Recount, Then]]] = defaultdict(deque)
        """By event: those that may be asked for once others are right."""
        self._late = 0
        self._unsettled: Counter[str] = Counter()
        """By event: second counts that were not right, or have not arrived."""

    def begin(self, reader: ExportReader) -> None:
        """Use the reader of the run."""
        self._reader = reader

    def seconds_left(self) -> float:
        """Return the seconds that the run still waits; another thread may call it."""
        is_over = self._late >= MOST_LATE
        return 0.0 if is_over else MOST_SECONDS - self._reader.seconds_alone

    def ask(
        self,
        event_name: str,
        days: Window,
        then: Then,
        *,
        pause: float = 0.0,
    ) -> None:
        """Ask for the count of some days.

        Args:
            event_name: The event.
            days: The days to count.
            then: Is called with the count, or None if there is none. It returns whether the count
                is right: the rows that were read.
            pause: Seconds to wait before the request.
        """
        task = Recount(event_name, days, self.options, pause, self.seconds_left)
        self._waiting[event_name].append((task, then))
        self._send(event_name)

    def take(self, result: Recounted) -> None:
        """Take a count that arrived, or is known not to arrive."""
        self._late = self._late + 1 if result.is_late else 0
        name = result.task.event_name
        is_right = self._sent.pop(result.task)(result.count)  # it may ask for more
        self._unsettled[name] -= is_right
        self._send(name)

    def _send(self, event_name: str) -> None:
        """Send those that wait; give them up if no other can be right any more."""
        waiting = self._waiting[event_name]
        while waiting and self._unsettled[event_name] < MOST_UNSETTLED:
            task, then = waiting.popleft()
            self._unsettled[event_name] += 1
            self._sent[task] = then
            with self._reader.planning() as planner:
                planner.add_check(task)
        while waiting and not any(task.event_name == event_name for task in self._sent):
            waiting.popleft()[1](None)
