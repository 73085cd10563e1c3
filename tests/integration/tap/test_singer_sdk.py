"""The SDK's standard tests, and ones that can fail where two of the SDK's cannot."""

from __future__ import annotations

import json

import pytest
from singer_sdk.testing import SuiteConfig, TapTestRunner, get_tap_test_class

from tap_clevertap.tap import TapCleverTap

PLACEHOLDERS = {"account_id": "TEST-000-0000", "passcode": "emulator", "timezone": "UTC"}
STREAMS = TapCleverTap(config=PLACEHOLDERS).streams
SUITE = SuiteConfig(max_records_limit=500)


@pytest.fixture(scope="module")
def synced(start_emulator_for_module):
    emulator = start_emulator_for_module(
        timezone="UTC", days=3, users=40, events_per_day=200, preparing=0
    )
    config = {**PLACEHOLDERS, "api_url": emulator.url, "profile_events": ["*"]}
    runner = TapTestRunner(TapCleverTap, config=config, suite_config=SUITE, parse_env_config=False)
    runner.sync_all()
    return runner


class TestStandard(
    get_tap_test_class(
        TapCleverTap, config=PLACEHOLDERS, suite_config=SUITE, parse_env_config=False
    )
):
    """All of the SDK's tests, run against the emulator."""

    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, synced):
        return synced


@pytest.mark.parametrize("stream", ["events", "profiles"])
def test_primary_keys_are_unique_and_not_null(synced, stream):
    """See findings/singer-sdk-standard-test-passes-duplicate-keys.sh."""
    keys = STREAMS[stream].primary_keys
    values = [tuple(record[key] for key in keys) for record in synced.records[stream]]
    assert values
    assert len(set(values)) == len(values)
    assert not [value for value in values if None in value]


def test_the_final_state_holds_bookmarks_and_no_progress_markers(synced):
    """Unlike the SDK's test, which looks into the message's envelope."""
    state = synced.state_messages[-1]["value"]
    assert state["bookmarks"].keys() == {"events", "profiles"}
    assert "progress_markers" not in json.dumps(state)
    assert "starting_replication_value" not in json.dumps(state)


@pytest.mark.parametrize("stream", ["events", "profiles"])
def test_every_field_of_the_schema_is_in_every_record(synced, stream):
    fields = STREAMS[stream].schema["properties"].keys()
    assert all(record.keys() == fields for record in synced.records[stream])
