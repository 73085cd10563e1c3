"""Signals to all processes of a `meltano run`: a little of what `make chaos` does."""

from __future__ import annotations

from tests.support.chaos_tries import while_in_flight
from verification.chaos.cases_meltano import signalled
from verification.chaos.disturbances import OF_MELTANO

RECORDS = 10_000


def test_a_signal_to_the_process_group_neither_loses_nor_doubles():
    tally = while_in_flight(lambda place, name: signalled(place, len(OF_MELTANO), name, RECORDS))
    assert set(tally.dealt) == set(OF_MELTANO)
    assert tally.states
    assert not tally.lost + tally.doubled + tally.ahead
