"""The identities of `known_users_file`, one a line."""

from __future__ import annotations

import codecs
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator


MOST_CHARACTERS = 1023
"""Of an identity. [U:imports-via-sftp]"""
LONGEST_LINE = 1 << 16
"""Characters of a line, with the white space in it."""


class KnownUser(NamedTuple):
    """An identity, and the number of its line; messages name only the line."""

    line: int
    identity: str


def check_known_users(path: str) -> None:
    """Read the whole file once, before anything else is read.

    Raises:
        SettingError: If it cannot be read, or has no identity.
    """
    if not sum(1 for _ in known_users(path)):  # to its end: a bad byte may be in the last line
        message = f"known_users_file: {shown(path)} has no identity; write one on each line"
        raise SettingError(message)


def known_users(path: str) -> Iterator[KnownUser]:
    """Yield the identities; white space around them and blank lines are left out.

    Raises:
        SettingError: If the file cannot be read.
    """
    with _translate_errors(path), _open(path) as descriptor:
        encoding = "utf-16" if _is_utf_16(descriptor) else "utf-8-sig"
        with open(descriptor, encoding=encoding, closefd=False) as lines:
            # Not the file as an iterator: a line may be as long as the file.
            for number, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), ""), start=1):
                identity = line.strip()
                if len(identity) > MOST_CHARACTERS or len(line) >= LONGEST_LINE:
                    raise SettingError(_too_long(path, number))
                if identity:
                    yield KnownUser(number, identity)


def _too_long(path: str, line: int) -> str:
    return (
        f"known_users_file: line {line} of {shown(path)} has more than the {MOST_CHARACTERS} "
        "characters of an identity; write one identity on each line"
    )


@contextmanager
def _open(path: str) -> Iterator[int]:
    # O_NONBLOCK: a named pipe without a writer would wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            message = f"known_users_file: {shown(path)} is not a file; set the path of a text file"
            raise SettingError(message)
        yield descriptor
    finally:
        os.close(descriptor)


def _is_utf_16(descriptor: int) -> bool:
    start = os.pread(descriptor, 2, 0)
    return start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def _translate_errors(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        message = (
            f"known_users_file: {shown(path)} cannot be read ({failure.strerror}); fix the path"
        )
        raise SettingError(message) from None
    except ValueError:  # not text of this encoding, or a path with a NUL
        message = f"known_users_file: {shown(path)} is not UTF-8 or UTF-16 text; save it as UTF-8"
        raise SettingError(message) from None
