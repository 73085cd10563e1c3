"""What the first release left behind is read by this one, and what it cannot know is refused."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import run_tap, tap_config
from tests.support.target_process import TargetProcess

FIRST = Path(__file__).parent / "first"
LEDGERS = ["ledger-1.sqlite", "ledger-2.sqlite", "ledger-3.sqlite"]
STATE = json.loads((FIRST / "tap-state.json").read_text())
KINDS_OF_REJECTS = 31
SETTINGS = json.loads((FIRST / "settings.json").read_text())
DELIVERED, HELD, ON_THEIR_WAY = (
    (FIRST / name).read_bytes() for name in ("delivered.jsonl", "held.jsonl", "on-their-way.jsonl")
)
RECORDS = DELIVERED.count(b'{"type": "RECORD"')
REJECT = re.compile(rb'{"type":"RECORD","stream":"(\w+)","record":{.*"n": (\d+).*},("code":.*)}\n')


@pytest.fixture(scope="module")
def emulator_for_uploads():
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10, preparing=0)
    yield emulator
    emulator.stop()


@pytest.fixture
def target(emulator_for_uploads, tmp_path):
    emulator_for_uploads.reset()
    return TargetProcess(emulator_for_uploads, tmp_path)


@pytest.fixture(scope="module")
def project():
    emulator = ForkedEmulator.start(**json.loads((FIRST / "project.json").read_text()))
    yield emulator
    emulator.stop()


def with_ledger(target, name):
    """Give the target a copy of a ledger, as the kill that ended its last run left it."""
    for suffix in ("", "-wal"):
        shutil.copyfile(FIRST / f"{name}{suffix}", f"{target.ledger}{suffix}")


def run(target, messages, **settings):
    finished = target.run(messages, **{**SETTINGS, **settings})
    assert finished.status == 0, finished.log
    return finished


def days_asked(emulator):
    """Return the days that exports of each path and event were opened for, and how often each."""
    asked = {}
    for each in emulator.requests()["requests"]:
        if each["kind"] == "open":
            first, last = (date.fromisoformat(str(each[end])) for end in ("from", "to"))
            days = [first + timedelta(n) for n in range((last - first).days + 1)]
            asked.setdefault((each["path"], each["event_name"]), Counter()).update(days)
    return asked


def each_once(first, last):
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return Counter(date.fromisoformat(first) + timedelta(number) for number in range(days))


def test_the_tap_asks_exactly_for_the_days_that_follow_the_state_which_the_target_passed_on(
    project,
):
    project.reset()
    config = tap_config(project, timezone="Asia/Kolkata", start_date="2026-03-02")
    config |= {"end_date": "2026-03-10", "profile_events": ["App Launched", "Charged", "Search"]}
    config |= {"verify_counts": "off"}  # with counts, days without rows are not asked for
    output = run_tap(config, state=STATE)
    assert output.status == 0, output.log
    asked = days_asked(project)
    events = {name: days for (path, name), days in asked.items() if "events" in path}
    profiles = {name: days for (path, name), days in asked.items() if "profiles" in path}
    for name in ("Notification Viewed", "Notification Clicked", "Push Impressions"):
        assert date(2026, 3, 2) in events.pop(name)  # never read: asked for from the start
    assert len(events) == 16
    assert events.pop("Charged") == each_once("2026-03-05", "2026-03-10")
    assert all(days == each_once("2026-03-08", "2026-03-10") for days in events.values())
    assert profiles == {
        "App Launched": each_once("2026-03-08", "2026-03-10"),
        "Charged": each_once("2026-03-08", "2026-03-10"),
        "Search": each_once("2026-03-02", "2026-03-10"),
    }


@pytest.mark.parametrize("name", LEDGERS)
def test_what_a_ledger_knows_as_delivered_is_not_delivered_again(target, name):
    with_ledger(target, name)
    finished = run(target, DELIVERED)
    assert target.delivered() == []
    assert f"delivered 0, already delivered {RECORDS}" in finished.log
    assert finished.states == [{"n": 0}]


@pytest.mark.parametrize("name", LEDGERS)
@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_what_was_on_its_way_is_sent_again_or_becomes_rejects(target, name, uncertain):
    with_ledger(target, name)
    run(target, ON_THEIR_WAY, uncertain=uncertain)
    is_sent = uncertain == "resend"
    assert len(target.delivered()) == RECORDS * is_sent
    assert target.rejected_codes() == ({} if is_sent else {"uncertain": RECORDS})
    before = target.delivered()
    run(target, ON_THEIR_WAY, uncertain=uncertain)
    assert target.delivered() == before


@pytest.mark.parametrize("name", LEDGERS)
def test_what_is_held_in_the_rejects_is_not_sent_by_itself(target, name):
    with_ledger(target, name)
    run(target, HELD)
    assert target.delivered() == []
    assert target.rejected() == []


MOMENT = "2026-01-01T00:00:00Z"
GOOD = {
    "moves": {"kind": "Moved", "who": "__g1", "at": MOMENT},
    "people": {"who": "ada"},
    "devices": {"who": "__g1"},
    "points": {"email": "u4", "points": 1},
    "purchases": {"email": "u5", "at": MOMENT, "total": 1},
    "visits": {"email": "u6", "at": MOMENT},
    "orders": {"email": "u0", "at": MOMENT},
}


def fixed(line):
    """Return a line of a rejects file with a good record, whatever the bad one held."""
    found = REJECT.fullmatch(line)
    if found is None:
        return line
    stream, number = found[1].decode(), found[2]
    good = json.dumps({"n": int(number), **GOOD[stream]}).encode()
    return b'{"type":"RECORD","stream":"%b","record":%b,%b}\n' % (found[1], good, found[3])


def number_of(stored):
    return stored.get("evtData", stored.get("profileData"))["n"]


def test_fixed_rejects_of_every_kind_are_all_delivered(target):
    lines = (FIRST / "rejects.jsonl").read_bytes().splitlines(keepends=True)
    target.rejects.write_bytes(b"".join(map(fixed, lines)))
    with_ledger(target, LEDGERS[-1])
    assert len(target.rejected_codes()) == KINDS_OF_REJECTS
    numbers = [each["n"] for each, _ in target.rejected()]
    finished = target.replay(**SETTINGS)
    assert finished.status == 0, finished.log
    assert target.rejected() == []
    assert Counter(map(number_of, target.delivered())) == Counter(numbers)
    assert [each["evtName"] for each in target.delivered() if number_of(each) == 393] == ["Copied"]


@pytest.mark.parametrize("stream", ["events", "profiles"])
def test_a_state_of_a_newer_version_is_refused_before_anything_is_asked(project, stream):
    project.reset()
    newer = json.loads(json.dumps(STATE))
    newer["bookmarks"][stream] = {"version": 2, "timezone": "UTC", "partitions": {"by": "name"}}
    config = tap_config(project, timezone="Asia/Kolkata", profile_events=["Charged"])
    output = run_tap({**config, "start_date": "2026-03-02"}, state=newer)
    assert output.status == 1
    assert f"`{stream}` has version `2`" in output.log
    assert "release of the tap that wrote it" in output.log
    assert "Traceback" not in output.log
    assert output.records == {}
    assert project.requests()["requests"] == []


def test_a_ledger_of_a_newer_format_is_refused_and_left_as_it_is(target):
    newer = target.ledger
    with closing(sqlite3.connect(newer)) as database:
        database.execute("CREATE TABLE deliveries (name TEXT)")
        database.execute("PRAGMA user_version = 6")
    before = newer.read_bytes()
    shutil.copyfile(FIRST / "rejects.jsonl", target.rejects)
    finished = target.replay(**SETTINGS)
    assert finished.status == 1
    assert "install the version of target-clevertap that wrote it" in finished.log
    assert "Traceback" not in finished.log
    assert target.requests() == []
    assert newer.read_bytes() == before
    assert target.rejects.read_bytes() == (FIRST / "rejects.jsonl").read_bytes()


def test_rejects_have_no_version_for_what_a_newer_release_may_add_is_passed_over(target):
    lines = (FIRST / "rejects.jsonl").read_bytes().splitlines(keepends=True)
    found = next(at for at, line in enumerate(lines) if b'"code":"malformed"' in line)
    newer = lines[found].replace(b'"code":', b'"attempts":{"so": "far"},"code":')
    target.rejects.write_bytes(lines[found - 1] + newer)
    finished = target.replay(**SETTINGS)
    assert finished.status == 0, finished.log
    assert len(target.delivered()) == 1
