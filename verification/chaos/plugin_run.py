"""A plugin's process that is watched: its lines as they come, its log, and what it leaves."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import termios
import threading
import time
import uuid
from array import array
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from tests.support.run_output import clean_environment
from verification.bench.process_tree import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = "PYTHON_CHAOS_RUN"
"""A variable that all processes of a run inherit, by which those that outlive it are found: the
plugins pass on no others than those of Python itself and a few more."""
END_SECONDS = 120
OUTLIVING_SECONDS = 15
GLANCE_SECONDS = 0.02
LONGEST_BETWEEN = 1.0
"""Seconds between two signals at most; most of them follow at once."""
READ_BYTES = 1 << 16
FED_AT_ONCE = 48 << 10
"""Enough for the target to decode many lines at a time."""
FED_IN_PARTS = 8
"""At least, so that a small input can be cut too."""
FEED_PAUSE_SECONDS = 0.15


@dataclass(frozen=True)
class Ended:
    """What a run left behind."""

    status: int
    seconds: float
    log: str
    lines: int
    rest: bytes
    """What was read after the last whole line."""

    outliving: list[int]
    """Processes of the run that are still there a while after its end."""

    temporary: list[str]
    """Files that it left in the folder for temporary ones."""


class PluginRun:
    """One process of a plugin."""

    def __init__(
        self,
        command: list[str],
        folder: Path,
        take_line: Callable[[bytes], None],
        feed: bytes = b"",
        *,
        reading_pause: float = 0.0,
    ) -> None:
        """Start it.

        Args:
            command: With its arguments.
            folder: Its working directory.
            take_line: Called in another thread for each line of its output, as it is read.
            feed: What it reads; nothing for a tap.
            reading_pause: Seconds between two readings of its output, of 64 kB at most.
        """
        self._mark = uuid.uuid4().hex
        self._temporary = folder / "temporary"
        self._log = folder / f"{self._mark}.log"
        self._take_line = take_line
        self._reading_pause = reading_pause
        self._lines, self._rest = 0, b""
        self._failure: BaseException | None = None
        self._is_unread, self._is_cut, self._was_cut = (threading.Event() for _ in range(3))
        self.began = time.monotonic()
        self.asked: float | None = None
        """When its first request was seen, in seconds after the start."""
        self.process, self._output = self._started(command, folder, is_fed=bool(feed))
        self._reader = threading.Thread(target=self._read)
        self._feeder = threading.Thread(target=self._feed, args=(feed,))
        self._reader.start()
        self._feeder.start()

    def _started(
        self, command: list[str], folder: Path, *, is_fed: bool
    ) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        self._temporary.mkdir(exist_ok=True)
        self._left_before = {each.name for each in self._temporary.iterdir()}
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                command,
                bufsize=0,
                cwd=folder,
                env=clean_environment(TMPDIR=str(self._temporary), **{MARK: self._mark}),
                stderr=log,
                stdin=subprocess.PIPE if is_fed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                start_new_session=True,  # a process group of its own, as a terminal's job has
            )
        assert process.stdout is not None  # noqa: S101 - a pipe
        return process, process.stdout

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    @property
    def has_unread(self) -> bool:
        """Whether it has written what was not read yet."""
        waiting = array("i", [0])
        with suppress(ValueError):  # closed
            fcntl.ioctl(self._output, termios.FIONREAD, waiting)
        return waiting[0] > 0

    def lasts(self, seconds: float) -> bool:
        """Wait so long; return whether it is still there then."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.is_alive

    def until_asked(self, has_asked: Callable[[], bool]) -> bool:
        """Wait for its first request; return whether it is still there then."""
        while self.lasts(GLANCE_SECONDS):
            if has_asked():
                self.asked = time.monotonic() - self.began
                return True
        return False

    def send(self, number: signal.Signals) -> bool:
        """Send a signal."""
        is_alive = self.is_alive
        self.process.send_signal(number)
        return is_alive

    def send_group(self, number: signal.Signals, second: signal.Signals | None = None) -> bool:
        """Signal all processes of the group, and where a second signal is given again soon."""
        if not self.is_alive:
            return False
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
            if second is not None and self.lasts(LONGEST_BETWEEN * self._share**2):
                os.killpg(self.process.pid, second)
        return True

    @property
    def _share(self) -> float:
        """A number from 0 to 1 that is another one for each run."""
        return int(self._mark[:4], 16) / (1 << 16)

    def stop_reading(self) -> bool:
        """Close its output from this side, unless it has ended and what it wrote is still read."""
        is_alive = self.is_alive
        if is_alive:
            self._is_unread.set()
            self._reader.join()
        return is_alive

    def cut_input(self) -> bool:
        """End its input with half a line; return whether there was more to come."""
        self._is_cut.set()
        self._feeder.join()
        return self._was_cut.is_set()

    def end(self) -> Ended:
        """Wait for the end, and look at what is left.

        Raises:
            BaseException: What taking a line raised.
        """
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
        seconds = time.monotonic() - self.began
        self._reader.join()
        self._feeder.join()
        if self._failure is not None:
            raise self._failure
        log = self._log.read_text(errors="replace")
        left = sorted({each.name for each in self._temporary.iterdir()} - self._left_before)
        status = self.process.returncode
        return Ended(status, seconds, log, self._lines, self._rest, self._outliving(), left)

    def _outliving(self) -> list[int]:
        deadline = time.monotonic() + OUTLIVING_SECONDS
        while (found := marked(self._mark)) and time.monotonic() < deadline:
            time.sleep(GLANCE_SECONDS)
        return found

    def _read(self) -> None:
        with self._output as output:
            while not self._is_unread.is_set():
                if not select.select([output], [], [], GLANCE_SECONDS)[0]:
                    continue
                chunk = os.read(output.fileno(), READ_BYTES)
                if not chunk:
                    return
                self._take(chunk)
                time.sleep(self._reading_pause)

    def _take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._lines += 1
            try:
                if self._failure is None:
                    self._take_line(line)
            except BaseException as failure:  # noqa: BLE001 - raised again by the thread that waits
                self._failure = failure

    def _feed(self, feed: bytes) -> None:
        if self.process.stdin is None:
            return
        size = min(FED_AT_ONCE, len(feed) // FED_IN_PARTS + 1)
        with suppress(BrokenPipeError), self.process.stdin as pipe:
            for start in range(0, len(feed), size):
                if self._is_cut.wait(FEED_PAUSE_SECONDS):
                    write_all(pipe.fileno(), half_a_line(feed, start))
                    self._was_cut.set()
                    return
                write_all(pipe.fileno(), feed[start : start + size])


def half_a_line(feed: bytes, start: int) -> bytes:
    """Return what follows a place, up to the middle of the next line, or of the last."""
    begin = feed.find(b"\n", start) + 1
    if 0 < begin < len(feed):
        return feed[start : (begin + feed.index(b"\n", begin)) // 2]
    return feed[start:-2]


def write_all(descriptor: int, content: bytes) -> None:
    """Write to a pipe, in as many parts as it takes."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def marked(mark: str) -> list[int]:
    """Return the processes whose environment holds a mark."""
    found = []
    for each in PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if mark.encode() in (each / "environ").read_bytes():
                found.append(int(each.name))
    return found
