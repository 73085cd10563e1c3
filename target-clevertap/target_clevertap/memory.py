"""What glibc's malloc is told about the threads of a run."""

from __future__ import annotations

import ctypes

ARENA_MAX = -8
"""The parameter's number in malloc.h."""
ARENAS = 2


def share_arenas() -> None:
    """Have all threads take memory from the same places.

    glibc gives each thread places of its own: what one thread frees there is of no use to the
    others, and with a thread for each lane a long run would grow and grow. Other C libraries have
    no such parameter.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ARENA_MAX, ARENAS)
