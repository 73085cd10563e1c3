"""Answers that never end, or grow when they are unpacked."""

from __future__ import annotations

import time
import zlib

from faults.raw_server import read_head

BLOCK = 1024 * 1024
BLOCKS_PACKED = 1024
"""A gigabyte of them."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
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


def trickle(connection):
    """Answer a byte now and then, sooner than a timeout would be over."""
    read_head(connection)
    connection.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(SPACES)
        time.sleep(0.02)


BODIES = {
    "zeros in gzip": bomb(b"gzip", ZEROS, GZIP),
    "JSON's spaces in gzip": bomb(b"gzip", SPACES, GZIP),
    "zeros in deflate": bomb(b"deflate", ZEROS, DEFLATE),
    "no length": endless(OK + b"\r\n", SPACES * BLOCK),
    "chunks": endless(
        OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%b\r\n" % (SPACES * 4096)
    ),
    "length of 5 GB": endless(OK + b"Content-Length: 5000000000\r\n\r\n", SPACES * BLOCK),
}
HEADS = {
    "headers": endless(OK, b"X-More: and more\r\n" * 100),
    "a header": endless(OK + b"X-More: ", b"x" * BLOCK),
    "a status": endless(b"HTTP/1.1 200 ", b"x" * BLOCK),
}
