"""An answer that never ends, or grows when it is unpacked, costs a bounded amount of memory."""

from __future__ import annotations

from contextlib import closing

import pytest

from faults.endless import BODIES, HEADS, trickle
from faults.launcher import SPEED
from faults.raw_server import RawServer
from plugin_process import write_json

MOST_KILOBYTES = 450_000
"""Twice of what three answers of 64 MB and the program take; half of one bomb."""
LARGE = "is larger than 64 MB: lower page_size"
NO_API = "no CleverTap API at"


def read(tap, server, *, speed=SPEED, **settings):
    config = {
        "account_id": "a",
        "passcode": "p",
        "api_url": f"http://{server.host}",
        "timezone": "UTC",
        "events": ["Charged", "App Launched", "Search"],
        **settings,
    }
    return tap.run("--config", write_json(config), speed=speed)


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


def test_an_answer_that_comes_bit_by_bit_is_cut(tap):
    with closing(RawServer(trickle)) as server:
        output = read(tap, server, speed=3000.0, request_timeout=80_000)
    assert output.status == 1
    assert "(the answer broke off)" in output.log
    assert "Traceback" not in output.log
