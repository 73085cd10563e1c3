"""The target as a run of a launcher: started in milliseconds, on clocks that run faster."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager

from tests.support.target_process import Finished, TargetProcess, lines

SPEED = 100
REQUEST_SECONDS = 30
"""Of real time, for an answer: the machine may be busy."""
LONGEST_TIMEOUT = 3600
"""That the setting allows."""
RUN_SECONDS = 120


class LaunchedTarget(TargetProcess):
    """A target whose runs are one launcher's, one at a time."""

    def __init__(self, emulator, folder, launcher):
        super().__init__(emulator, folder)
        self._launcher = launcher
        launcher.folder = folder

    def begin(
        self, messages, *, speed=SPEED, jumps=None, limits=None, environment=None, **settings
    ):
        """Start a run without waiting for its end; it is patient unless told otherwise."""
        settings = {"request_timeout": min(LONGEST_TIMEOUT, REQUEST_SECONDS * speed), **settings}
        given = self.folder / "input.jsonl"
        given.write_bytes(messages if isinstance(messages, bytes) else lines(messages))
        self._began = time.monotonic()
        self._launcher.start(
            "--config",
            str(self.config(**settings)),
            stdin=str(given),
            speed=speed,
            jumps=jumps,
            limits=limits,
            **(environment or {}),
        )

    @contextmanager
    def held(self):
        """Stop the run, and let it go on afterwards."""
        os.kill(self._launcher.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._launcher.pid, signal.SIGCONT)

    @property
    def largest_kilobytes(self):
        """Of the memory that the last run took."""
        return self._launcher.largest_kilobytes

    def end(self, seconds=RUN_SECONDS):
        """Wait for the run's end."""
        status, log = self._launcher.ended(seconds)
        states = [json.loads(line) for line in self._launcher.lines()]
        return Finished(status, states, log, time.monotonic() - self._began)

    def run(self, messages, **options):
        self.begin(messages, **options)
        return self.end()
