"""Disturbances at random moments, which may all miss the moments of work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verification.bench.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification.chaos.tally import Tally

TRIES = 3


def while_in_flight(disturb: Callable[[Workplace, str], Tally]) -> Tally:
    """Return the tally of the first try in which a disturbance met work in flight.

    `disturb` takes a workplace, and the name that the moments are drawn by.
    """
    for number in range(TRIES):
        with Workplace() as place:
            tally = disturb(place, f"test {number}")
        assert not tally.faults
        if tally.in_flight.total():
            return tally
    message = f"no disturbance of {TRIES} tries met work in flight"
    raise AssertionError(message)
