"""The log of requests, while clocks change and the emulator is reset."""

from __future__ import annotations

from clevertap_emulator.admin import journal as module
from clevertap_emulator.admin.journal import Journal


def test_a_clock_that_is_set_back_makes_no_negative_duration(monkeypatch):
    journal = Journal()
    logged = journal.add("POST", "/1/upload", "upload")
    monkeypatch.setattr(module.time, "time", lambda: logged.time - 3600)
    journal.settle(logged)
    assert 0 <= logged.seconds < 60


def test_a_request_from_before_a_reset_is_not_the_one_of_its_number():
    journal = Journal()
    old = journal.add("POST", "/1/upload", "upload")
    journal.reset()
    new = journal.add("GET", "/getSchema", "schema")
    journal.settle(old)
    assert new.number == old.number
    assert new.seconds is None
    assert journal.settled_to == 0
    assert not journal.outcomes
    journal.settle(new)
    assert journal.settled_to == 1
