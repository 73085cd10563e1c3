"""Answers that never end, or grow when they are unpacked."""

from __future__ import annotations

import time
import zlib

from tests.support.raw_server import read_head

BLOCK = 1024 * 1024
BLOCKS_PACKED = 1024
"""A gigabyte of them."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HEADER = b"X-More: and more\r\n"
ZEROS, SPACES = b"\0", b" "
GZIP, DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS


def bomb(encoding, content, wbits):
    """Return an answer that unpacks a thousand times, from about a megabyte."""
    packing = zlib.compressobj(wbits=wbits)
    start, block = (
        packing.compress(content * BLOCK) + packing.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    body = start + block * (BLOCKS_PACKED - 1)
    length = b"Content-Length: %d\r\nContent-Encoding: %b\r\n\r\n" % (len(body), encoding)

    def answer(connection):
        read_head(connection)
        connection.sendall(OK + length + body)

    return answer


def endless(head, piece):
    def answer(connection):
        read_head(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return answer


def by_bits(start, bit):
    """Return an answer of which a bit comes now and then, sooner than a timeout would be over."""

    def answer(connection):
        read_head(connection)
        connection.sendall(start)
        while True:
            connection.sendall(bit)
            time.sleep(0.02)

    return answer


BODIES = {
    "zeros in gzip": bomb(b"gzip", ZEROS, GZIP),
    "JSON's spaces in gzip": bomb(b"gzip", SPACES, GZIP),
    "zeros in deflate": bomb(b"deflate", ZEROS, DEFLATE),
    "no length": endless(OK + b"\r\n", SPACES * BLOCK),
    "chunks": endless(CHUNKED, b"1000\r\n%b\r\n" % (SPACES * 4096)),
    "length of 5 GB": endless(OK + b"Content-Length: 5000000000\r\n\r\n", SPACES * BLOCK),
}
HEADS = {
    "headers": endless(OK, HEADER * 100),
    "a header": endless(OK + b"X-More: ", b"x" * BLOCK),
    "a status": endless(b"HTTP/1.1 200 ", b"x" * BLOCK),
}
BITS = {
    "a status": by_bits(b"HTTP/1.1 200 ", b"x"),
    "a header": by_bits(OK + b"X-More: ", b"x"),
    "100 Continue": by_bits(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": by_bits(OK + b"Content-Length: 100000\r\n\r\n", SPACES),
    "chunks": by_bits(CHUNKED, b"1\r\n \r\n"),
    "trailers": by_bits(CHUNKED + b"2\r\n{}\r\n0\r\n", HEADER),
}
