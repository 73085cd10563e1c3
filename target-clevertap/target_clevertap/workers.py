"""Processes beside this one that make entries of records, while it sends them."""

from __future__ import annotations

import fcntl
import logging
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

from target_clevertap._plugin.environment import bare_environment
from target_clevertap._plugin.signals import kept_from_new_processes
from target_clevertap._plugin.system import starting
from target_clevertap.errors import SystemLimitError
from target_clevertap.worker import LENGTH_BYTES, Part, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from target_clevertap.recipes import Plan

MOST_WORKERS = 2
"""Two make more entries than fifteen requests in flight take."""
PIPE_BYTES = 1 << 20
"""So that a stretch, and what became of one, lies ready when it is wanted."""
PROGRAM = """
import sys
sys.path[:] = sys.argv[1:]
try:
    from target_clevertap.worker import main
    main()
except (ImportError, MemoryError, OSError):
    sys.exit(1)  # of too little memory, which the target says
"""
"""Finds the modules where this process does, whatever lies in the working directory."""
NO_ANSWER = (OSError, EOFError, MemoryError, OverflowError, ValueError, msgspec.DecodeError)
"""What is raised where a process is gone, or something else wrote into its answers."""
WITHOUT_IT = "a process that prepares records ended (%s); its part is done without it, more slowly"

logger = logging.getLogger("target-clevertap")


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
        """Have whole lines prepared; where that cannot be, they come back as an odd part."""
        return next(self._turns).submit(stretch)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, and the thread that waits for its answers.

    Where the process is gone its stretches come back unprepared: preparing has no effect of its
    own, and the reading thread can do it too.
    """

    def __init__(self, lanes: int, answered: Callable[[], None]) -> None:
        self.plans: list[Plan] | None = None
        self._lanes = lanes
        self._answered = answered
        self._asked: SimpleQueue[tuple[Future[list[Part]], list[Part]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_gone = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def submit(self, stretch: bytes) -> Future[list[Part]]:
        future: Future[list[Part]] = Future()
        unprepared = [Part(is_odd=True, length=len(stretch))]
        process = self._process or self._started()
        with self._lock:
            if process is None or self._is_gone:
                future.set_result(unprepared)
                return future
            self._asked.put((future, unprepared))
        try:
            self._send(process, stretch)
        except OSError:
            process.kill()  # the thread that waits for its answers goes on from there
        return future

    def close(self) -> None:
        """End the process, and the thread with it."""
        self._is_gone = True
        if self._process is None or self._thread is None:
            return
        self._process.kill()
        self._asked.put((Future(), []))  # should it wait for nothing
        self._thread.join()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what it did not read before it ended
                pipe.close()  # type: ignore[union-attr]  # pipes

    def _started(self) -> subprocess.Popen[bytes] | None:
        if self._is_gone:
            return None
        try:
            process = _new_process()
        except OSError as failure:
            self._go_without(failure.strerror)
            return None
        thread = threading.Thread(target=self._collect, args=(process,), daemon=True)
        try:
            with starting():
                thread.start()
        except SystemLimitError as failure:
            with process:
                process.kill()
            self._go_without(failure.message)
            return None
        self._process, self._thread = process, thread
        return process

    def _go_without(self, why: str | None) -> None:
        self._is_gone = True
        logger.warning(WITHOUT_IT, why)

    def _send(self, process: subprocess.Popen[bytes], stretch: bytes) -> None:
        task, self.plans = Task(len(stretch), self._lanes, self.plans), None
        assert process.stdin is not None  # noqa: S101 - a pipe
        process.stdin.write(msgspec.json.encode(task) + b"\n")
        process.stdin.write(stretch)
        process.stdin.flush()

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        decode = msgspec.msgpack.Decoder(list[Part]).decode
        while not self._is_gone:
            future, unprepared = self._asked.get()
            try:
                parts = decode(_received(process))
            except NO_ANSWER:
                self._give_up(process)
                parts = unprepared
            future.set_result(parts)
            self._answered()

    def _give_up(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        status = process.wait()
        with self._lock:
            if not self._is_gone:
                logger.warning(WITHOUT_IT, status)
            self._is_gone = True
            while not self._asked.empty():
                future, unprepared = self._asked.get()
                future.set_result(unprepared)


def _new_process() -> subprocess.Popen[bytes]:
    # A session of its own: an interrupt from the terminal is for the target to handle.
    with kept_from_new_processes():
        process = subprocess.Popen(  # noqa: S603 - this package's own
            [sys.executable, "-c", PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=bare_environment(),
            start_new_session=True,
        )
    for pipe in (process.stdin, process.stdout):
        _widen(pipe)
    return process


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
