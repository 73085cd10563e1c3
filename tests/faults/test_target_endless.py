"""An answer that never ends, or grows when it is unpacked, costs a bounded amount of memory."""

from __future__ import annotations

from contextlib import closing

import pytest

from faults.endless import BODIES, HEADS, trickle
from faults.raw_server import RawServer
from target.target_process import orders

MOST_KILOBYTES = 300_000
"""Twice of what three answers of 32 MB and the program take; a third of one bomb."""
LARGE = "gives an answer of more than 32 MB, as no API of CleverTap does: check api_url"
NO_ANSWER = "gave no certain answer in 10 tries (the connection was cut); run again"


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


def test_an_answer_that_comes_bit_by_bit_is_none_in_time(target):
    with closing(RawServer(trickle)) as server:
        given = {"api_url": f"http://{server.host}", "request_timeout": 50, "max_in_flight": 1}
        run = target.run(orders(30), **given)
    assert run.status == 1
    assert "gave no certain answer in 10 tries (no answer in time)" in run.log
