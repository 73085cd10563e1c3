"""The target disturbed at random moments until all is delivered: a little of `make chaos`."""

from __future__ import annotations

import pytest

from tests.support.chaos_tries import while_in_flight
from verification.chaos.cases_target import target
from verification.chaos.disturbances import OF_TARGET

DISTURBANCES = len(OF_TARGET)


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_disturbed_again_and_again_nothing_is_lost(uncertain):
    tally = while_in_flight(lambda place, name: target(place, DISTURBANCES, name, uncertain))
    assert tally.dealt.total() == DISTURBANCES
    assert set(tally.dealt) == set(OF_TARGET)
    assert tally.jobs
    assert tally.states
    assert not tally.lost + tally.ahead
