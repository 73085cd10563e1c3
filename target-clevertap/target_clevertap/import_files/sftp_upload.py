"""Uploading one file so that what is there in the end is what is here, byte by byte."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO

    from asyncssh import SFTPClient, SFTPClientFile

CHUNK_BYTES = 4 << 20
"""Read and sent at a time: the library splits it into requests that go out together."""


async def upload(
    sftp: SFTPClient, path: Path, name: str, note_begun: Callable[[int], None]
) -> None:
    """Bring a file to the server; what is there of it already stays.

    Each write waits for its answer, so none fails unseen. The size is compared at the end, while
    the file still has a name that nobody reads: under its own name it may be taken away at once.

    Args:
        sftp: The session.
        path: Of the file here.
        name: Path of the file there.
        note_begun: Is told how many bytes were there.

    Raises:
        OSError: When the sizes differ in the end.
        asyncssh.Error: What the server or the connection does not allow.
    """
    import asyncssh  # noqa: PLC0415 - an extra

    with path.open("rb") as local:
        begun = await _common(sftp, local, name)
        note_begun(begun)
        local.seek(begun)
        async with sftp.open(name, "r+b" if begun else "wb") as remote:
            await remote.truncate(begun)
            size = await _send(local, remote, begun)
            with suppress(asyncssh.SFTPOpUnsupported):
                await remote.fsync()
    there = await sftp.stat(name)
    if there.size != size:
        message = f"{there.size} bytes are there in place of {size}"
        raise OSError(message)


async def _common(sftp: SFTPClient, local: IO[bytes], name: str) -> int:
    """Return how many bytes the file there and the file here have in common at their start."""
    import asyncssh  # noqa: PLC0415 - an extra

    same = 0
    try:
        async with sftp.open(name, "rb") as remote:
            while here := await asyncio.to_thread(local.read, CHUNK_BYTES):
                there = cast("bytes", await remote.read(len(here), same))
                if there != here:
                    return same + _same_bytes(there, here)
                same += len(here)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied):
        return 0  # there is none, or it may only be written
    return same


def _same_bytes(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts have in common at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


async def _send(local: IO[bytes], remote: SFTPClientFile, position: int) -> int:
    """Write the rest of a file, and return its size."""
    while content := await asyncio.to_thread(local.read, CHUNK_BYTES):
        await remote.write(content, position)
        position += len(content)
    return position
