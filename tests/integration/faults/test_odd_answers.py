"""Answers that HTTP allows, or that break its rules, of which no emulator's fault is one."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.endless import BLOCK, OK
from tests.support.plugin_process import write_json
from tests.support.raw_server import RawServer, read_head
from tests.support.target_process import orders

REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: %b\r\n"
MOST_KILOBYTES = 300_000


def answering(content):
    def answer(connection):
        read_head(connection)
        connection.sendall(content)

    return answer


def endless_redirect(connection):
    read_head(connection)
    connection.sendall(REDIRECT % b"/elsewhere" + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"100000\r\n%b\r\n" % (b" " * BLOCK))


ODD = {
    "a redirect to no address": answering(REDIRECT % b"http://[::1" + b"\r\n"),
    "a redirect that is not text": answering(REDIRECT % b"/\xff\xfe" + b"\r\n"),
    "a redirect without end": endless_redirect,
    "a chunk of less than nothing": answering(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n"),
    "a header without a name": answering(OK + b"marked zq7\r\nContent-Length: 2\r\n\r\n{}"),
}


@pytest.fixture(params=ODD.values(), ids=ODD)
def server(request):
    with closing(RawServer(request.param)) as started:
        yield started


def read(tap, server):
    config = {"account_id": "a", "passcode": "p", "timezone": "UTC", "events": ["Charged"]}
    return tap.run("--config", write_json({**config, "api_url": f"http://{server.host}"}))


def test_an_odd_answer_ends_the_tap_in_a_line(tap, server):
    output = read(tap, server)
    assert output.status == 1
    assert "Traceback" not in output.log
    assert "zq7" not in output.log
    assert output.states == []
    assert tap.largest_kilobytes < MOST_KILOBYTES


def test_an_odd_answer_ends_the_target_in_a_line(target, server):
    run = target.run(orders(30), api_url=f"http://{server.host}", max_in_flight=1)
    assert run.status == 1
    assert "Traceback" not in run.log
    assert "zq7" not in run.log
    assert run.states == []
    assert target.largest_kilobytes < MOST_KILOBYTES
