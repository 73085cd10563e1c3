"""The Schema page's CSV, as the emulator writes it in all its variants, gives all names once."""

from __future__ import annotations

import pytest

from tests.support.plugin_process import tap_config

SIZE = {"timezone": "UTC", "days": 2, "users": 30, "events_per_day": 200, "preparing": 0}


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SIZE)


@pytest.fixture(scope="module")
def names(world):
    events = world.api("GET", "/getSchema?type=events").json()["events"]
    return {each["name"] for each in events}


@pytest.mark.parametrize("titles", ["usual", "shuffled", "other", "none"])
@pytest.mark.parametrize("properties", ["on", "off"])
def test_every_event_of_the_file_is_read(launch_tap, world, names, tmp_path, titles, properties):
    url = f"{world.url}/_emulator/schema.csv?titles={titles}&properties={properties}"
    path = tmp_path / "schema.csv"
    path.write_bytes(world.session.get(url, timeout=60).content)
    output = launch_tap(tap_config(world, timezone="UTC", events_file=str(path)))
    assert output.status == 0, output.log
    partitions = output.state["bookmarks"]["events"]["partitions"]
    assert [each["context"]["event_name"] for each in partitions] == list(
        dict.fromkeys(each["context"]["event_name"] for each in partitions)
    )
    assert {each["context"]["event_name"] for each in partitions} == names
