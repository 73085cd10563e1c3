"""Deletions disturbed at random moments: a little of `make chaos`."""

from __future__ import annotations

import pytest

from tests.support.chaos_tries import while_in_flight
from verification.chaos import cases_deletes
from verification.chaos.disturbances import OF_TARGET

DISTURBANCES = len(OF_TARGET)


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_each_user_is_deleted_once_and_each_call_has_a_receipt(uncertain, monkeypatch):
    monkeypatch.setattr(cases_deletes, "RECORDS", 300)
    tally = while_in_flight(
        lambda place, name: cases_deletes.deletes(place, DISTURBANCES, name, uncertain)
    )
    assert tally.dealt.total() == DISTURBANCES
    assert tally.jobs
    assert not tally.lost + tally.ahead
