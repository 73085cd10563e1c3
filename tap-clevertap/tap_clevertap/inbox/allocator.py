"""The memory of the receiver: glibc would scatter that of bodies, and the process would grow."""

from __future__ import annotations

import ctypes
from contextlib import suppress

PARAMETERS = {-8: 1, -1: 128 * 1024, -3: 128 * 1024}
"""Of glibc's `mallopt`: one arena; free memory beyond this goes back; so do large blocks."""


def return_memory() -> None:
    """Have the C library give memory back; another one than glibc is left as it is."""
    with suppress(AttributeError, OSError):
        change = ctypes.CDLL(None).mallopt
        for parameter, value in PARAMETERS.items():
            change(parameter, value)
