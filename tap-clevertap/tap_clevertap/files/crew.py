"""Worker processes that read groups of files ahead; their lines leave in the order of the plan."""

from __future__ import annotations

import fcntl
import os
import pickle
import select
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tap_clevertap.errors import CleverTapError
from tap_clevertap.files.frames import GROUP_END, HEADER_BYTES, Frame, read_header
from tap_clevertap.files.worker import Work

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from tap_clevertap.files.plan import FileGroup
    from tap_clevertap.files.reading import Part, ReadingOptions

WORTH_BYTES = 32 * 1024 * 1024
"""Of packed files; below that, one process has read them before others have started."""
MOST_WORKERS = 4
"""Unless the setting asks for more: a worker that reads Parquet needs up to 300 MB."""
PIPE_BYTES = 1 << 20
IDLE_SECONDS = 0.2
"""A signal is noticed after this time at most."""
PROGRAM = (
    "import sys; sys.path = [each for each in sys.path if each]; "
    "from tap_clevertap.files.worker import main; main()"
)
"""Without the current folder: a file there may have the name of a module."""
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def workers_for(groups: Sequence[FileGroup], setting: int) -> int:
    """Return how many workers read some groups; 0 if the tap reads them itself.

    Args:
        groups: To be read.
        setting: `export_files_processes`; 0 lets the size of the files and the cores decide.
    """
    if setting:
        wanted = setting
    else:
        is_worth = sum(group.size for group in groups) >= WORTH_BYTES
        wanted = min(usable_cores(), MOST_WORKERS) if is_worth else 1
    wanted = min(wanted, len(groups))
    return wanted if wanted > 1 else 0


def usable_cores() -> int:
    """Return how many cores this process may use, also in a container with a quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = map(int, QUOTA.read_text().split())
        cores = min(cores or 1, max(1, quota // period))
    return cores or 1


class Crew:
    """Reads groups by several processes.

    - `read` is called once, in the main thread. Its end ends all processes.
    - They end when this process does, however it ends.

    Args:
        url: Of the files.
        options: For all of them.
        workers: The number of processes, two or more.
    """

    def __init__(self, url: str, options: ReadingOptions, workers: int) -> None:
        self._url = url
        self._options = options
        self._workers = workers

    def read(self, groups: Sequence[FileGroup]) -> Iterator[Part | None]:
        """Yield the parts of all groups as `GroupReader.read` does; None while there is none yet.

        Raises:
            CleverTapError: As that does, or if a process ends early.
        """
        shares = self._shares(groups)
        with ExitStack() as stack:
            workers = []
            for number in range(self._workers):
                share = [group for group, of in zip(groups, shares, strict=True) if of == number]
                worker = _Worker(Work(self._url, self._options, share))
                stack.callback(worker.end)
                workers.append(worker)
            for of in shares:
                yield from workers[of].read_group()

    def _shares(self, groups: Sequence[FileGroup]) -> list[int]:
        """Return the worker of each group: the one with the fewest bytes before it."""
        sizes = [0] * self._workers
        shares = []
        for group in groups:
            worker = sizes.index(min(sizes))
            sizes[worker] += group.size
            shares.append(worker)
        return shares


class _Worker:
    """One process, and what it sends."""

    def __init__(self, work: Work) -> None:
        command = [sys.executable, "-c", PROGRAM]
        # In a session of its own no signal from a terminal ends it: that is for the tap to do.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdin is not None  # noqa: S101 - for mypy
        assert self._process.stdout is not None  # noqa: S101 - same
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):  # more than this user may have
                fcntl.fcntl(self._stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        with suppress(BrokenPipeError):  # it has ended; reading tells
            self._stdin.write(pickle.dumps(work))
            self._stdin.flush()

    def read_group(self) -> Iterator[Part | None]:
        """Yield the parts of the next group."""
        while True:
            header = yield from self._read(HEADER_BYTES)
            kind, records, length = read_header(header)
            if kind == GROUP_END:
                return
            content = yield from self._read(length)
            yield Frame(kind, records, content).part()

    def _read(self, length: int) -> Generator[None, None, bytes]:
        content = bytearray(length)
        view = memoryview(content)
        while view:
            if not select.select([self._stdout], [], [], IDLE_SECONDS)[0]:
                yield None
                continue
            some = os.readv(self._stdout.fileno(), [view])
            if not some:
                raise self._ended_early()
            view = view[some:]
        return bytes(content)

    def _ended_early(self) -> CleverTapError:
        status = self._process.wait()
        message = (
            f"export files: a process that reads them ended early (status {status}); allow more "
            "memory, or set export_files_processes to 1"
        )
        return CleverTapError(message)

    def end(self) -> None:
        """End the process."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        self._process.kill()
        self._process.wait()
        self._stdout.close()
