"""Reading a rejects file that other runs may append to meanwhile."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.errors import SettingError
from target_clevertap.file_locks import go_on, lock
from target_clevertap.rejects.lines import RejectLine, read_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO

BOM = b"\xef\xbb\xbf"


def lines_of(path: Path, check: Callable[[], None] = go_on) -> Iterator[RejectLine]:
    """Yield the lines that a file has now; what other runs append later is left out.

    Args:
        path: Of the file.
        check: Called while another process has it locked; may raise.

    Raises:
        SettingError: When it cannot be read.
    """
    with reported(path, "read"), path.open("rb") as file:
        # a line that is being written is whole then
        lock(file.fileno(), f"the rejects file {path}", check, shared=True)
        size = os.fstat(file.fileno()).st_size
        fcntl.flock(file, fcntl.LOCK_UN)
        yield from lines_in(file, size)


def lines_unlocked(path: Path) -> Iterator[RejectLine]:
    """Yield the lines of a file without a lock; where others write to it, the last may be cut.

    Raises:
        SettingError: When it cannot be read.
    """
    with reported(path, "read"), path.open("rb") as file:
        yield from lines_in(file, os.fstat(file.fileno()).st_size)


def lines_in(file: IO[bytes], size: int) -> Iterator[RejectLine]:
    """Yield the lines of an open file, but for blank ones.

    Args:
        file: At its start.
        size: How many bytes of it are read.
    """
    if size <= 0:  # a terminal has none, and would wait for a line
        return
    for number, line in enumerate(file, 1):
        if size <= 0:
            return
        size -= len(line)
        text = line.removeprefix(BOM) if number == 1 else line
        if not text.isspace():
            yield read_line(number, text)


@contextmanager
def reported(path: Path, action: str) -> Iterator[None]:
    """Raise a SettingError where the system does not let a file be used.

    Args:
        path: Of the file.
        action: What is done to it, for the message.

    Raises:
        SettingError: In place of the system's error.
    """
    try:
        yield
    except OSError as error:
        message = f"rejects: {path} cannot be {action}: {error.strerror}; check the path"
        raise SettingError(message) from None


def path_of(file: str | None, configured: str) -> Path:
    """Return the path of a file that is there.

    Args:
        file: As given; None for the one that the settings name.
        configured: The setting `rejects_path`.

    Raises:
        SettingError: When it is not there.
    """
    what = "rejects" if file else "rejects_path"
    path = private_files.absolute(file or configured, what)
    if not private_files.is_file(path, what):
        message = f"rejects: there is no file {path}; nothing was rejected, or it has another path"
        raise SettingError(message)
    return path
