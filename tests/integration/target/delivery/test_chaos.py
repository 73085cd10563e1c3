"""The target disturbed at random moments until all is delivered: a little of `make chaos`."""

from __future__ import annotations

import pytest

from verification.bench.workplace import Workplace
from verification.chaos.cases_target import target
from verification.chaos.disturbances import OF_TARGET

DISTURBANCES = len(OF_TARGET)


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_disturbed_again_and_again_nothing_is_lost(uncertain):
    with Workplace() as place:
        tally = target(place, DISTURBANCES, "test", uncertain)
    assert not tally.faults
    assert tally.dealt.total() == DISTURBANCES
    assert set(tally.dealt) == set(OF_TARGET)
    assert tally.in_flight.total()
    assert tally.jobs
    assert tally.states
    assert not tally.lost + tally.ahead
