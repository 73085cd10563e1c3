"""What the processes of a tree take together, looked up in /proc while they run."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERVAL_SECONDS = 0.05
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
KILOBYTES = 1024
PROCESSES = Path("/proc")


class TreeWatch(threading.Thread):
    """Samples processes and their descendants at intervals, until it is ended."""

    def __init__(self, roots: list[int]) -> None:
        """Begin to look.

        Args:
            roots: Process ids whose descendants count too.
        """
        super().__init__(daemon=True)
        self._roots = roots
        self._over = threading.Event()
        self._processor: dict[int, float] = {}
        self.peak_megabytes = 0.0
        self.samples: list[tuple[float, float]] = []
        """Epoch seconds and megabytes, one of each second."""

        self.start()

    @property
    def processor_seconds(self) -> float:
        """Processor seconds of all processes that were seen, as last seen."""
        return sum(self._processor.values())

    @override
    def run(self) -> None:
        while not self._over.wait(INTERVAL_SECONDS):
            self._look()

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()

    def _look(self) -> None:
        megabytes = 0.0
        for process in (each for root in self._roots for each in tree_of(root)):
            # A process may end between being listed and being looked at.
            with suppress(OSError):
                megabytes += proportional_megabytes(process)
                self._processor[process] = processor_seconds(process)
        self.peak_megabytes = max(self.peak_megabytes, megabytes)
        now = time.time()
        if not self.samples or now - self.samples[-1][0] >= 1:
            self.samples.append((now, megabytes))


def tree_of(root: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield root
    with suppress(OSError):
        for listed in (PROCESSES / str(root) / "task").glob("*/children"):
            for child in listed.read_text().split():
                yield from tree_of(int(child))


def proportional_megabytes(process: int) -> float:
    """Return a process's resident memory, pages it shares divided among those that have them."""
    rolled_up = (PROCESSES / str(process) / "smaps_rollup").read_text()
    kilobytes = rolled_up.partition("\nPss:")[2].split(maxsplit=1)[0]
    return int(kilobytes) / KILOBYTES


def processor_seconds(process: int) -> float:
    """Return the processor seconds of a process alone, without its children."""
    # The name in parentheses may hold spaces; times of user and system are fields 14 and 15.
    fields = (PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
