"""The body of an answer: whole, decompressed, and no larger than there is memory for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3.exceptions import ProtocolError

from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes, decompressed; a page of 5,000 rows is about 3 MB."""
PIECE = 256 * 1024


class BodyTooLargeError(CleverTapError):
    """An answer is larger than any page."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host}: an answer is larger than {LARGEST_BODY >> 20} MB; lower page_size, or check "
            "api_url",
        )


def read_body(response: BaseHTTPResponse, host: str) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLargeError: If it is larger than a page may be; little more was read of it.
        HTTPError: If it breaks off, takes too long, or cannot be decompressed.
    """
    length = response.length_remaining
    if length is not None and length > LARGEST_BODY:
        raise BodyTooLargeError(host)
    if length is not None and "Content-Encoding" not in response.headers:
        # In one piece: requests would read a page of 3 MB by 10 kB.
        return response.read(decode_content=True)
    try:
        return _read_piece_by_piece(response, host)
    except ValueError as fault:  # from http.client, of a chunk's length
        message = "invalid chunk length"
        raise ProtocolError(message) from fault


def _read_piece_by_piece(response: BaseHTTPResponse, host: str) -> bytes:
    body = bytearray()
    while piece := response.read(PIECE, decode_content=True):
        body += piece
        if len(body) > LARGEST_BODY:
            raise BodyTooLargeError(host)
    return bytes(body)
