"""What executors run in tests; they import nothing else of the tests."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pyspark import TaskContext

WAIT_SECONDS = 900


def executor() -> int:
    """Return the process id of the executor: the parent of what has started this worker."""
    return int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(") ")[2].split()[1])


def held_back(batches, *, folder):
    """Yield batches, and wait after the first of each task until a file `go` is in the folder.

    Each task leaves a file there: its executor, partition, and number of the attempt.
    """
    for number, batch in enumerate(batches):
        yield batch
        if not number:
            task = TaskContext.get()
            (folder / f"{executor()} {task.partitionId()} {task.attemptNumber()}").touch()
            wait_for((folder / "go").exists)


def wait_for(is_there):
    """Return whether something comes within a time that is enough anywhere."""
    until = time.monotonic() + WAIT_SECONDS
    while not (found := is_there()) and time.monotonic() < until:
        time.sleep(0.05)
    return found
