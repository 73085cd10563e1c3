"""Standard output: whole lines, and what to do when nothing can be written any more."""

from __future__ import annotations

import errno
import io
import os
import sys

from tap_clevertap.errors import CleverTapError, SettingError

OUTPUT_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF})


def prepare_stdout() -> None:
    """Let writes wait for the target, also with an unbuffered Python or a non-blocking pipe.

    Raises:
        SettingError: If standard output is closed.
    """
    if sys.stdout is None:
        message = "standard output: it is closed; give it a target or a file"
        raise SettingError(message)
    try:
        descriptor = sys.stdout.fileno()
    except OSError:
        return  # text in memory, as in tests
    os.set_blocking(descriptor, True)
    if isinstance(sys.stdout.buffer, io.RawIOBase):  # its writes may be partial
        sys.stdout = open(descriptor, "w", encoding=sys.stdout.encoding, closefd=False)  # noqa: SIM115 - as Python's own


def discard_stdout() -> None:
    """Send all further output to /dev/null; the interpreter flushes at its end, and would fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def broken_pipe_error() -> CleverTapError:
    """Return the error of a target that ended."""
    message = (
        "standard output: the target closed the pipe, so reading from CleverTap stopped; "
        "see the target's log"
    )
    return CleverTapError(message)


def write_error(failure: OSError) -> CleverTapError:
    """Return the error of a disk or device that does not accept output."""
    message = f"standard output: it cannot be written to ({failure.strerror}); free space"
    return CleverTapError(message)
