"""What glibc's malloc is told about the pages of a run."""

from __future__ import annotations

import ctypes

MMAP_THRESHOLD = -3
"""The parameter's number in malloc.h."""
LARGE_BLOCK_BYTES = 512 * 1024


def return_large_blocks() -> None:
    """Have freed pages go back to the system at once.

    glibc learns to keep blocks of the size it has seen freed, for each thread: a third of the
    memory of a run would be pages that are long written. Other C libraries do not.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
