"""A ledger in many short runs: a few of what `make chaos CASES=short_runs` does."""

from __future__ import annotations

import pytest

from verification.bench.workplace import Workplace
from verification.chaos import cases_ledger


def test_the_memory_of_short_runs_is_promised_and_their_duration_is_not(monkeypatch):
    monkeypatch.setattr(cases_ledger, "RUNS", 10)
    with Workplace() as place:
        start, memory = cases_ledger.short_runs(place, 100)
    assert start.is_duration
    assert not memory.is_duration
    assert not memory.is_missed


def test_a_run_that_fails_ends_the_case(tmp_path):
    with pytest.raises(EOFError):
        cases_ledger.short_run(str(tmp_path / "no-folder" / "ledger.sqlite"), 100)
