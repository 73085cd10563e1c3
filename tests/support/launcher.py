"""Runs of a plugin that cost no start of an interpreter, with clocks that run faster."""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.run_output import Output, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(__file__).with_name("launched.py")
SPEED = 20.0
"""Half a second of pause costs 25 ms then; a timeout of 60 s is one of 3 s."""
START_SECONDS = 60
RUN_SECONDS = 120
PIPE_BYTES = 4096


def set_clock(jumps: Path, seconds: float) -> None:
    """Have the system's clock be off by so many seconds, for runs that go by this file."""
    written = jumps.with_name(f"{jumps.name}.new")
    written.write_text(str(seconds))
    written.replace(jumps)


class Launcher:
    """Starts one process after another of one plugin; each is a real one, made by a fork."""

    def __init__(self, plugin: str, folder: Path) -> None:
        self.home = self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), plugin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean_environment(),
            text=True,
            bufsize=1,
        )
        assert self._process.stdout is not None
        # Not the file: after its `readline`, lines in its buffer are not seen by `select`.
        self._answers = self._process.stdout.fileno()
        self._unread = b""
        self.plugin = plugin
        self.pid = 0
        self._written = folder / "stdout"
        self.is_running = False
        self.largest_kilobytes = 0
        """Memory that the last run took, without its other processes."""

    def start(
        self,
        *arguments: str,
        stdin: str = os.devnull,
        stdout: str | None = None,
        speed: float = SPEED,
        jumps: Path | None = None,
        limits: dict[str, int] | None = None,
        cwd: Path | None = None,
        **environment: str,
    ) -> None:
        """Start a run, in the launcher's folder unless another is given.

        `jumps` is a file of the seconds by which the system's clock is off; `limits` are what it
        may use at most, by the names in `resource`.
        """
        self._written = Path(stdout or self.folder / "stdout")
        start: dict[str, Any] = {
            "arguments": [self.plugin, *arguments],
            "stdin": stdin,
            "stdout": str(self._written),
            "stderr": str(self.folder / "stderr"),
            "speed": speed,
            "jumps": jumps and str(jumps),
            "folder": str(cwd or self.folder),
            "limits": limits or {},
            "environment": clean_environment(**environment),
        }
        assert self._process.stdin is not None
        self.pid = 0
        self._process.stdin.write(json.dumps(start) + "\n")
        self.pid = int(self._line(START_SECONDS))
        self.is_running = True

    def wait(self, seconds: float = RUN_SECONDS) -> Output:
        """Return what the run left behind, once it ended."""
        output = Output(*self.ended(seconds))
        for line in self.lines():
            output.read(line)
        return output

    def ended(self, seconds: float = RUN_SECONDS) -> tuple[int, str]:
        """Return the run's exit status and its log, once it ended."""
        status, self.largest_kilobytes = map(int, self._line(seconds).split())
        self.is_running = False
        return status, (self.folder / "stderr").read_text()

    def run(self, *arguments: str, **options: Any) -> Output:
        self.start(*arguments, **options)
        return self.wait()

    def written(self) -> str:
        """Return what the run has written until now."""
        return self._written.read_text() if self._written.is_file() else ""

    def lines(self) -> list[str]:
        """Return it as lines; U+2028 and the like end none of them."""
        return [line for line in self.written().split("\n") if line]

    def stop(self) -> None:
        if self.is_running and self.pid:  # 0 would be the group of the tests
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(START_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _line(self, seconds: float) -> str:
        """Return the next line, which may have come together with the one before it."""
        while b"\n" not in self._unread:
            if not select.select([self._answers], [], [], seconds)[0]:
                self._give_up(seconds)
            self._unread += os.read(self._answers, PIPE_BYTES)
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def _give_up(self, seconds: float) -> None:
        pid, self.pid = self.pid, 0
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._line(START_SECONDS)  # of its end, which else were taken for the next run's
        log = (self.folder / "stderr").read_text()
        message = f"{self.plugin} was still running after {seconds} s: {log}"
        raise AssertionError(message)


_idle: dict[str, list[Launcher]] = defaultdict(list)
"""By plugin: launchers to lend, until this process ends."""


@contextmanager
def lent_launcher(plugin: str) -> Iterator[Launcher]:
    """Lend a launcher that nobody else uses meanwhile.

    It is not lent again when a test left a run in it, whose end would be taken for the next one's.
    """
    idle = _idle[plugin]
    lent = idle.pop() if idle else _new_launcher(plugin)
    try:
        yield lent
    finally:
        if lent.is_running:
            lent.stop()
        else:
            lent.folder = lent.home
            idle.append(lent)


def _new_launcher(plugin: str) -> Launcher:
    folder = tempfile.mkdtemp(prefix=f"{plugin}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    started = Launcher(plugin, Path(folder))
    atexit.register(started.stop)
    return started
