"""Commands measured with all processes they start: seconds, processor seconds, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, Any

from verification.bench.process_tree import TreeWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    Processes = list[subprocess.Popen[bytes]]

BIN = Path(sys.executable).parent
BLOCK_BYTES = 512
SETTINGS = ("TAP_CLEVERTAP", "TARGET_CLEVERTAP", "LOGLEVEL")


@dataclass(frozen=True)
class Measured:
    """What a finished command, or several in a pipe, took with all its processes."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float
    written_bytes: int = 0
    """Bytes that they had written to files, as the kernel counts them."""

    began: float = 0.0
    """Epoch seconds of its start."""

    memory: tuple[tuple[float, float], ...] = ()
    """Epoch seconds and megabytes, one of each second."""


def measure(
    *commands: list[str],
    stdin: str = os.devnull,
    stdout: str = os.devnull,
    environment: dict[str, str] | None = None,
) -> Measured:
    """Run commands, piped one into the next, to their end.

    Args:
        commands: Each with its arguments.
        stdin: Path of what the first reads.
        stdout: Path of what the last writes.
        environment: Variables in addition to those of this process.

    Raises:
        RuntimeError: If one fails, with the end of the log.
    """
    with ExitStack() as opened:
        read = opened.enter_context(Path(stdin).open("rb"))
        written = opened.enter_context(Path(stdout).open("wb"))
        log = opened.enter_context(tempfile.TemporaryFile())
        began, epoch = time.monotonic(), time.time()
        processes = _started(commands, read, written, stderr=log, env=_clean(environment or {}))
        watch = TreeWatch([process.pid for process in processes])
        usages = [_waited(process) for process in processes]
        seconds = time.monotonic() - began
        watch.end()
        _check(processes, log)
    # The kernel's own sums lack children that nobody waited for; the watch lacks the last moment.
    processor = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    processor = max(processor, watch.processor_seconds)
    written = sum(usage.ru_oublock for usage in usages) * BLOCK_BYTES
    samples = tuple(watch.samples)
    return Measured(seconds, processor, watch.peak_megabytes, written, epoch, samples)


def _started(
    commands: tuple[list[str], ...], read: IO[bytes], written: IO[bytes], **options: Any
) -> Processes:
    processes: Processes = []
    for number, command in enumerate(commands, 1):
        out = written if number == len(commands) else subprocess.PIPE
        process = subprocess.Popen(command, stdin=read, stdout=out, **options)  # noqa: S603 - our own
        read.close()  # of a pipe, only its reader may hold this end
        processes.append(process)
        read = process.stdout or read
    return processes


def _waited(process: subprocess.Popen[bytes]) -> Any:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _check(processes: Processes, log: IO[bytes]) -> None:
    for process in processes:
        if process.returncode:
            log.seek(0)
            message = f"{process.args!r} ended with {process.returncode}: {log.read()[-2000:]!r}"
            raise RuntimeError(message)


def _clean(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    return kept | more


def medians(times: int, *runs: Callable[[], Measured]) -> list[Measured]:
    """Run several commands in turn, several times; return the median of each."""
    rounds = [[run() for run in runs] for _ in range(times)]
    return [
        Measured(
            median(each.seconds for each in found),
            median(each.processor_seconds for each in found),
            max(each.peak_megabytes for each in found),
            int(median(each.written_bytes for each in found)),
        )
        for found in zip(*rounds, strict=True)
    ]
