"""Whole runs that differ in how they read give the same events, with the same keys."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import tap_config, write_json

TODAY = date(2026, 8, 31)
DAYS = 10
SIZE = {"timezone": "Asia/Kolkata", "days": DAYS, "today": TODAY, "users": 20, "preparing": 0}
FIRST = TODAY - timedelta(DAYS - 1)
EXAMPLES = max(6, settings().max_examples // 16)


@pytest.fixture(scope="module")
def project():
    running = ForkedEmulator.start(**SIZE, events_per_day=60)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def everything(project, tap_launcher):
    """What returns the events of one plain run, by their keys: a failure would print them all."""
    found = run(project, tap_launcher, {}, [TODAY])
    return lambda: found


def run(project, tap, how, ends):
    """Read up to one day after another, each run from the state of the last; return all events."""
    found, state = {}, []
    for end in ends:
        days = {"start_date": FIRST.isoformat(), "end_date": end.isoformat()}
        config = tap_config(project, timezone="Asia/Kolkata", **days, **how)
        output = tap.run("--config", write_json(config), *state)
        assert output.status == 0, output.log
        assert len({row["event_key"] for row in output.events}) == len(output.events)
        found.update((row["event_key"], row) for row in output.events)
        state = ["--state", write_json(output.state)]
    return found


HOW = st.fixed_dictionaries(
    {
        "page_size": st.sampled_from([23, 50, 200, 5000]),
        "max_in_flight": st.integers(1, 3),
        "lookback_days": st.integers(0, 3),
    }
)
ENDS = st.sets(st.integers(0, DAYS - 2), max_size=2).map(
    lambda days: [*(FIRST + timedelta(day) for day in sorted(days)), TODAY]
)


@settings(max_examples=EXAMPLES, phases=[Phase.generate])  # to shrink would take minutes
@given(how=HOW, ends=ENDS)
def test_page_size_requests_in_flight_and_windows_change_nothing(
    project, tap_launcher, everything, how, ends
):
    assert len(everything()) > DAYS * 40
    found = run(project, tap_launcher, how, ends)
    assert found.keys() == everything().keys()
    assert [key for key, row in found.items() if row != everything()[key]] == []
