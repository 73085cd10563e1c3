"""The bytes of one object, whose connection may break."""

from __future__ import annotations

import io
import logging
import time
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from typing_extensions import override

from tap_clevertap.api.retries import growing_pause
from tap_clevertap.files.errors import FileChangedError, UnreadFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

MOST_BREAKS = 9
"""In a row. The pauses between them are 30 to 60 seconds together."""
FIRST_PAUSE = 0.1
PROGRESS = 1 << 20
"""Bytes after which a connection that breaks is not in a row with the one before."""
BUFFER = 1 << 18

logger = logging.getLogger("tap-clevertap")


class BrokenOffError(Exception):
    """A connection broke, or could not be made; another one may do.

    Args:
        reason: As a message shows it in brackets.
    """


class Body(Protocol):
    """The body of one response."""

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at its end; it may raise `BrokenOffError`."""

    def close(self) -> None:
        """End the connection."""


class ContinuedReader(io.RawIOBase):
    """Reads one version of an object from its start to its end, once.

    Args:
        request: Opens the body of that version, from an offset to its end; it may raise
            `BrokenOffError`.
        size: In bytes, as listed.
        pause: Seconds before another connection, of the number of breaks in a row.
    """

    def __init__(
        self,
        request: Callable[[int], Body],
        size: int,
        *,
        pause: Callable[[int], float] = lambda breaks: growing_pause(breaks, first=FIRST_PAUSE),
    ) -> None:
        super().__init__()
        self._request = request
        self._size = size
        self._pause = pause
        self._body: Body | None = None
        self._offset = self._broke_at = self._breaks = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        into = memoryview(buffer)
        while True:
            try:
                some = self._read(len(into))
            except BrokenOffError as broken:
                self._close_body()
                self._count(broken)
                continue
            into[: len(some)] = some
            self._offset += len(some)
            return len(some)

    def _read(self, most: int) -> bytes:
        left = self._size - self._offset
        if self._body is None:
            if not left and self._offset:
                return b""  # the connection broke after the last byte
            self._body = self._request(self._offset)
        some = self._body.read(most)
        if len(some) > left:
            message = "has more bytes than were listed"
            raise FileChangedError(message)
        if left and not some:
            message = f"{left} of {self._size} bytes did not come"
            raise BrokenOffError(message)
        return some

    def _count(self, broken: BrokenOffError) -> None:
        """Wait before the next connection, or give up."""
        is_in_a_row = self._offset - self._broke_at < PROGRESS
        self._breaks = self._breaks + 1 if is_in_a_row else 1
        self._broke_at = self._offset
        if self._breaks >= MOST_BREAKS:
            message = (
                f"broke off {self._breaks} times in a row at byte {self._offset} of {self._size} "
                f"({broken}); check the network"
            )
            raise UnreadFileError(message) from broken
        time.sleep(self._pause(self._breaks))

    @override
    def close(self) -> None:
        self._close_body()
        super().close()

    def _close_body(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()


def continued(request: Callable[[int], Body], size: int) -> BinaryIO:
    """Return the bytes of an object, as they are asked for; see `ContinuedReader`."""
    return cast("BinaryIO", io.BufferedReader(ContinuedReader(request, size), BUFFER))
