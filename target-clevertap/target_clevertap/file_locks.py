"""Locks on files that processes share: whoever waits for one can still be ended."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from threading import Thread
from typing import IO, TYPE_CHECKING

from target_clevertap._plugin.system import translate_thread_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL_SECONDS = 0.1
"""Between two looks for what ends the waiting."""

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
        SystemLimitError: When the system gives no thread to wait in.
    """
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    if _is_locked(descriptor, mode):
        return
    errors: list[OSError] = []
    waiting = Thread(target=_wait, args=(descriptor, mode, errors), daemon=True)
    with translate_thread_errors():
        waiting.start()
    latest, is_told = time.monotonic() + QUIET_SECONDS, False
    while waiting.is_alive():
        check()
        if not is_told and time.monotonic() > latest:
            logger.warning("%s: another process has locked it; waiting", what)
            is_told = True
        waiting.join(POLL_SECONDS)
    if errors:
        raise errors[0]


def lines_now(
    file: IO[bytes], what: str, check: Callable[[], None] = go_on
) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each line that a file has when no other process writes to it.

    Args:
        file: At its start.
        what: As for `lock`.
        check: As for `lock`.

    Raises:
        OSError: When it cannot be read.
    """
    lock(file.fileno(), what, check, shared=True)  # a line that is being written is whole then
    size = os.fstat(file.fileno()).st_size
    fcntl.flock(file, fcntl.LOCK_UN)
    return numbered_lines(file, size)


def numbered_lines(file: IO[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the lines that begin within so many bytes of a file's start."""
    number = 0
    while size > 0 and (line := file.readline()):
        number += 1
        size -= len(line)
        yield number, line


def _is_locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(descriptor: int, mode: int, errors: list[OSError]) -> None:
    """Wait in the system's queue: who only tries now and then finds a busy file locked each time.

    A thread that nobody waits for any more gets the lock, and closing the file frees it.
    """
    try:
        fcntl.flock(descriptor, mode)
    except OSError as error:
        errors.append(error)
