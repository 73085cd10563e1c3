"""An answer that never ends, or grows when it is unpacked, costs bounded memory and time."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.endless import BITS, BODIES, HEADS
from tests.support.launched_target import SPEED
from tests.support.raw_server import RawServer, over_tls
from tests.support.target_process import orders

MOST_KILOBYTES = 300_000
"""Twice of what three answers of 32 MB and the program take; a third of one bomb."""
LARGE = "not a response of CleverTap's API (it has more than 32 MB); check api_url"
OVER_TLS = 20
"""A speed that leaves half a second of real time to the handshake."""
NO_ANSWER = "the outcome is unknown after 10 tries (the connection was cut); run again"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        *[pytest.param(answer, LARGE, id=name) for name, answer in BODIES.items()],
        *[pytest.param(answer, NO_ANSWER, id=name) for name, answer in HEADS.items()],
    ],
)
def test_an_endless_answer_ends_the_run_within_bounded_memory(target, answer, words):
    with closing(RawServer(answer)) as server:
        run = target.run(orders(30), api_url=f"http://{server.host}", max_in_flight=3)
    assert run.status == 1
    assert words in run.log.splitlines()[-1]
    assert "Traceback" not in run.log
    assert run.states == []
    assert target.largest_kilobytes < MOST_KILOBYTES
    assert target.run(orders(30)).status == 0


def skip(target, url, *, speed=SPEED, **environment):
    settings = {"request_timeout": 30, "max_in_flight": 1, "uncertain": "skip", "max_rejects": -1}
    return target.run(orders(30), api_url=url, environment=environment, speed=speed, **settings)


def assert_uncertain(target, run):
    assert run.status == 0, run.log
    assert target.rejected_codes() == {"uncertain": 30}
    assert target.rejects.read_text().count("(no response in time)") == 30


@pytest.mark.parametrize("answer", BITS.values(), ids=BITS)
def test_an_answer_that_comes_bit_by_bit_is_none_in_time(target, answer):
    with closing(RawServer(answer)) as server:
        run = skip(target, f"http://{server.host}")
    assert_uncertain(target, run)


def test_an_answer_that_comes_bit_by_bit_over_tls_is_none_in_time(target, certificates):
    with closing(RawServer(over_tls(BITS["trailers"], **certificates.right))) as server:
        trusted = {"REQUESTS_CA_BUNDLE": certificates.trusted}
        run = skip(target, f"https://{server.host}", speed=OVER_TLS, **trusted)
    assert_uncertain(target, run)


def test_a_proxys_answer_that_comes_bit_by_bit_leaves_nothing_uncertain(target):
    with closing(RawServer(BITS["a header"])) as server:
        run = skip(target, "https://api.invalid", HTTPS_PROXY=f"http://{server.host}")
    assert run.status == 1
    assert "cannot reach" in run.log.splitlines()[-1]
    assert "uncertain 0" in run.log
    assert server.connections
    assert not target.rejects.exists()
