"""The tap disturbed at random moments until its job is done: a few of what `make chaos` does."""

from __future__ import annotations

import pytest

from tests.support.chaos_tries import while_in_flight
from verification.chaos.cases_tap import tap, tap_per_event
from verification.chaos.disturbances import OF_TAP

DISTURBANCES = 8


@pytest.mark.parametrize("case", [tap, tap_per_event])
def test_disturbed_again_and_again_nothing_is_lost(case):
    tally = while_in_flight(lambda place, name: case(place, DISTURBANCES, name))
    assert tally.dealt.total() == DISTURBANCES
    assert set(tally.dealt) == set(OF_TAP)
    assert tally.jobs
    assert tally.states
    assert not tally.lost + tally.doubled + tally.ahead
