"""Each line of each preset's table, from a Singer message to what CleverTap holds."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.integration.target.presets import tables
from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema

MESSAGES = {"segment": tables.SEGMENT, "rudderstack": tables.RUDDERSTACK}


def user(name):
    return f"user of {name}"


def split(lines):
    """Return what CleverTap is to hold by user, and the codes of what is refused by user."""
    held = {user(name): each for name, (_, each) in lines.items() if isinstance(each, dict)}
    codes = {user(name): each for name, (_, each) in lines.items() if not isinstance(each, dict)}
    return held, codes


def held_by(target, key="identity"):
    """Return what was delivered, by user."""
    return {each.pop(key): each for each in delivered(target)}


def assert_table(target, lines, column):
    held, codes = split(lines)
    assert held_by(target) == held
    rejected = {each[column]: code for each, code in target.rejected()}
    assert rejected == codes


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("preset", MESSAGES)
def test_whole_messages(target, preset, path):
    lines = MESSAGES[preset]
    if path == "replayed":
        lines = {name: line for name, line in lines.items() if isinstance(line[1], dict)}
    records = [
        record("messages", messageId=name, userId=user(name), anonymousId="a1", **row)
        for name, (row, _) in lines.items()
    ]
    schemas = [schema("messages", tables.MESSAGE_COLUMNS, ["messageId"], ["timestamp"])]
    rules = {"messages": {"preset": preset}}
    sent_by(path, target, schemas, records, streams=rules)
    if path != "replayed":
        assert_table(target, lines, "userId")
    else:
        assert held_by(target) == split(lines)[0]


def test_datafly(target):
    records = [
        record(
            "events", messageId=name, userId="u", context={"traits": {"email": user(name)}}, **row
        )
        for name, (row, _) in tables.DATAFLY.items()
    ]
    schemas = [schema("events", tables.MESSAGE_COLUMNS, ["messageId"], ["timestamp"])]
    target.run([*schemas, *records], streams={"events": {"preset": "datafly"}})
    held, codes = split(tables.DATAFLY)
    assert held_by(target) == held
    assert target.rejected_codes() == Counter(codes.values())


def test_ga4(target):
    records = [
        record("events_20260101", user_id=user(name), user_pseudo_id="1.2", **row)
        for name, (row, _) in tables.GA4.items()
    ]
    schemas = [schema("events_20260101", tables.GA4_COLUMNS, [], ["event_date"])]
    target.run([*schemas, *records], streams={"events_20260101": {"preset": "ga4"}})
    assert_table(target, tables.GA4, "user_id")


@pytest.mark.parametrize("preset", MESSAGES)
def test_a_user_without_an_id_is_known_by_the_anonymous_one(target, preset):
    rows = [
        tables.track("Song Played", a=1),
        tables.identify(email="ada@example.org"),
        tables.screen(name="Home"),
    ]
    records = [
        record("messages", messageId=str(number), userId=None, anonymousId=f"a{number}", **row)
        for number, row in enumerate(rows)
    ]
    schemas = [schema("messages", tables.MESSAGE_COLUMNS, ["messageId"], ["timestamp"])]
    target.run([*schemas, *records], streams={"messages": {"preset": preset}})
    held = held_by(target, "objectId")
    assert held["a0"] == tables.event("Song Played", a=1)
    assert held["a1"] == tables.profile(Email="ada@example.org")
    assert held["a2"]["evtName"] == {"segment": "App Screen Viewed"}.get(
        preset, "Screen Viewed: Home"
    )
    assert all("identity" not in each for each in held.values())
