"""How a forked process ends: as any does, but without freeing its memory object by object.

Freeing would write to most of the memory that it shares with the process it was forked from, and
so would have the system copy it first: half of the pages that a short run takes.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURE = 1


def run_to_the_end(program: Callable[[], object]) -> NoReturn:
    """Run a console script and end the process with its exit status."""
    try:
        sys.exit(program())
    except SystemExit as ended:
        threading._shutdown()
        atexit._run_exitfuncs()
        try:
            flush()
        except OSError:
            raise ended from None  # the interpreter tries it again, and reports it
        os._exit(status_of(ended.code))


def status_of(code: object) -> int:
    """Return the exit status that the interpreter makes of what `sys.exit` was given."""
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    sys.stderr.flush()
    return FAILURE


def flush() -> None:
    """Write what is buffered.

    Raises:
        OSError: If it cannot be written.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
