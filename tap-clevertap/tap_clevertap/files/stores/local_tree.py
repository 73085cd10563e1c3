"""The files below a local folder, in the order of their keys."""

from __future__ import annotations

import logging
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap.files.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("tap-clevertap")


class TreeEntry(NamedTuple):
    """What a folder has; entries are sorted by the first of these."""

    key: str
    """As it is listed. Of a folder it ends in `/`."""
    path: str
    """Below the top, as the system knows it."""
    found: os.stat_result

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.found.st_mode)


def walk(top: str) -> Iterator[TreeEntry]:
    """Yield the files below a folder; only the entries of open folders are in memory.

    Symbolic links are followed. One that leads back to a folder above it, one that leads nowhere,
    and what is no regular file (a pipe, a socket, a device) are skipped with a warning.

    Raises:
        StoreError: If it is no folder, or a folder below it cannot be listed.
    """
    above = [_identity(_stat_of_top(top))]
    left = [iter(_sorted_entries(top, ""))]
    while left:
        entry = next(left[-1], None)
        if entry is None:
            left.pop()
            above.pop()
        elif not entry.is_folder:
            yield entry
        elif _identity(entry.found) in above:
            _skip(top, entry.path, "a link back to a folder above it")
        else:
            above.append(_identity(entry.found))
            left.append(iter(_sorted_entries(top, entry.path)))


def escaped(name: str) -> str:
    r"""Return a name with an escape, like `\xe9`, for each byte that is not UTF-8."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _stat_of_top(top: str) -> os.stat_result:
    try:
        found = os.stat(top)  # noqa: PTH116 - a path from outside stays as it is
    except OSError as error:
        raise _unusable(top, error) from None
    if not stat.S_ISDIR(found.st_mode):
        message = f"{visible(escaped(top))}: it is a file, not a folder; set the folder that has it"
        raise StoreError(message)
    return found


def _sorted_entries(top: str, folder: str) -> list[TreeEntry]:
    try:
        return sorted(_entries(top, folder))
    except OSError as error:
        if folder and isinstance(error, FileNotFoundError):
            return []  # it was removed since the folder above it was read
        raise _unusable(os.path.join(top, folder), error) from None  # noqa: PTH118 - it may have spaces


def _entries(top: str, folder: str) -> Iterator[TreeEntry]:
    with os.scandir(os.path.join(top, folder)) as entries:  # noqa: PTH118 - same
        for entry in entries:
            path = folder + entry.name
            if (found := _stat(top, path, entry)) is not None:
                path += "/" if stat.S_ISDIR(found.st_mode) else ""
                yield TreeEntry(escaped(path), path, found)


def _stat(top: str, path: str, entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return what an entry is; None if it is neither a file nor a folder."""
    try:
        found = entry.stat()
    except OSError as error:
        if entry.is_symlink():
            _skip(top, path, f"a link that cannot be followed ({_reason(error)})")
            return None
        if isinstance(error, FileNotFoundError):
            return None  # it was removed since
        raise
    if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
        return found
    _skip(top, path, "a pipe, a socket or a device")
    return None


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _unusable(path: str, error: OSError) -> StoreError:
    fault, advice = f"this folder cannot be listed ({_reason(error)})", "check export_files_url"
    if isinstance(error, FileNotFoundError):
        fault = "this folder does not exist"
    if isinstance(error, PermissionError):
        advice = "allow this user to read it and to search it (r and x)"
    return StoreError(f"{visible(escaped(path))}: {fault}; {advice}")


def _skip(top: str, path: str, what: str) -> None:
    logger.warning("%s: skipped %s, %s", visible(escaped(top)), shown(escaped(path)), what)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
