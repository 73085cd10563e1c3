"""Second counts: of days that differ, asked for while the run goes on, and soon after its end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_clevertap.counts.tasks import CountOptions, Recount, Recounted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_clevertap.exports.reader import ExportReader
    from tap_clevertap.exports.windows import Window

MOST_SECONDS = 30.0
"""That a run waits for second counts, once it has nothing else to wait for."""
MOST_LATE = 3
"""Second counts that are late, one after the other, until no more are asked for."""
MOST_OF_EVENT = 30
"""Second counts of an event; then its totals stand. Each has a request, and polls."""
PAUSE = 10.0
"""Seconds until days that still differ are counted once more."""


class SecondCounts:
    """Asks for second counts; only the main thread uses it.

    - Their pauses keep no export from being opened.
    - A run waits for all of them together, at its end, for at most 30 seconds.
    - An event has at most 30 of them, so that one that differs everywhere does not delay a run.
    - Late ones take slots from exports, so no more are asked for after three in a row.

    Args:
        options: What the requests for counts share.
    """

    def __init__(self, options: CountOptions) -> None:
        self.options = options
        self._reader: ExportReader
        self._waiting: dict[Recount, Callable[[int | None], None]] = {}
        self._late = 0
        self._asked: Counter[str] = Counter()

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
        then: Callable[[int | None], None],
        *,
        pause: float = 0.0,
    ) -> None:
        """Ask for the count of some days.

        Args:
            event_name: The event.
            days: The days to count.
            then: Is called with the count, or None if there is none; at once if the event has had
                as many as it may.
            pause: Seconds to wait before the request.
        """
        if self._asked[event_name] >= MOST_OF_EVENT:
            then(None)
            return
        self._asked[event_name] += 1
        task = Recount(event_name, days, self.options, pause, self.seconds_left)
        self._waiting[task] = then
        with self._reader.planning() as planner:
            planner.add_check(task)

    def take(self, result: Recounted) -> None:
        """Take a count that arrived, or is known not to arrive."""
        self._late = self._late + 1 if result.is_late else 0
        self._waiting.pop(result.task)(result.count)
