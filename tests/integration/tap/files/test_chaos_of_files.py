"""The streams of export files disturbed at random moments: a little of what `make chaos` does."""

from __future__ import annotations

from verification.bench.workplace import Workplace
from verification.chaos.cases_files import exported_files
from verification.chaos.disturbances import OF_TAP

DISTURBANCES = 8


def test_disturbed_while_files_change_nothing_is_lost():
    with Workplace() as place:
        tally = exported_files(place, DISTURBANCES, "test")
    assert not tally.faults
    assert tally.dealt.total() == DISTURBANCES
    assert set(tally.dealt) == set(OF_TAP)
    assert tally.in_flight.total()
    assert tally.jobs
    assert tally.states
    assert tally.repeated
    assert not tally.lost + tally.doubled + tally.ahead
