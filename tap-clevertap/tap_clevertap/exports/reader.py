"""Read several exports at a time: requests in flight, pauses, and when to open the next export.

Each thread picks the next task that is due, an export or a count, sends its request, and puts the
task back with the time of its next request. A task that waits holds no thread. Pages leave through
the spool in the order of their arrival, so the pages of one export stay in order.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING

from tap_clevertap._plugin.system import translate_thread_errors
from tap_clevertap.exports.resting import Resting
from tap_clevertap.exports.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.exports.planner import Planner
    from tap_clevertap.exports.tasks import Result, Task

OPEN_TASKS = 16
"""Exports and first counts open at a time. One that CleverTap prepares costs no request, so more
may be open than requests are in flight."""
MOST_OF_COUNTS = 2
"""First counts have at most one of so many open tasks, and of the requests in flight, while exports
wait: a count that takes long delays only its own event."""
SPARE_THREADS = 1
"""A request can then start while another thread still reads a response."""
PAGES_PER_REQUEST = 4
"""Spooled pages for each request in flight; with more of them no new export is opened."""
END_SECONDS = 1.0
"""To wait for all threads that have no request in flight."""
POLL_SECONDS = 0.2
"""How often the main thread can react to a signal while no page arrives."""


class ExportReader:
    """Reads exports with up to `max_in_flight` requests in flight.

    - The main thread calls `read` once, and iterates; it starts daemon threads.
    - One lock guards all state here, the spool and the planner. No request is sent under it.
    - Only the thread that took a task touches it, so a task needs no lock.
    - The first error in any thread stops all others; `read` raises it after all earlier pages.

    Args:
        client: Sends the requests.
        planner: Has the tasks.
        max_in_flight: The setting.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        client: ExportClient,
        planner: Planner,
        *,
        max_in_flight: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._planner = planner
        self._max_in_flight = max_in_flight
        self._clock = clock
        self._changed = threading.Condition()
        self._spool = Spool()
        self._resting = Resting()
        self._resting_counts = Resting()
        self._resting_checks = Resting()
        self._exports = 0
        """Open exports."""
        self._counts: set[Task] = set()
        """Open first counts, or lookups."""
        self._counting = 0
        """Those of them with a request in flight, or about to be."""
        self._checks: set[Task] = set()
        """Open tasks that check what was read; they are not among the `OPEN_TASKS`."""
        self._alone_since: float | None = None
        self._stopped = False
        self._failure: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def read(self) -> Iterator[Result | None]:
        """Yield pages and counts as they arrive, and None at intervals while none does.

        It ends when no task is open, the planner has none left, and all results were yielded.

        Raises:
            CleverTapError: The first error in a thread, or that no thread can be started.
        """
        try:
            self._start_threads()
            while not self._is_finished():
                yield self._next_result()
        finally:
            self._stop()
            self._join()
        if self._failure is not None:
            raise self._failure

    @contextmanager
    def planning(self) -> Iterator[Planner]:
        """Give the planner to change what it has, while no thread uses it."""
        with self._changed:
            yield self._planner
            self._changed.notify_all()

    @property
    def seconds_alone(self) -> float:
        """Seconds for which the main thread has waited for nothing but checks."""
        with self._changed:
            since = self._alone_since
        return 0.0 if since is None else self._clock() - since

    def _start_threads(self) -> None:
        for number in range(self._max_in_flight + SPARE_THREADS):
            # Daemons: a request in flight must not delay the end of the process.
            thread = threading.Thread(target=self._work, name=f"reader-{number}", daemon=True)
            with translate_thread_errors():
                thread.start()
            self._threads.append(thread)

    def _is_finished(self) -> bool:
        with self._changed:
            is_open = self._is_reading or self._checks or not self._planner.is_finished
            return (self._failure is not None or not is_open) and not len(self._spool)

    def _next_result(self) -> Result | None:
        with self._changed:
            if not len(self._spool):
                self._note_what_it_waits_for()
                self._changed.wait(POLL_SECONDS)
            if not len(self._spool):
                return None
            self._changed.notify_all()
            return self._spool.pop()

    def _note_what_it_waits_for(self) -> None:
        is_alone = not self._is_reading and self._planner.has_only_checks
        self._alone_since = (self._alone_since or self._clock()) if is_alone else None

    @property
    def _is_reading(self) -> bool:
        """Whether a task is open that is not a check."""
        return bool(self._exports or self._counts)

    def _join(self) -> None:
        """Wait for the threads, so that the next stream can start as many.

        At the end of the process, a thread that frees its connections disturbs the interpreter.
        """
        until = time.monotonic() + END_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._spool.close()
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while (task := self._next_task()) is not None:
                outcome = task.send_request(self._client)
                self._put_back(task, task.handle(outcome, self._client))
        except BaseException as failure:  # noqa: BLE001 - the main thread raises it again
            with self._changed:
                self._failure = self._failure or failure
                self._stopped = True
                self._changed.notify_all()

    def _next_task(self) -> Task | None:
        with self._changed:
            while not self._stopped:
                task = self._due_check() or self._due_count_or_export()
                if task is not None:
                    self._counting += task in self._counts
                    return task
                self._changed.wait(self._seconds_to_wait())
        return None

    def _due_check(self) -> Task | None:
        return self._resting_checks.pop_due(self._clock()) or self._new_check()

    def _new_check(self) -> Task | None:
        while (task := self._planner.next_check()) is not None:
            self._checks.add(task)
            if not task.pause:
                return task
            self._rest(task)
        return None

    def _due_count_or_export(self) -> Task | None:
        if self._counting < max(1, self._max_in_flight // MOST_OF_COUNTS):
            return self._due_count() or self._due_export()
        export = self._due_export()
        return self._due_count() if export is None and self._may_count() else export

    def _may_count(self) -> bool:
        """Whether a count leaves a request for an open export, which may be due soon."""
        most = self._max_in_flight - 1 if self._exports else self._max_in_flight + SPARE_THREADS
        return self._counting < max(1, most)

    def _due_count(self) -> Task | None:
        task = self._resting_counts.pop_due(self._clock())
        if task is not None or self._is_spool_full or not self._may_open_count():
            return task
        task = self._planner.next_count()
        if task is not None:
            self._counts.add(task)
        return task

    def _due_export(self) -> Task | None:
        task = self._resting.pop_due(self._clock())
        counts = min(len(self._counts), OPEN_TASKS // MOST_OF_COUNTS)
        if task is not None or self._is_spool_full or self._exports + counts >= OPEN_TASKS:
            return task
        task = self._planner.next_export()
        self._exports += task is not None
        return task

    @property
    def _is_spool_full(self) -> bool:
        return len(self._spool) >= PAGES_PER_REQUEST * self._max_in_flight

    def _may_open_count(self) -> bool:
        most = OPEN_TASKS // MOST_OF_COUNTS if self._planner.has_exports else OPEN_TASKS
        return len(self._counts) < most and self._exports + len(self._counts) < OPEN_TASKS

    def _rest(self, task: Task) -> None:
        resting = self._resting
        if task in self._checks or task in self._counts:
            resting = self._resting_checks if task in self._checks else self._resting_counts
        resting.add(task, self._clock() + task.pause)

    def _seconds_to_wait(self) -> float | None:
        due = min(self._resting.next_due, self._resting_checks.next_due)
        if self._may_count():
            due = min(due, self._resting_counts.next_due)
        return None if due == inf else max(0.0, due - self._clock())

    def _put_back(self, task: Task, result: Result | None) -> None:
        """Spool a result, and let the task rest until its next request, if it has one."""
        with self._changed:
            if self._stopped:
                return
            self._counting -= task in self._counts
            if result is not None:
                self._spool.put(result)
            if result is not None and result.skipped:
                self._planner.drop(task.event_name)
            if result is not None and (result.ended or result.skipped):
                self._end(task)
            else:
                self._rest(task)
            self._changed.notify_all()

    def _end(self, task: Task) -> None:
        if task in self._checks:
            self._checks.remove(task)
        elif task in self._counts:
            self._counts.remove(task)
        else:
            self._exports -= 1
