"""The receiver killed under load while a tap reads its inbox: a little of `make chaos`."""

from __future__ import annotations

from tests.support.chaos_tries import while_in_flight
from verification.chaos.cases_receiver import receiver
from verification.chaos.disturbances import Kind

KILLS = 3


def test_killed_under_load_it_loses_no_answered_message_and_repeats_none():
    tally = while_in_flight(lambda place, name: receiver(place, KILLS, name))
    assert tally.dealt == {Kind.KILL: KILLS}
    assert tally.states
    assert tally.records > KILLS
    assert not tally.lost + tally.doubled + tally.ahead
