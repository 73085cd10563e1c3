"""An answer that never ends, or grows when it is unpacked, costs bounded memory and time."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.endless import BITS, BODIES, HEADS
from tests.support.launcher import SPEED
from tests.support.plugin_process import write_json
from tests.support.raw_server import RawServer, over_tls

MOST_KILOBYTES = 450_000
"""Twice of what three answers of 64 MB and the program take; half of one bomb."""
LARGE = "is larger than 64 MB; lower page_size"
NO_API = "no CleverTap API answers there"
HASTE = {"speed": 3000.0, "request_timeout": 900}
"""A wait of 0.3 seconds, and 0.6 for a whole answer."""
OVER_TLS = {"speed": 900.0, "request_timeout": 900}
"""One second for the handshake."""


def read(tap, server, *, speed=SPEED, environment=None, **settings):
    config = {
        "account_id": "a",
        "passcode": "p",
        "api_url": f"http://{server.host}",
        "timezone": "UTC",
        "events": ["Charged", "App Launched", "Search"],
        **settings,
    }
    return tap.run("--config", write_json(config), speed=speed, **(environment or {}))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        *[pytest.param(answer, LARGE, id=name) for name, answer in BODIES.items()],
        *[pytest.param(answer, NO_API, id=name) for name, answer in HEADS.items()],
    ],
)
def test_an_endless_answer_ends_the_run_within_bounded_memory(tap, answer, words):
    with closing(RawServer(answer)) as server:
        output = read(tap, server)
    assert output.status == 1
    assert words in output.log
    assert "Traceback" not in output.log
    assert output.states == []
    assert tap.largest_kilobytes < MOST_KILOBYTES


def assert_given_up(output):
    assert output.status == 1
    assert "(no response in time)" in output.log
    assert "Traceback" not in output.log
    assert output.states == []


@pytest.mark.parametrize("answer", BITS.values(), ids=BITS)
def test_an_answer_that_comes_bit_by_bit_is_none_in_time(tap, answer):
    with closing(RawServer(answer)) as server:
        output = read(tap, server, **HASTE)
    assert_given_up(output)


def test_an_answer_that_comes_bit_by_bit_over_tls_is_none_in_time(tap, certificates):
    with closing(RawServer(over_tls(BITS["trailers"], **certificates.right))) as server:
        address = {"api_url": f"https://{server.host}"}
        trusted = {"REQUESTS_CA_BUNDLE": certificates.trusted}
        output = read(tap, server, environment=trusted, **address, **OVER_TLS)
    assert_given_up(output)


def test_a_proxys_answer_that_comes_bit_by_bit_is_none_in_time(tap):
    with closing(RawServer(BITS["a header"])) as server:
        proxy = {"HTTPS_PROXY": f"http://{server.host}"}
        output = read(tap, server, environment=proxy, api_url="https://api.invalid", **HASTE)
    assert_given_up(output)
    assert server.connections
