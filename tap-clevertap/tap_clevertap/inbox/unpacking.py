"""Unpacking a body that was sent packed, within a limit."""

from __future__ import annotations

import zlib

PLAIN = frozenset(("", "identity", "chunked"))
"""The server itself puts chunks together."""
MOST_ENCODINGS = 3
MOST_MEMBERS = 200
"""Each costs a copy of what follows it."""
WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""For zlib; clients send `deflate` with and without its header. [RFC 9110, 8.4.1.2]"""


class EncodingError(Exception):
    """The encoding is not known."""


class PackedBodyError(Exception):
    """The body is not packed as its encoding says."""


class TooLargeError(Exception):
    """The body has more bytes than allowed."""


def encodings_of(header: str) -> list[str]:
    """Return the encodings to undo, in this order.

    Args:
        header: The value of `Content-Encoding`, then that of `Transfer-Encoding`; empty if neither
            was sent.

    Raises:
        EncodingError: For one that is not known.
    """
    names = [name.strip().lower() for name in header.split(",")]
    packed = [name for name in names if name not in PLAIN]
    if len(packed) > MOST_ENCODINGS or not WINDOWS.keys() >= set(packed):
        raise EncodingError
    return packed[::-1]


def unpack(body: bytes, encodings: list[str], limit: int) -> bytes:
    """Return the body as it was before it was packed.

    Raises:
        PackedBodyError: When it is cut, damaged, followed by something else, or has many members.
        TooLargeError: When it, or a step on the way to it, has more bytes than the limit.
    """
    for encoding in encodings:
        body = _unpacked(body, WINDOWS[encoding], limit)
    return body


def _unpacked(body: bytes, windows: tuple[int, ...], limit: int) -> bytes:
    window, *others = windows
    try:
        return _inflated(body, window, limit)
    except PackedBodyError:
        if not others:
            raise
        return _unpacked(body, (*others,), limit)


def _inflated(body: bytes, window: int, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit + 1
    for _ in range(MOST_MEMBERS):  # of a gzip file
        inflater = zlib.decompressobj(window)
        try:
            parts.append(inflater.decompress(body, left))
        except zlib.error:
            raise PackedBodyError from None
        left -= len(parts[-1])
        if left <= 0:
            raise TooLargeError
        if not inflater.eof:
            raise PackedBodyError
        body = inflater.unused_data
        if not body:
            return b"".join(parts)
    raise PackedBodyError
