"""What users of the SDK expect of any tap: stream maps, selection, no flattening; and twins."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from tests.support.plugin_process import (
    discovered,
    run_command,
    run_tap,
    tap_command,
    tap_config,
    write_json,
)

SMALL = {"timezone": "UTC", "days": 2, "users": 30, "events_per_day": 300, "preparing": 0}


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SMALL)


def config_for(world, **more):
    return tap_config(world, **{"timezone": "UTC", "events": ["Charged", "App Launched"], **more})


def test_twins_are_kept_apart_or_merged_under_the_key_of_the_first(world):
    kept = run_tap(config_for(world)).events
    merged = run_tap(config_for(world, duplicates="merge")).events
    firsts = [row["event_key"] for row in kept if row["occurrence"] == 0]
    assert len(firsts) < len(kept)
    assert sorted(row["event_key"] for row in merged) == sorted(firsts)


def test_messages_are_alike_whether_the_sdk_writes_them_or_not(world):
    def messages(**config):
        command = tap_command(config_for(world, **config))
        found = run_command(command)
        assert found.returncode == 0, found.stderr
        read = [json.loads(line) for line in found.stdout.splitlines()]
        records = [each for each in read if each["type"] == "RECORD"]
        for record in records:
            moment = datetime.fromisoformat(record.pop("time_extracted"))
            assert abs(datetime.now(timezone.utc) - moment) < timedelta(minutes=5)
        return sorted(json.dumps(record, sort_keys=True) for record in records)

    by_sdk = messages(stream_maps={"events": {"__filter__": "True"}})
    assert by_sdk
    assert messages() == by_sdk


def test_stream_maps_rename_compute_filter_and_hash(world):
    maps = {
        "events": {
            "__alias__": "orders",
            "__filter__": "event_name == 'Charged'",
            "__key_properties__": ["event_key"],
            "props": "json.dumps(event_props)",
            "person": "md5(identity or '')",
            "email": None,
            "event_props": None,
        }
    }
    output = run_tap(config_for(world, stream_maps=maps))
    assert output.status == 0, output.log
    assert output.records.keys() == {"orders"}
    whole = {row["event_key"]: row for row in run_tap(config_for(world)).events}
    for row in output.records["orders"]:
        before = whole[row["event_key"]]
        assert before["event_name"] == "Charged"
        assert len(row["person"]) == 32
        assert "email" not in row
        props = json.loads(json.dumps(before["event_props"], default=float))
        assert json.loads(row["props"]) == props


def test_only_selected_fields_are_emitted_and_the_keys_stay_the_same(world):
    catalog = discovered()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            wanted = stream["stream"] == "events" and entry["breadcrumb"][-1:] != ["email"]
            entry["metadata"]["selected"] = wanted
    output = run_tap(config_for(world), arguments=("--catalog", write_json(catalog)))
    whole = run_tap(config_for(world)).events
    assert output.status == 0, output.log
    assert output.records.keys() == {"events"}
    assert not [row for row in output.events if "email" in row]
    assert {row["event_key"] for row in output.events} == {row["event_key"] for row in whole}


def test_flattening_is_refused_for_it_would_lose_the_properties(world):
    output = run_tap(config_for(world, flattening_enabled=True, flattening_max_depth=1))
    assert output.status == 1
    assert "stream_maps" in output.log
    assert output.events == []
