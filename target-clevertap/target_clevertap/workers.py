"""Processes beside this one that make entries of records, while it sends them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from itertools import cycle
from queue import SimpleQueue
from typing import TYPE_CHECKING

import msgspec

from target_clevertap.errors import CleverTapError
from target_clevertap.worker import LENGTH_BYTES, Part, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from target_clevertap.recipes import Plan

MOST_WORKERS = 2
"""Two make more entries than fifteen requests in flight take."""
PIPE_BYTES = 1 << 20
"""So that a stretch, and what became of one, lies ready when it is wanted."""
PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from target_clevertap.worker import main; main()"
"""Finds the modules where this process does, whatever lies in the working directory."""


class Workers:
    """Prepares stretches of the input side by side; only the reading thread uses it."""

    def __init__(self, lanes: int, answered: Callable[[], None]) -> None:
        """Start nothing yet.

        Args:
            lanes: How many there are.
            answered: Called by other threads for each answer.
        """
        count = min(MOST_WORKERS, os.cpu_count() or 1)
        self._workers = [_Worker(lanes, answered) for _ in range(count)]
        self._turns = cycle(self._workers)

    def know(self, plans: list[Plan]) -> None:
        """Prepare by these plans what is submitted from now on."""
        for worker in self._workers:
            worker.plans = plans

    def submit(self, stretch: bytes) -> Future[list[Part]]:
        """Have whole lines prepared.

        Raises:
            CleverTapError: When the process is gone; the future may raise it as well.
        """
        return next(self._turns).submit(stretch)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, and the thread that waits for its answers."""

    def __init__(self, lanes: int, answered: Callable[[], None]) -> None:
        self.plans: list[Plan] | None = None
        self._lanes = lanes
        self._answered = answered
        self._futures: SimpleQueue[Future[list[Part]]] = SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def submit(self, stretch: bytes) -> Future[list[Part]]:
        process = self._process or self._start()
        task, self.plans = Task(len(stretch), self._lanes, self.plans), None
        future: Future[list[Part]] = Future()
        self._futures.put(future)
        assert process.stdin is not None  # noqa: S101 - a pipe
        try:
            process.stdin.write(msgspec.json.encode(task) + b"\n")
            process.stdin.write(stretch)
            process.stdin.flush()
        except OSError:
            raise _gone(process) from None
        return future

    def close(self) -> None:
        """End the process, and the thread with it."""
        if self._process is None or self._thread is None:
            return
        self._process.kill()
        self._futures.put(Future())  # which never gets an answer, should nothing else wait
        self._thread.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what it did not read before it ended
                pipe.close()  # type: ignore[union-attr]  # pipes

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, *sys.path]
        # A session of its own: an interrupt from the terminal is for the target to handle.
        self._process = process = subprocess.Popen(  # noqa: S603 - this package's own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        for pipe in (process.stdin, process.stdout):
            _widen(pipe)
        self._thread = threading.Thread(target=self._collect, args=(process,), daemon=True)
        self._thread.start()
        return process

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        decode = msgspec.msgpack.Decoder(list[Part]).decode
        while True:
            future = self._futures.get()
            try:
                future.set_result(decode(_received(process)))
            except (OSError, EOFError):
                future.set_exception(_gone(process))
                return
            finally:
                self._answered()


def _received(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None  # noqa: S101 - a pipe
    head = process.stdout.read(LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    content = process.stdout.read(length)
    if len(head) < LENGTH_BYTES or len(content) < length:
        raise EOFError
    return content


def _widen(pipe: IO[bytes] | None) -> None:
    if sys.platform == "linux" and pipe is not None:
        with suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _gone(process: subprocess.Popen[bytes]) -> CleverTapError:
    message = (
        f"the process that prepares records ended by itself ({process.wait()}): is there enough "
        "memory? The state says how far delivery got"
    )
    return CleverTapError(message)
