"""With a query, exactly the rows that it selects arrive: the emulator evaluates it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.days import days_ago, utc_today
from tests.support.pages import README, documented
from tests.support.plugin_process import tap_config

SIZE = {"timezone": "UTC", "days": 6, "users": 60, "events_per_day": 600, "preparing": 0}


def six_days():
    """Return the days of the world, as a query names them."""
    return {
        "from": int(days_ago(5).strftime("%Y%m%d")),
        "to": int(utc_today().strftime("%Y%m%d")),
    }


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SIZE)


@pytest.fixture
def read(launch_tap, world):
    """Read some events with a query."""

    def reading(query, *names, **more):
        start = days_ago(5).isoformat()
        config = tap_config(world, timezone="UTC", start_date=start, query=query, **more)
        output = launch_tap({**config, "events": list(names or ["Charged"])})
        assert output.status == 0, output.log
        return output

    return reading


def keys(output):
    return {row["event_key"] for row in output.events}


def amount(row):
    found = (row["event_props"] or {}).get("Amount")
    is_number = isinstance(found, (int, float, Decimal)) and not isinstance(found, bool)
    return float(found) if is_number else None


@pytest.mark.parametrize("operator", ["greater_than", "gt"])
def test_only_what_event_properties_select_is_read_with_both_spellings(read, world, operator):
    query = {"event_properties": [{"name": "Amount", "operator": operator, "value": 100.5}]}
    found = read(query)
    truth = world.truth(kind="events", event_name="Charged")["events"]
    wanted = [row for row in truth if (amount(row) or 0) > 100.5]
    assert 0 < len(wanted) < len(truth)
    assert sorted(map(amount, wanted)) == sorted(map(amount, found.events))
    assert keys(found) < keys(read(None))


def test_counts_are_of_the_rows_that_the_query_selects(read):
    query = {"event_properties": [{"name": "Amount", "operator": "greater_than", "value": 100.5}]}
    found = read(query, verify_counts="fail")
    assert found.events
    assert "WARNING" not in found.log


def test_users_are_selected_in_events_and_profiles(read):
    platform = {"technographics": [{"name": "Platform", "value": "iOSApp"}]}
    query = {"common_profile_properties": platform}
    people = {"profile_events": ["App Launched"]}
    found, whole = read(query, "App Launched", **people), read(None, "App Launched", **people)
    assert 0 < len(found.events) < len(whole.events)
    assert 0 < len(found.profiles) < len(whole.profiles)
    assert keys(found) < keys(whole)
    platforms = [{each["platform"] for each in row["platform_info"]} for row in found.profiles]
    assert all("iOS" in each for each in platforms)


def test_what_else_users_did_selects_them(read):
    charged = {"event_name": "Charged", **six_days()}
    did = read({"advanced_query": {"did_all": [charged]}}, "App Launched")
    did_not = read({"advanced_query": {"did_none": [charged]}}, "App Launched")
    whole = read(None, "App Launched")
    assert did.events
    assert did_not.events
    assert keys(did) | keys(did_not) == keys(whole)
    assert not keys(did) & keys(did_not)


def test_the_documented_query_selects(read):
    query = documented(README, "Query")["query"]
    found = read(query)
    assert found.events
    assert all((amount(row) or 0) > 100 for row in found.events)
    assert {row["platform"] for row in found.events} <= {"Android", "iOS"}  # not Web
    assert len(found.events) < len(read(None).events)


def test_clevertap_refuses_a_query_in_its_words(launch_tap, world):
    fields = {"technographics": [{"name": "Nonsense", "value": "x"}]}
    config = tap_config(world, timezone="UTC", query={"common_profile_properties": fields})
    output = launch_tap(config)
    assert output.status == 1
    assert '`["Invalid property : Nonsense"]`); correct query, or ' in output.log
    assert not output.events


def test_an_unknown_event_in_a_query_leaves_no_event_out(launch_tap, start_emulator):
    """Without getSchema only the export knows that the name is wrong."""
    emulator = start_emulator(**SIZE, getschema=False)
    query = {"advanced_query": {"did_none": [{"event_name": "charged", **six_days()}]}}
    named = {"events": ["App Launched"], "profile_events": ["App Launched"]}
    output = launch_tap({**tap_config(emulator, timezone="UTC", query=query), **named})
    assert output.status == 1
    assert '`["Invalid event : charged"]`' in output.log
    assert "left out" not in output.log


def test_days_of_a_query_that_are_in_the_future_are_refused(launch_tap, world):
    later = int(days_ago(-2).strftime("%Y%m%d"))
    entry = {"event_name": "Charged", **six_days(), "to": later}
    config = tap_config(world, timezone="UTC", query={"advanced_query": {"did_all": [entry]}})
    output = launch_tap(config)
    assert output.status == 1
    assert "correct query, or check timezone" in output.log
