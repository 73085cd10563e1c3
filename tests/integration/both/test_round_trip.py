"""Export, upload, export: what can be transferred is the same in another project."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from target_clevertap.records.limits import is_reserved
from target_clevertap.records.names import folded
from tests.support.days import days_ago
from tests.support.plugin_process import run_command, tap_command, tap_config
from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import TargetProcess, record, schema, state

DAYS = 5
SIZE = {"days": DAYS, "users": 60, "events_per_day": 300, "preparing": 1}
EMPTY = {**SIZE, "users": 1, "events_per_day": 0}
DISCARDED = 528
"""Of an event that both projects discard."""

EMPTIES = (None, "", [], {})
LAYOUTS = ("single", "per_event")
BATCHES = "single, in batch files"
START = DAYS - 2
"""Days ago; where a day begins later, an event may be in the day before."""


def exported(emulator, zone, layout, start=START, **more):
    """Return what the tap writes of a project, events and profiles."""
    config = tap_config(
        emulator,
        timezone=zone,
        start_date=days_ago(start).isoformat(),
        stream_layout=layout,
        profile_events=["*"],
        **more,
    )
    finished = run_command(tap_command(config))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.encode()


def moved(source, target, zones, layout, **settings):
    """Upload what a project exports to another one; return the input and the finished run."""
    more = {}
    if layout == BATCHES:
        layout = "single"
        encoding = {"format": "jsonl", "compression": "gzip"}
        storage = {"root": target.folder.as_uri()}
        more["batch_config"] = {"encoding": encoding, "storage": storage, "batch_size": 100}
    text = exported(source, zones[0], layout, **more)
    return text, target.run(text, streams={}, **settings)


def rows(text):
    """Return events and profiles among the lines that a tap wrote."""
    messages = [json.loads(line) for line in text.splitlines()]
    records = [each["record"] for each in messages if each["type"] == "RECORD"]
    for each in messages:
        for url in each.get("manifest", ()):
            with gzip.open(url.removeprefix("file://")) as file:
                records += map(json.loads, file)
    return (
        [each for each in records if "event_key" in each],
        [each for each in records if "profile_key" in each],
    )


def event_of(row):
    """Return what of an event is transferable."""
    moment = datetime.fromisoformat(row["event_time"])
    user = row["identity"] or row["object_id"]
    props = plain(row["event_props"])
    name = folded(row["event_name"])
    return json.dumps([name, moment.timestamp(), str(user), props], sort_keys=True)


def profile_of(row):
    """Return what of a profile is transferable: telephone numbers get their sign."""
    user = row["identity"] or min(row["object_ids"])
    phone = row["phone"] and f"+{str(row['phone']).removeprefix('+')}"
    data = plain(row["profile_data"])
    return json.dumps([str(user), row["name"], row["email"], phone, data], sort_keys=True)


def plain(block):
    """Return properties without empty ones, which CleverTap drops; equal numbers are alike."""
    kept = {name: value for name, value in (block or {}).items() if value not in EMPTIES}
    text = json.dumps(kept)
    return json.loads(text, parse_float=lambda number: float(number) + 0.0, parse_int=float)


def transferable(events):
    return Counter(event_of(row) for row in events if not is_reserved(row["event_name"]))


@pytest.mark.parametrize("layout", [*LAYOUTS, BATCHES])
@pytest.mark.parametrize(
    "zones", [("Asia/Kolkata", "America/New_York"), ("UTC", "UTC")], ids="-".join
)
def test_a_project_moves_to_another_region_and_comes_out_the_same(
    start_emulator, tmp_path, layout, zones
):
    source = start_emulator(**SIZE, timezone=zones[0])
    copy = start_emulator(**EMPTY, timezone=zones[1])
    target = TargetProcess(copy, tmp_path)
    text, finished = moved(source, target, zones, layout, max_rejects=-1)
    assert finished.status == 0, finished.log
    events, profiles = rows(text)
    refused = {each["event_key"] for each, _ in target.rejected()}
    assert set(target.rejected_codes()) <= {DISCARDED}
    sent = [row for row in events if row["event_key"] not in refused]
    left_out = Counter(row["event_name"] for row in events if is_reserved(row["event_name"]))
    assert left_out["App Launched"] > 0
    assert f"not transferable {left_out.total()} (not sent)" in finished.log
    line = next(each for each in finished.log.splitlines() if "are not transferable" in each)
    assert all(f"`{name}` {count}" in line for name, count in left_out.items())
    again_events, again_profiles = rows(exported(copy, zones[1], LAYOUTS[0], START + 1))
    assert transferable(again_events) == transferable(sent)
    assert {*map(profile_of, again_profiles)} == {*map(profile_of, profiles)}


EVENT_COLUMNS = {
    name: {}
    for name in ("event_key", "event_name", "event_time", "object_id", "identity", "event_props")
}


def tap_row(number, name, **more):
    return {
        "event_key": f"{number:032x}",
        "event_name": name,
        "event_time": "2026-01-01T00:00:00+00:00",
        "object_id": None,
        "identity": "ada",
        "event_props": {"n": number},
        **more,
    }


def messages(stream, rows, columns=EVENT_COLUMNS, key="event_key"):
    head = schema(stream, columns, keys=[key], bookmarks=["event_time"])
    return [head, *(record(stream, **row) for row in rows), state("end")]


@pytest.fixture
def target(emulator, tmp_path):
    return TargetProcess(emulator, tmp_path)


def upper(row):
    return {name.upper(): row[name] for name in row}


def as_text(row):
    return upper({**row, "event_props": json.dumps(row["event_props"])})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", [None, upper, as_text], ids=["tap", "upper case", "warehouse"])
def test_reserved_events_are_counted_apart_on_every_path(target, path, form):
    given = [tap_row(1, "App Launched"), tap_row(2, "Ordered"), tap_row(3, "app launched")]
    given += [tap_row(4, "UTM Visited"), tap_row(5, None)]
    columns, key = EVENT_COLUMNS, "event_key"
    if form is not None:
        given, columns, key = [*map(form, given)], upper(EVENT_COLUMNS), "EVENT_KEY"
    (head, *records, _) = messages("events", given, columns, key)
    finished = sent_by(path, target, [head], records, streams={}, max_rejects=-1)
    assert finished.status == 0, finished.log
    assert [each["evtName"] for each in delivered(target)] == ["Ordered"]
    assert "rejected 1 (509: 1)" in finished.log
    assert "not transferable 3 (not sent)" in finished.log
    assert "3 events are not transferable" in finished.log
    assert "`App Launched` 1, `app launched` 1, `UTM Visited` 1" in finished.log


def test_a_run_of_reserved_events_alone_writes_its_state(target):
    rows = [tap_row(number, "App Launched") for number in range(2500)]
    finished = target.run(messages("event_app_launched", rows), streams={})
    assert (finished.status, finished.states) == (0, ["end"]), finished.log
    assert "not transferable 2500 (not sent)" in finished.log
    assert not target.rejects.exists() or not target.rejected()


def test_reserved_events_that_a_rule_sends_are_rejects(target):
    rule = {"type": "event", "event_field": "event_name", "identity": "identity"}
    rule |= {"time": "event_time", "others": "drop"}
    rows = [tap_row(1, "App Launched"), tap_row(2, "Ordered")]
    finished = target.run(messages("events", rows), streams={"events": rule})
    assert finished.status == 3
    assert target.rejected_codes() == {513: 1}
    assert "not transferable" not in finished.log


def test_an_event_has_one_name_in_the_ledger_whatever_its_layout(target):
    rows = [tap_row(number, "Ordered") for number in range(20)]
    assert target.run(messages("events", rows), streams={}).status == 0
    typed = {**EVENT_COLUMNS, "n": {"type": ["integer", "null"]}}
    finished = target.run(
        messages("event_ordered", [{**row, "n": 1} for row in rows], typed), streams={}
    )
    assert "delivered 0, already delivered 20" in finished.log
    assert all(each["evtData"] == {"n": number} for number, each in enumerate(target.delivered()))


def test_event_names_that_clevertap_takes_for_one_are_named(target):
    rows = [tap_row(1, "Sign Up"), tap_row(2, "signup"), tap_row(3, "Ordered")]
    finished = target.run(messages("events", rows), streams={})
    assert finished.status == 0
    assert "only in case or spaces for one: `Sign Up` and `signup`;" in finished.log


ODD_PROPERTIES = {
    "integer": 7,
    "beyond 2^53": 2**53 + 1,
    "beyond 2^64": 2**64 + 1,
    "decimal": 59.99,
    "small": 1e-7,
    "large": 1e21,
    "yes": True,
    "no": False,
    "date": "$D_1468322268",
    "text": "Zürich 東京 \u0000 \n",
    "number as text": "007",
    "Ünïcode (näme) #1 @ +/-*=?": "x",
    "Campaign id": 1,
    "wzrk_id": "0_0",
    "CT Session Id": 1795746783,
}
NOT_EQUAL = {"none": None, "empty": ""}
AS_TEXT = {"list": [1, "a", None], "object": {"a": {"b": [True, 1.5]}}}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_kind_of_value_comes_out_the_same_or_as_documented(start_emulator, tmp_path, layout):
    """By uploads into one project, exported to a second and from there to a third."""
    projects = [start_emulator(**EMPTY, timezone=zone) for zone in ("UTC", "Asia/Tokyo", "UTC")]
    first = TargetProcess(projects[0], tmp_path)
    moment = datetime.now(timezone.utc).replace(hour=0, minute=0, second=1, microsecond=0)
    moment -= timedelta(1)
    row = tap_row(1, "Odd", event_time=moment.isoformat())
    row["event_props"] = {**ODD_PROPERTIES, **NOT_EQUAL, **AS_TEXT}
    finished = first.run(messages("events", [row]), streams={})
    assert finished.status == 0, finished.log
    for source, copy, zone in (
        (projects[0], projects[1], "UTC"),
        (projects[1], projects[2], "Asia/Tokyo"),
    ):
        target = TargetProcess(copy, tmp_path)
        target.ledger = tmp_path / f"{copy.url[-5:]}.sqlite"
        finished = target.run(exported(source, zone, layout), streams={})
        assert finished.status == 0, finished.log
        (sent,) = (each for each in target.delivered() if each.get("evtName") == "Odd")
        assert sent["ts"] == int(moment.timestamp())
        as_text = {name: json.loads(sent["evtData"].pop(name)) for name in AS_TEXT}
        assert as_text == AS_TEXT
        assert sent["evtData"] == ODD_PROPERTIES
