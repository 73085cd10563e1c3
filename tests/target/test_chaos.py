"""The target disturbed at random moments until all is delivered: a little of `make chaos`."""

from __future__ import annotations

import pytest

from bench.workplace import Workplace
from chaos.cases_target import target

DISTURBANCES = 6


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_disturbed_again_and_again_nothing_is_lost(uncertain):
    with Workplace() as place:
        tally = target(place, DISTURBANCES, "test", uncertain)
    assert not tally.faults
    assert tally.dealt.total() == DISTURBANCES
    assert tally.jobs
    assert tally.states
    assert not tally.lost + tally.ahead
