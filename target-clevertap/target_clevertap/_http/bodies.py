# Source: tap-clevertap/tap_clevertap/_http/bodies.py; copies: `make vendor`
"""The body of a response: whole, decompressed, and of limited size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3.exceptions import ProtocolError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

PIECE_BYTES = 256 * 1024


class BodyTooLargeError(Exception):
    """A response is larger than any of CleverTap's."""


def read_body(response: BaseHTTPResponse, largest: int) -> bytes:
    """Return the whole body.

    Args:
        response: Only its head was read.
        largest: Limit in bytes, decompressed.

    Raises:
        BodyTooLargeError: If it is larger; reading stopped there.
        HTTPError: If it breaks off, takes too long, or cannot be decompressed.
    """
    length = response.length_remaining
    if length is not None and length > largest:
        raise BodyTooLargeError
    if length is not None and "Content-Encoding" not in response.headers:
        # In one piece: requests would read a page of 3 MB in pieces of 10 kB.
        return response.read(decode_content=True)
    try:
        return _read_piece_by_piece(response, largest)
    except ValueError as fault:  # from http.client, of a chunk's length
        message = "invalid chunk length"
        raise ProtocolError(message) from fault


def _read_piece_by_piece(response: BaseHTTPResponse, largest: int) -> bytes:
    body = bytearray()
    while piece := response.read(PIECE_BYTES, decode_content=True):
        body += piece
        if len(body) > largest:
            raise BodyTooLargeError
    return bytes(body)
