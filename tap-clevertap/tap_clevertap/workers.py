"""Pages to lines in processes beside this one, which then has its time for the requests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from tap_clevertap import threads
from tap_clevertap.environment import bare_environment
from tap_clevertap.errors import CleverTapError
from tap_clevertap.signals import kept_from_new_processes
from tap_clevertap.worker import Order, Result, Task, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from tap_clevertap.backlog import Arrival
    from tap_clevertap.exports import Export

MOST_WORKERS = 2
"""Two write more rows than three requests in flight bring."""
PAGES_AHEAD = 4
"""Pages with the workers at once, of about 3 MB each: some are being written, the others wait."""
PROGRAM = """
import sys
sys.path[:] = sys.argv[1:]
try:
    from tap_clevertap.worker import main
    main()
except (ImportError, MemoryError, OSError):
    sys.exit(1)  # of too little memory, which the tap says
"""
"""Finds the modules where this process does, whatever lies in the working directory."""


@dataclass(frozen=True, slots=True)
class Written:
    """An arrival whose lines were emitted, how many, and what of it could not become lines."""

    arrival: Arrival
    lines: int
    bad_rows: tuple[str, ...] = ()
    """Those that could not be written, as JSON."""


class Workers:
    """Writes pages side by side; those of one export in the order they came, in one process."""

    def __init__(self, order: Order, emit: Callable[[bytes, int], None]) -> None:
        """Start nothing yet.

        Args:
            order: What the pages have in common.
            emit: Takes whole lines and their count; called by several threads.
        """
        count = min(MOST_WORKERS, os.cpu_count() or 1)
        self._workers = [_Worker(order, emit) for _ in range(count)]
        self._placed: dict[Export, tuple[int, _Worker]] = {}
        self._exports = 0

    def write(self, arrivals: Iterable[Arrival | None]) -> Iterator[Written]:
        """Yield each arrival once its lines are emitted.

        Args:
            arrivals: In the order in which they are to be yielded; None where none came for a
                while.

        Raises:
            CleverTapError: If rows cannot be read; or what ended the arrivals, after all of them.
            OSError: What emit raises.
        """
        ahead: deque[Future[Written]] = deque()
        failures: list[CleverTapError] = []
        for arrival in _until_failure(arrivals, failures):
            if arrival is not None:
                ahead.append(self._submit(arrival))
            while ahead and (ahead[0].done() or len(ahead) >= PAGES_AHEAD):
                yield ahead.popleft().result()
        for future in ahead:
            yield future.result()
        if failures:
            raise failures[0]

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()

    def _submit(self, arrival: Arrival) -> Future[Written]:
        export = arrival.export
        if export not in self._placed:
            self._exports += 1
            least_busy = min(self._workers, key=_Worker.pages_and_exports)
            least_busy.exports += 1
            self._placed[export] = self._exports, least_busy
        number, worker = self._placed[export]
        if arrival.ended:
            del self._placed[export]
            worker.exports -= 1
        return worker.submit(number, arrival)


class _Worker:
    """One process, and the thread that waits for it."""

    def __init__(self, order: Order, emit: Callable[[bytes, int], None]) -> None:
        self.exports = 0
        self._pages = 0
        self._order = order
        self._emit = emit
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = ThreadPoolExecutor(1)

    def pages_and_exports(self) -> tuple[int, int]:
        return self._pages, self.exports

    def submit(self, export: int, arrival: Arrival) -> Future[Written]:
        self._pages += 1
        with threads.starting():
            future = self._thread.submit(self._write, export, arrival)
        future.add_done_callback(self._page_is_over)
        return future

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        if self._process is not None:
            with suppress(BrokenPipeError), self._process:
                pass  # closes the pipes

    def _page_is_over(self, _: Future[Written]) -> None:
        self._pages -= 1

    def _write(self, export: int, arrival: Arrival) -> Written:
        try:
            return self._written(export, arrival)
        except BaseException:
            # The rest of its answer is not read: it is of no more use, nor are later pages.
            if self._process is not None:
                self._process.kill()
            raise

    def _written(self, export: int, arrival: Arrival) -> Written:
        task = Task(
            export,
            arrival.export.event_name,
            arrival.walk,
            ends_export=arrival.ended,
            length=len(arrival.rows),
            days=str(arrival.export.window),
        )
        lines = 0
        bad_rows: tuple[str, ...] = ()
        for result, content in self._results(encode(task) + b"\n", arrival.rows):
            if result.failure is not None:
                raise CleverTapError(result.failure)
            if result.count:
                self._emit(content, result.count)
                lines += result.count
            bad_rows += result.bad_rows
        return Written(replace(arrival, rows=b""), lines, bad_rows)

    def _results(self, task: bytes, rows: bytes) -> Iterator[tuple[Result, bytes]]:
        """Hand a page to the process, and yield what it answers.

        Raises:
            CleverTapError: If the process is gone.
        """
        if self._process is None:
            self._process = _started()
            task = encode(self._order) + b"\n" + task
        is_over = False
        while not is_over:
            try:
                if task:
                    _send(self._process, task, rows)
                    task = rows = b""
                result, content = _receive(self._process)
            except (OSError, EOFError, msgspec.DecodeError):
                raise CleverTapError(_gone(self._process.wait())) from None
            is_over = result.ends_page
            yield result, content


def _until_failure(
    arrivals: Iterable[Arrival | None], failures: list[CleverTapError]
) -> Iterator[Arrival | None]:
    """Yield arrivals, and keep what ends them."""
    try:
        yield from arrivals
    except CleverTapError as failure:
        failures.append(failure)


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, *sys.path]
    try:
        # A session of its own: an interrupt from the terminal is for the tap to handle.
        with kept_from_new_processes():
            return subprocess.Popen(  # noqa: S603 - this package's own
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=bare_environment(),
                start_new_session=True,
            )
    except OSError as failure:
        message = (
            f"worker process: it cannot be started ({failure.strerror}); allow more processes, "
            "memory or open files, see ulimit -a"
        )
        raise CleverTapError(message) from None


def _send(process: subprocess.Popen[bytes], task: bytes, rows: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - a pipe
    process.stdin.write(task)
    process.stdin.write(rows)
    process.stdin.flush()


def _receive(process: subprocess.Popen[bytes]) -> tuple[Result, bytes]:
    assert process.stdout is not None  # noqa: S101 - a pipe
    line = process.stdout.readline()
    if not line:
        raise EOFError
    result = msgspec.json.decode(line, type=Result)
    content = process.stdout.read(result.length)
    if len(content) < result.length:
        raise EOFError
    return result, content


def _gone(status: int) -> str:
    advice = "check the memory, and " if status in {1, -signal.SIGKILL} else ""
    return (
        f"worker process: it ended by itself (status {status}); {advice}run again to continue "
        "from the last closed day"
    )
