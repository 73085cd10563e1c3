# Source: tap-clevertap/tap_clevertap/_plugin/system.py; copies: `make vendor`
"""Threads, and malloc tuning (glibc only)."""

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
"""Parameters of mallopt, from malloc.h."""
LARGE_BLOCK_BYTES = 512 * 1024
ARENAS = 2


@contextmanager
def translate_thread_errors() -> Iterator[None]:
    """Translate the error of a thread that cannot be started.

    Raises:
        SystemLimitError: Instead of Python's RuntimeError.
    """
    try:
        yield
    except RuntimeError:
        raise SystemLimitError(NO_MORE_THREADS) from None


def return_large_blocks() -> None:
    """Return large freed blocks to the system at once.

    glibc would keep blocks of the sizes that were freed before, for each thread. A third of a run's
    memory would then be pages that are already written. Other C libraries do not keep them.
    """
    _set_malloc(MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def share_arenas() -> None:
    """Let all threads allocate from the same arenas.

    glibc gives each thread its own arena. Other threads cannot use what one thread frees there, so
    a long run of many threads would need more and more memory. Other C libraries have no arenas.
    """
    _set_malloc(ARENA_MAX, ARENAS)


def _set_malloc(parameter: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(parameter, value)
