"""What is common to the listings of buckets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_clevertap.files.store import FileInfo
    from tap_clevertap.files.stores.location import Location

logger = logging.getLogger("tap-clevertap")

HADOOP_MARKER = "_$folder$"
"""How Hadoop's S3 file systems end the name of a folder."""


def files_below(
    objects: Callable[[str], Iterator[FileInfo]], location: Location
) -> Iterator[FileInfo]:
    """Yield the files below a folder, by their keys below it.

    A bucket has no folders, so one whose name is wrong is empty: that is a warning.

    Args:
        objects: Yields the objects whose key begins with a prefix, by their whole keys.
        location: The folder.

    Raises:
        StoreError: If it is a file.
    """
    length = len(location.prefix)
    is_empty = True
    for found in objects(location.prefix):
        is_empty = False
        key = found.key[length:]
        if not _is_marker(key, found.size):
            yield found._replace(key=key)
    if is_empty:
        _say_empty(objects, location)


def _say_empty(objects: Callable[[str], Iterator[FileInfo]], location: Location) -> None:
    name = location.prefix.removesuffix("/")
    if name and any(found.key == name for found in _first(objects(name))):
        message = f"{location}: it is a file, not a folder; set the folder that has it"
        raise StoreError(message)
    logger.warning("%s: there are no files; check export_files_url if there should be", location)


def _is_marker(key: str, size: int) -> bool:
    """Return whether an object only shows that there is a folder."""
    return not size and (not key or key.endswith(("/", HADOOP_MARKER)))


def _first(found: Iterator[FileInfo]) -> Iterator[FileInfo]:
    """Yield the first of a listing if there is one: a name comes before what continues it."""
    for each in found:
        yield each
        return


def in_order(files: Iterable[FileInfo], location: Location) -> Iterator[FileInfo]:
    """Yield the files of a listing that the store sorts by the bytes of the keys.

    Raises:
        StoreError: If it does not, or lists a page again and again.
    """
    before: str | None = None
    for info in files:
        if before is not None and info.key <= before:
            message = (
                f"{location}: the store lists {shown(info.key)} after {shown(before)}; a server "
                "that does not sort its listings cannot be read: copy the files to one that does"
            )
            raise StoreError(message)
        before = info.key
        yield info
