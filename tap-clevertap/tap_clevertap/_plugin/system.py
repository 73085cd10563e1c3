# Source: tap-clevertap/tap_clevertap/_plugin/system.py; copies: `make vendor`
"""What the system gives a process: threads, and memory through glibc's malloc."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import SystemLimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_MORE_THREADS = (
    "threads: the system starts no more; allow more processes or memory, see ulimit -a"
)
MMAP_THRESHOLD = -3
ARENA_MAX = -8
"""Numbers of parameters, as in malloc.h."""
LARGE_BLOCK_BYTES = 512 * 1024
ARENAS = 2


@contextmanager
def starting() -> Iterator[None]:
    """Say what is wrong where a thread does not start.

    Raises:
        SystemLimitError: Instead of Python's RuntimeError.
    """
    try:
        yield
    except RuntimeError:
        raise SystemLimitError(NO_MORE_THREADS) from None


def return_large_blocks() -> None:
    """Have large freed blocks go back to the system at once.

    glibc learns to keep blocks of the size it has seen freed, for each thread. A third of a run's
    memory would be pages that are already written. Other C libraries do not do this.
    """
    _set_malloc(MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def share_arenas() -> None:
    """Have all threads take memory from the same arenas.

    glibc gives each thread an arena of its own. Other threads cannot use what one thread frees
    there, so a long run of many threads would grow and grow. Other C libraries have no arenas.
    """
    _set_malloc(ARENA_MAX, ARENAS)


def _set_malloc(parameter: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(parameter, value)
