"""A receiver on a port of its own that is started again and again, and what pushes to it."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from verification.chaos.plugin_run import PluginRun

if TYPE_CHECKING:
    from pathlib import Path

READY_SECONDS = 60
END_SECONDS = 60
GLANCE_SECONDS = 0.01
HISTORY = ("--today", "2026-08-31", "--days", "3", "--users", "500")


class NotReadyError(RuntimeError):
    """A receiver that ended, or printed no address in time."""


class ReceiverRun:
    """One process of a receiver.

    Args:
        config: Path of its settings.
        folder: For its log.
        port: To listen on; 0: any.
    """

    def __init__(self, config: str, folder: Path, port: int = 0) -> None:
        self._addresses: list[str] = []
        command = [str(BIN / "tap-clevertap"), "receive", "--config", config, "--port", str(port)]
        self.run = PluginRun(command, folder, self._take_line)

    def until_ready(self) -> str:
        """Return its address, once it is ready.

        Raises:
            NotReadyError: If it ends, or takes too long.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not self._addresses and self.run.lasts(GLANCE_SECONDS):
            if time.monotonic() > deadline:
                break
        if not self._addresses:
            self.run.process.kill()
            raise NotReadyError(self.run.end().log)
        return self._addresses[0]

    @property
    def port(self) -> int:
        """Of the address that it printed."""
        return urlsplit(self._addresses[0]).port or 0

    def _take_line(self, line: bytes) -> None:
        self._addresses.append(line.decode().strip())


class Pushing(NamedTuple):
    """A process that pushes messages until it is ended."""

    process: subprocess.Popen[bytes]
    truth: Path
    log: Path

    def end(self) -> str:
        """End it, and return what it says of its work."""
        self.process.terminate()
        self.process.wait(END_SECONDS)
        return self.log.read_text()


def push(url: str, folder: Path, name: str, *flags: str) -> Pushing:
    """Start to push."""
    truth, log = folder / f"{name}.jsonl", folder / f"{name}.log"
    command = [str(BIN / "clevertap-emulator"), "push", "--to", url, "--truth", str(truth)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *HISTORY, *flags],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
        )
    return Pushing(process, truth, log)
