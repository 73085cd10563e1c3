"""Reading a rejects file that other runs may append to meanwhile."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.errors import SettingError
from target_clevertap.file_locks import go_on, lines_now, numbered_lines
from target_clevertap.rejects.lines import RejectLine, read_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
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
        yield from _read(lines_now(file, f"the rejects file {path}", check))


def lines_unlocked(path: Path) -> Iterator[RejectLine]:
    """Yield the lines of a file without a lock; where others write to it, the last may be cut.

    Raises:
        SettingError: When it cannot be read.
    """
    with reported(path, "read"), path.open("rb") as file:
        yield from lines_in(file)


def lines_in(file: IO[bytes]) -> Iterator[RejectLine]:
    """Yield the lines that an open file has now, but for blank ones.

    Args:
        file: At its start.
    """
    return _read(numbered_lines(file, os.fstat(file.fileno()).st_size))


def _read(lines: Iterable[tuple[int, bytes]]) -> Iterator[RejectLine]:
    for number, line in lines:
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
