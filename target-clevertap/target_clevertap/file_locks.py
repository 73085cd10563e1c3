"""Locks on files that processes share: whoever waits for one can still be ended."""

from __future__ import annotations

import fcntl
import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_PAUSE = 0.001
POLL_SECONDS = 0.1
"""Between two tries at most."""

QUIET_SECONDS = 3.0
"""A line of the log tells of a longer wait."""

logger = logging.getLogger("target-clevertap")


def go_on() -> None:
    """Wait as long as it takes."""


def lock(
    descriptor: int, what: str, check: Callable[[], None] = go_on, *, shared: bool = False
) -> None:
    """Lock an open file as soon as no other process has it locked.

    Args:
        descriptor: Of the file; closing it frees the lock.
        what: The file's name in the log.
        check: Called again and again while another process has the lock; may raise.
        shared: Whether others may have such a lock at the same time.

    Raises:
        OSError: When the file system has no locks.
    """
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    latest, is_told, pause = time.monotonic() + QUIET_SECONDS, False, FIRST_PAUSE
    while not _is_locked(descriptor, mode):
        check()
        if not is_told and time.monotonic() > latest:
            logger.warning("%s: another process has locked it; waiting", what)
            is_told = True
        time.sleep(pause)
        pause = min(2 * pause, POLL_SECONDS)


def _is_locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
