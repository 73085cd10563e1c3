"""Everything that the emulator holds comes out, once, whatever the settings."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.plugin_process import tap_config
from tests.support.truth import event_fingerprint, person

ZONES = {
    "Asia/Kolkata": {"today": "2026-08-31", "start": "2026-08-25"},
    # Midnight of 2018-11-04 does not exist there.
    "America/Sao_Paulo": {"today": "2018-11-07", "start": "2018-11-01"},
    # 2011-12-30 does not exist there.
    "Pacific/Apia": {"today": "2012-01-02", "start": "2011-12-27"},
}
READINGS = [
    pytest.param(1, 5000, id="1 in flight, 5000 a page"),
    pytest.param(3, 5000, id="3 in flight, 5000 a page"),
    pytest.param(1, 100, id="1 in flight, 100 a page"),
    pytest.param(3, 100, id="3 in flight, 100 a page"),
    pytest.param(1, 23, id="1 in flight, 23 a page"),
    pytest.param(3, 23, id="3 in flight, 23 a page"),
]


@pytest.fixture(scope="module", params=["documented", "captured"])
def contract(request):
    return request.param


@pytest.fixture(scope="module", params=list(ZONES))
def world(request, contract, start_emulator_for_module):
    days = ZONES[request.param]
    emulator = start_emulator_for_module(
        contract=contract,
        timezone=request.param,
        today=days["today"],
        days=7,
        users=60,
        events_per_day=150,
        preparing=1,
    )
    return emulator, request.param, days


@pytest.mark.parametrize(("max_in_flight", "page_size"), READINGS)
def test_every_event_and_profile_is_read_once(launch_tap, world, max_in_flight, page_size):
    emulator, zone, days = world
    config = tap_config(
        emulator,
        timezone=zone,
        start_date=days["start"],
        end_date=days["today"],
        max_in_flight=max_in_flight,
        page_size=page_size,
        profile_events=["*"],
    )
    output = launch_tap(config)
    assert output.status == 0, output.log
    truth = emulator.truth()
    expected = Counter(map(event_fingerprint, truth["events"]))
    assert Counter(map(event_fingerprint, output.events)) == expected
    assert len({event["event_key"] for event in output.events}) == len(output.events)
    people = set(map(person, truth["profiles"]))
    assert set(map(person, output.profiles)) == people
    assert len(output.profiles) == len(people)


def test_two_runs_give_the_same_records_and_the_same_state(launch_tap, world):
    emulator, zone, days = world
    config = tap_config(emulator, timezone=zone, start_date=days["start"], end_date=days["today"])
    one, two = launch_tap(config), launch_tap({**config, "page_size": 46, "max_in_flight": 2})
    assert {row["event_key"] for row in one.events} == {row["event_key"] for row in two.events}
    assert one.state == two.state
