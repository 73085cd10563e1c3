"""Read several exports at a time: requests in flight, pauses, and when to open the next export.

Each thread picks the next export that is due, sends its request, and puts the export back with the
time of its next request. An export that waits holds no thread. Pages leave through the spool in the
order of their arrival, so the pages of one export stay in order.
"""

from __future__ import annotations

import heapq
import threading
import time
from typing import TYPE_CHECKING

from tap_clevertap._plugin.system import translate_thread_errors
from tap_clevertap.exports.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.exports.export import Export, Page

OPEN_EXPORTS = 16
"""Exports open at a time. One that CleverTap prepares costs no request, so more may be open than
requests are in flight."""
SPARE_THREADS = 1
"""A request can then start while another thread still reads a response."""
PAGES_PER_REQUEST = 4
"""Spooled pages for each request in flight; with more of them no new export is opened."""
END_SECONDS = 1.0
"""To wait for a thread that has nothing left to do."""
POLL_SECONDS = 0.2
"""How often the main thread can react to a signal while no page arrives."""


class ExportReader:
    """Reads exports with up to `max_in_flight` requests in flight.

    - The main thread calls `read` once, and iterates; it starts daemon threads.
    - One lock guards all state here, the spool and the planner. No request is sent under it.
    - Only the thread that took an export touches it, so an export needs no lock.
    - The first error in any thread stops all others; `read` raises it after all earlier pages.

    Args:
        client: Sends the requests.
        max_in_flight: The setting.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        client: ExportClient,
        *,
        max_in_flight: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._max_in_flight = max_in_flight
        self._clock = clock
        self._changed = threading.Condition()
        self._spool = Spool()
        self._unopened: Iterator[Export] = iter(())
        self._resting: list[tuple[float, int, Export]] = []
        """A heap: the time of the next request, a tie-breaker, and the export."""
        self._open = 0
        self._turn = 0
        self._all_opened = False
        self._stopped = False
        self._skipped: set[str] = set()
        self._failure: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def read(self, exports: Iterable[Export]) -> Iterator[Page | None]:
        """Yield pages as they arrive, and None at intervals while none does.

        Args:
            exports: In the order in which to open them.

        Raises:
            CleverTapError: The first error in a thread, or that no thread can be started.
        """
        self._unopened = iter(exports)
        try:
            self._start_threads()
            while not self._is_finished():
                yield self._next_page()
            self._join()
        finally:
            self._stop()
        if self._failure is not None:
            raise self._failure

    def _start_threads(self) -> None:
        for number in range(self._max_in_flight + SPARE_THREADS):
            # Daemons: a request in flight must not delay the end of the process.
            thread = threading.Thread(target=self._work, name=f"reader-{number}", daemon=True)
            with translate_thread_errors():
                thread.start()
            self._threads.append(thread)

    def _is_finished(self) -> bool:
        with self._changed:
            is_over = self._failure is not None or (self._all_opened and not self._open)
            return is_over and not len(self._spool)

    def _next_page(self) -> Page | None:
        with self._changed:
            if not len(self._spool):
                self._changed.wait(POLL_SECONDS)
            if not len(self._spool):
                return None
            self._changed.notify_all()
            return self._spool.pop()

    def _join(self) -> None:
        """Wait for threads that have nothing left, so that the next stream can start as many."""
        if self._failure is None:
            for thread in self._threads:
                thread.join(END_SECONDS)

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._spool.close()
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while (export := self._next_export()) is not None:
                outcome = export.send_request(self._client)
                self._put_back(export, export.handle(outcome, self._client))
        except BaseException as failure:  # noqa: BLE001 - the main thread raises it again
            with self._changed:
                self._failure = self._failure or failure
                self._stopped = True
                self._changed.notify_all()

    def _next_export(self) -> Export | None:
        with self._changed:
            while not self._stopped:
                export = self._due_export() or self._new_export()
                if export is not None:
                    return export
                if self._all_opened and not self._open:
                    return None
                self._changed.wait(self._seconds_to_wait())
        return None

    def _due_export(self) -> Export | None:
        if self._resting and self._resting[0][0] <= self._clock():
            return heapq.heappop(self._resting)[2]
        return None

    def _new_export(self) -> Export | None:
        is_spool_full = len(self._spool) >= PAGES_PER_REQUEST * self._max_in_flight
        if self._all_opened or is_spool_full or self._open >= OPEN_EXPORTS:
            return None
        for export in self._unopened:
            if export.event_name not in self._skipped:
                self._open += 1
                return export
        self._all_opened = True
        self._changed.notify_all()
        return None

    def _seconds_to_wait(self) -> float | None:
        if not self._resting:
            return None
        return max(0.0, self._resting[0][0] - self._clock())

    def _put_back(self, export: Export, page: Page | None) -> None:
        """Spool a page, and let the export rest until its next request, if it has one."""
        with self._changed:
            if self._stopped:
                return
            if page is not None:
                self._spool.put(page)
            if page is not None and page.skipped:
                self._skipped.add(export.event_name)
            if page is not None and (page.ended or page.skipped):
                self._open -= 1
            else:
                self._turn += 1
                heapq.heappush(self._resting, (self._clock() + export.pause, self._turn, export))
            self._changed.notify_all()
