"""The bytes of one object, asked for in parts, each of the version that was listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.files.errors import FileChangedError

if TYPE_CHECKING:
    from collections.abc import Callable

PART = 4 << 20
"""Bytes; SDKs copy a part some times while they read it."""


class Parts:
    """The body of an object from an offset to its end; see `Body`.

    Args:
        request: Returns so many bytes (the second) from an offset (the first), as they are stored.
        offset: The first byte.
        size: Of the object, as listed.
    """

    def __init__(self, request: Callable[[int, int], bytes], offset: int, size: int) -> None:
        self._request = request
        self._next = offset
        self._size = size
        self._part = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; see `Body`."""
        if not self._part and self._next < self._size:
            self._part = self._following()
        some, self._part = self._part[:size], self._part[size:]
        return bytes(some)

    def _following(self) -> memoryview:
        count = min(PART, self._size - self._next)
        part = self._request(self._next, count)
        if len(part) != count:
            message = (
                f"came with {len(part)} bytes from byte {self._next} on, where {count} are listed"
            )
            raise FileChangedError(message)
        self._next += count
        return memoryview(part)

    def close(self) -> None:
        """Let go of the part."""
        self._part = memoryview(b"")
