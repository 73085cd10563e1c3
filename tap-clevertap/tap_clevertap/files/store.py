"""What a store of files gives, wherever it is."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec and Spark tasks read the annotation
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class FileInfo(NamedTuple):
    """A file as a listing has it.

    Equal `key`, `size` and `version` mean equal content.
    """

    key: str
    """Its path below the folder of the store, as listed; it may have `//` or end in spaces."""
    size: int
    """In bytes, packed."""
    version: str
    """ETag, generation, or of a local file its time of change in nanoseconds and its inode."""
    modified: datetime
    """In UTC."""


class FileStore(Protocol):
    """A folder of files; `open_store` makes one from a URL.

    Methods raise `StoreError` with advice when the store cannot be used at all, for example for
    a permission that is missing, and `FileChangedError` for a file that is no longer as listed.
    """

    def list(self) -> Iterator[FileInfo]:
        """Yield all files below the folder, sorted by key; the listing is always a new one.

        Markers of folders (empty, and ending in `/`) are no files.
        """

    def open(self, info: FileInfo) -> BinaryIO:
        """Return the bytes of exactly the version that was listed, to be read once from the start.

        A connection that breaks is continued at its place, of the same version, some times.
        Reads raise `FileChangedError` when the file was replaced, grew or was cut meanwhile, and
        `UnreadFileError` when it cannot be read to its end.
        """
