"""One command measured as a whole process: seconds, processor seconds, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BIN = Path(sys.executable).parent
MEGABYTE = 1024


@dataclass(frozen=True)
class Measured:
    """What a finished process took."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float


def measure(command: list[str], *, stdin: str = os.devnull, stdout: str = os.devnull) -> Measured:
    """Run a command to its end.

    Raises:
        RuntimeError: If it fails, with the end of its log.
    """
    with (
        Path(stdin).open("rb") as read,
        Path(stdout).open("wb") as written,
        tempfile.TemporaryFile() as log,
    ):
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=read, stdout=written, stderr=log)  # noqa: S603 - our own
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            message = f"{command[0]} ended with {process.returncode}: {log.read()[-2000:]!r}"
            raise RuntimeError(message)
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MEGABYTE)


def medians(times: int, *runs: Callable[[], Measured]) -> list[Measured]:
    """Run several commands in turn, several times; return the median of each."""
    rounds = [[run() for run in runs] for _ in range(times)]
    return [
        Measured(
            median(each.seconds for each in found),
            median(each.processor_seconds for each in found),
            max(each.peak_megabytes for each in found),
        )
        for found in zip(*rounds, strict=True)
    ]
