"""How several exports are read at once: requests in flight, pauses, and when none is opened.

Each thread takes the next thing to ask, asks it, and puts the export back with the time of its
next request; no export holds a thread while it waits. Pages leave through the backlog in the
order in which they came, so those of one export stay in order.
"""

from __future__ import annotations

import heapq
import threading
import time
from typing import TYPE_CHECKING

from tap_clevertap._plugin.system import starting
from tap_clevertap.exports.spool import Backlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_clevertap.api.client import Client
    from tap_clevertap.exports.export import Export, Page

OPEN_EXPORTS = 16
"""Exports open at once: being prepared costs no request, so more may wait than are in flight."""
SPARE_THREADS = 1
"""So that a request goes out while another's answer is still looked at."""
BACKLOG_PER_REQUEST = 4
"""Unwritten pages for each request in flight before no new export is opened."""
GLANCE_SECONDS = 0.2
"""How often the writing thread looks up for a signal while nothing arrives."""


class Reader:
    """Reads exports with up to max_in_flight requests in flight."""

    def __init__(
        self,
        client: Client,
        *,
        max_in_flight: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._max_in_flight = max_in_flight
        self._clock = clock
        self._changed = threading.Condition()
        self._backlog = Backlog()
        self._unopened: Iterator[Export] = iter(())
        self._resting: list[tuple[float, int, Export]] = []
        self._open = 0
        self._turn = 0
        self._exhausted = False
        self._stopped = False
        self._skipped: set[str] = set()
        self._failure: BaseException | None = None

    def read(self, exports: Iterable[Export]) -> Iterator[Page | None]:
        """Yield what arrives, and None now and then while nothing does.

        Args:
            exports: In the order in which they are to be opened.

        Raises:
            CleverTapError: What ended a thread, after all that had arrived before; or that none
                can be started.
        """
        self._unopened = iter(exports)
        try:
            self._start_threads()
            while not self._finished():
                yield self._take()
        finally:
            self._stop()
        if self._failure is not None:
            raise self._failure

    def _start_threads(self) -> None:
        for number in range(self._max_in_flight + SPARE_THREADS):
            # Daemons: a request in flight must not hold up the end of the program.
            thread = threading.Thread(target=self._work, name=f"reader-{number}", daemon=True)
            with starting():
                thread.start()

    def _finished(self) -> bool:
        with self._changed:
            over = self._failure is not None or (self._exhausted and not self._open)
            return over and not len(self._backlog)

    def _take(self) -> Page | None:
        with self._changed:
            if not len(self._backlog):
                self._changed.wait(GLANCE_SECONDS)
            if not len(self._backlog):
                return None
            self._changed.notify_all()
            return self._backlog.take()

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._backlog.close()
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while (export := self._next()) is not None:
                self._settle(export, export.take(export.ask(self._client), self._client))
        except BaseException as failure:  # noqa: BLE001 - raised again by the thread that reads
            with self._changed:
                self._failure = self._failure or failure
                self._stopped = True
                self._changed.notify_all()

    def _next(self) -> Export | None:
        with self._changed:
            while not self._stopped:
                export = self._rested() or self._opened()
                if export is not None:
                    return export
                if self._exhausted and not self._open:
                    return None
                self._changed.wait(self._seconds_to_wait())
        return None

    def _rested(self) -> Export | None:
        if self._resting and self._resting[0][0] <= self._clock():
            return heapq.heappop(self._resting)[2]
        return None

    def _opened(self) -> Export | None:
        crowded = len(self._backlog) >= BACKLOG_PER_REQUEST * self._max_in_flight
        if self._exhausted or crowded or self._open >= OPEN_EXPORTS:
            return None
        for export in self._unopened:
            if export.event_name not in self._skipped:
                self._open += 1
                return export
        self._exhausted = True
        self._changed.notify_all()
        return None

    def _seconds_to_wait(self) -> float | None:
        if not self._resting:
            return None
        return max(0.0, self._resting[0][0] - self._clock())

    def _settle(self, export: Export, page: Page | None) -> None:
        with self._changed:
            if self._stopped:
                return
            if page is not None:
                self._backlog.put(page)
            if page is not None and page.skipped:
                self._skipped.add(export.event_name)
            if page is not None and (page.ended or page.skipped):
                self._open -= 1
            else:
                self._turn += 1
                heapq.heappush(self._resting, (self._clock() + export.pause, self._turn, export))
            self._changed.notify_all()
