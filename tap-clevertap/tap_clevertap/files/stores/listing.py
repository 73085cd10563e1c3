"""What is common to the listings of buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_clevertap.files.store import FileInfo
    from tap_clevertap.files.stores.location import Location

EMR_MARKER = "_$folder$"
"""How Hadoop's S3 file systems end the name of a folder."""


def is_marker(key: str, size: int) -> bool:
    """Return whether an object only shows that there is a folder."""
    return not size and (not key or key.endswith(("/", EMR_MARKER)))


def in_order(files: Iterable[FileInfo], location: Location) -> Iterator[FileInfo]:
    """Yield the files of a listing that the store sorts by the bytes of the keys.

    Raises:
        StoreError: If it does not, or lists a page again and again.
    """
    before = ""
    for info in files:
        if info.key <= before:
            message = (
                f"{location}: the store lists {shown(info.key)} after {shown(before)}; a server "
                "that does not sort its listings cannot be read: copy the files to one that does"
            )
            raise StoreError(message)
        before = info.key
        yield info
