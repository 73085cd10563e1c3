"""The streams of export files disturbed at random moments: a little of what `make chaos` does."""

from __future__ import annotations

from tests.support.chaos_tries import while_in_flight
from verification.chaos.cases_files import exported_files
from verification.chaos.disturbances import OF_TAP

DISTURBANCES = 8


def test_disturbed_while_files_change_nothing_is_lost():
    tally = while_in_flight(lambda place, name: exported_files(place, DISTURBANCES, name))
    assert tally.dealt.total() == DISTURBANCES
    assert set(tally.dealt) == set(OF_TAP)
    assert tally.jobs
    assert tally.states
    assert tally.repeated
    assert not tally.lost + tally.doubled + tally.ahead
