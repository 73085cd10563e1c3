"""Both plugins reach CleverTap in the same way."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from importlib import import_module
from importlib.metadata import version

import pytest

from tap_clevertap.api.client import ExportClient as TapClient
from tap_clevertap.api.outcomes import TryAgain
from target_clevertap.api.client import Client as TargetClient
from target_clevertap.api.responses import NotProcessed, Unknown
from tests.support.raw_server import RawServer, hang_up, read_head

PLUGINS = ("tap", "target")
each_plugin = pytest.mark.parametrize("plugin", PLUGINS)
THROTTLED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\nRetry-After: %b\r\n\r\n{}"


def http_of(plugin, module):
    return import_module(f"{plugin}_clevertap._http.{module}")


def ask(plugin, host, timeout=30):
    """Return what a plugin's client makes of the answer to one request."""
    if plugin == "target":
        target = TargetClient(f"http://{host}", "a", "p", timeout)
        return target.upload(target.prepared([b"{}"]))
    client = TapClient(
        url=f"http://{host}", account_id="a", passcode="p", request_timeout=timeout, max_in_flight=1
    )
    return client.open_export("events.json", {}, {})


def answering(answer):
    heads = []

    def serve(connection):
        heads.append(read_head(connection).decode())
        answer(connection)

    return RawServer(serve), heads


@each_plugin
def test_a_request_names_plugin_and_version(plugin):
    server, heads = answering(hang_up)
    with closing(server):
        ask(plugin, server.host)
    name = f"{plugin}-clevertap"
    assert f"\r\nUser-Agent: {name}/{version(name)}\r\n" in heads[0]
    assert "\r\nX-CleverTap-Account-Id: a\r\n" in heads[0]
    assert "\r\nX-CleverTap-Passcode: p\r\n" in heads[0]


@each_plugin
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"2", 2.0),
        (b"1.5", 1.5),
        (b"0", 0.0),
        (b"Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        (b"inf", None),
        (b"nan", None),
        (b"-1", None),
        (b"1e300", None),
        (b"soon", None),
        (b"", None),
        (b"\xb2", None),
    ],
)
def test_a_pause_that_an_answer_names(plugin, text, seconds):
    server, _ = answering(lambda connection: connection.sendall(THROTTLED % text))
    with closing(server):
        answer = ask(plugin, server.host)
    assert isinstance(answer, (TryAgain, NotProcessed))
    assert (answer.after if plugin == "tap" else answer.retry_after) == seconds


@each_plugin
def test_a_pause_until_an_instant_is_the_time_until_then(plugin):
    at = datetime.now(timezone.utc) + timedelta(hours=2)
    headers = {"Retry-After": format_datetime(at, usegmt=True)}
    assert 3600 < http_of(plugin, "headers").retry_after(headers) <= 7200


@each_plugin
@pytest.mark.parametrize(
    ("region", "api_url", "url"),
    [
        ("eu1", None, "https://api.clevertap.com"),
        ("global", None, "https://api.clevertap.com"),
        ("in1", "", "https://in1.api.clevertap.com"),
        ("in1", "https://api.example.org/", "https://api.example.org"),
        ("in1", "HTTPS://API.Example.ORG", "https://api.example.org"),
        ("in1", "https://API.example.org:8443", "https://api.example.org:8443"),
        ("in1", "http://LocalHost:8025", "http://localhost:8025"),
        ("in1", "http://[::1]:8025", "http://[::1]:8025"),
        ("in1", "https://[2001:DB8::A]", "https://[2001:db8::a]"),
    ],
)
def test_the_host_is_the_regions_or_the_users_in_one_spelling(plugin, region, api_url, url):
    assert http_of(plugin, "hosts").base_url(region, api_url) == url


@each_plugin
@pytest.mark.parametrize("address", ["http://localhost:0", "https://api.clevertap.com:0"])
def test_port_0_is_refused(plugin, address):
    errors = import_module(f"{plugin}_clevertap.errors")
    with pytest.raises(errors.SettingError, match="api_url: it is not an address; use scheme"):
        http_of(plugin, "hosts").base_url("eu1", address)


@each_plugin
def test_an_answer_that_comes_bit_by_bit_is_given_up(plugin):
    def by_bits(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.01)

    server, _ = answering(by_bits)
    with closing(server):
        answer = ask(plugin, server.host, timeout=0.5)
    assert isinstance(answer, (TryAgain, Unknown))
    assert answer.reason == "no response in time"


@each_plugin
def test_a_large_answer_may_come_slowly(plugin):
    """It takes three times the timeout, and brings far more than the least in that time."""
    body = b'{"status":"success","processed":1,"unprocessed":[]}'
    piece = b" " * 60_000

    def slowly(connection):
        length = len(body) + 12 * len(piece)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
        for _ in range(12):
            connection.sendall(piece)
            time.sleep(0.5)
        connection.sendall(body)

    server, _ = answering(slowly)
    with closing(server):
        answer = ask(plugin, server.host, timeout=2)
    assert not isinstance(answer, (TryAgain, Unknown)), answer
