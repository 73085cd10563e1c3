"""Interim answers, 1xx, that servers and proxies send before the one that counts."""

from __future__ import annotations

import re
import socket
from collections import Counter
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest

from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import run_tap, tap_config, write_json
from tests.support.raw_server import RawServer, over_tls, read_head
from tests.support.target_process import orders

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nContent-Length: 7\r\n\r\n"
INTERIM = {
    "100": CONTINUE,
    "102": PROCESSING,
    "103 with headers": HINTS,
    "an unknown one": b"HTTP/1.1 199\r\n\r\n",
    "several": PROCESSING * 3 + HINTS + CONTINUE + HINTS,
}
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
MOST_KILOBYTES = 300_000


def whole(connection):
    """Return one message with a body of a known length; nothing where the connection ended."""
    head = read_head(connection)
    start, _, body = head.partition(b"\r\n\r\n")
    length = int(found[1]) if (found := LENGTH.search(start)) else 0
    while len(body) < length and (more := connection.recv(length - len(body))):
        body += more
    return start + b"\r\n\r\n" + body if head else b""


def passing_on(emulator, interim):
    """Return a proxy to an emulator that sends something before each response."""

    def answer(connection):
        host = urlsplit(emulator.url)
        with socket.create_connection((host.hostname, host.port)) as there:
            while request := whole(connection):
                there.sendall(request)
                final = whole(there)
                for each in interim.split(b"\r\n\r\n")[:-1]:
                    connection.sendall(each + b"\r\n\r\n")
                connection.sendall(final)

    return answer


@pytest.fixture(scope="module")
def project():
    emulator = ForkedEmulator.start(
        timezone="UTC", days=2, events_per_day=300, users=10, preparing=0
    )
    yield emulator
    emulator.stop()


@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_the_target_goes_by_the_final_answer(target, interim):
    with closing(RawServer(passing_on(target.emulator, interim))) as server:
        run = target.run(orders(3000), speed=1, api_url=f"http://{server.host}")
    assert run.status == 0, run.log
    assert "retried 0" in run.log
    assert Counter(each["evtData"]["id"] for each in target.delivered()) == Counter(range(3000))


@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_the_tap_goes_by_the_final_answer(tap, project, interim):
    direct = run_tap(tap_config(project, timezone="UTC"))
    with closing(RawServer(passing_on(project, interim))) as server:
        settings = tap_config(project, timezone="UTC", api_url=f"http://{server.host}")
        output = tap.run("--config", write_json(settings), speed=1)
    assert output.status == 0, output.log
    assert keys_of(output) == keys_of(direct)
    assert output.state == direct.state
    assert "Traceback" not in output.log


def test_they_come_over_tls_too(target, certificates):
    answer = over_tls(passing_on(target.emulator, INTERIM["several"]), **certificates.right)
    with closing(RawServer(answer)) as server:
        trusted = {"REQUESTS_CA_BUNDLE": str(certificates.trusted)}
        url = f"https://{server.host}"
        run = target.run(orders(1000), speed=1, api_url=url, environment=trusted)
    assert run.status == 0, run.log
    assert "retried 0" in run.log
    assert Counter(each["evtData"]["id"] for each in target.delivered()) == Counter(range(1000))


def keys_of(output):
    return sorted(each["event_key"] for each in output.events)


def without_end(connection):
    read_head(connection)
    with suppress(OSError):
        while True:
            connection.sendall(HINTS)


def test_they_do_not_hold_up_the_target_for_ever(target):
    with closing(RawServer(without_end)) as server:
        run = target.run(orders(30), api_url=f"http://{server.host}", max_in_flight=1)
    assert run.status == 1
    assert run.states == []
    assert "Traceback" not in run.log
    assert target.largest_kilobytes < MOST_KILOBYTES


def test_they_do_not_hold_up_the_tap_for_ever(tap):
    with closing(RawServer(without_end)) as server:
        config = {"account_id": "a", "passcode": "p", "timezone": "UTC", "events": ["Charged"]}
        output = tap.run("--config", write_json({**config, "api_url": f"http://{server.host}"}))
    assert output.status == 1
    assert "Traceback" not in output.log
    assert tap.largest_kilobytes < MOST_KILOBYTES
