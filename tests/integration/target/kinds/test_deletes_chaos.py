"""Deletions disturbed at random moments: a little of `make chaos`."""

from __future__ import annotations

import pytest

from verification.bench.workplace import Workplace
from verification.chaos import cases_deletes
from verification.chaos.disturbances import OF_TARGET

DISTURBANCES = len(OF_TARGET)


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_each_user_is_deleted_once_and_each_call_has_a_receipt(uncertain, monkeypatch):
    monkeypatch.setattr(cases_deletes, "RECORDS", 300)
    with Workplace() as place:
        tally = cases_deletes.deletes(place, DISTURBANCES, "test", uncertain)
    assert not tally.faults
    assert tally.dealt.total() == DISTURBANCES
    assert tally.in_flight.total()
    assert tally.jobs
    assert not tally.lost + tally.ahead
