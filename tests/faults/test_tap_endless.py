"""An answer that never ends, or grows when it is unpacked, costs a bounded amount of memory."""

from __future__ import annotations

import zlib
from contextlib import closing

import pytest

from faults.raw_server import RawServer, read_head
from plugin_process import write_json

MOST_KILOBYTES = 450_000
"""Twice of what three answers of 64 MB and the program take; half of one bomb."""
BLOCK = 1024 * 1024
GIGABYTE = 1024
"""Blocks in what is packed."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def packed(content, wbits):
    """Return what unpacks to `content` a thousand times, in about a megabyte."""
    packing = zlib.compressobj(wbits=wbits)
    start = packing.compress(content) + packing.flush(zlib.Z_FULL_FLUSH)
    block = packing.compress(content) + packing.flush(zlib.Z_FULL_FLUSH)
    return start + block * (GIGABYTE - 1)


def bomb(encoding, content, wbits):
    body = packed(content * (BLOCK // len(content)), wbits)
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


LARGE = "is larger than 64 MB: lower page_size"
NO_API = "no CleverTap API at"
ZEROS, SPACES = b"\0", b" "
GZIP, DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(bomb(b"gzip", ZEROS, GZIP), LARGE, id="zeros in gzip"),
        pytest.param(bomb(b"gzip", SPACES, GZIP), LARGE, id="JSON's spaces in gzip"),
        pytest.param(bomb(b"deflate", ZEROS, DEFLATE), LARGE, id="zeros in deflate"),
        pytest.param(endless(OK + b"\r\n", SPACES * BLOCK), LARGE, id="no length"),
        pytest.param(
            endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%b\r\n" % (b" " * 4096)),
            LARGE,
            id="chunks",
        ),
        pytest.param(
            endless(OK + b"Content-Length: 5000000000\r\n\r\n", SPACES * BLOCK),
            LARGE,
            id="length of 5 GB",
        ),
        pytest.param(endless(OK, b"X-More: and more\r\n" * 100), NO_API, id="headers"),
        pytest.param(endless(OK + b"X-More: ", b"x" * BLOCK), NO_API, id="a header"),
        pytest.param(endless(b"HTTP/1.1 200 ", b"x" * BLOCK), NO_API, id="a status"),
    ],
)
def test_an_endless_answer_ends_the_run_within_bounded_memory(tap, answer, words):
    with closing(RawServer(answer)) as server:
        config = {
            "account_id": "a",
            "passcode": "p",
            "api_url": f"http://{server.host}",
            "timezone": "UTC",
            "events": ["Charged", "App Launched", "Search"],
        }
        output = tap.run("--config", write_json(config))
    assert output.status == 1
    assert words in output.log
    assert "Traceback" not in output.log
    assert output.states == []
    assert tap.largest_kilobytes < MOST_KILOBYTES
