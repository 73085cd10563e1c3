"""Typed streams: the rows of `events` under the same keys, a stream and columns for each event."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tap_clevertap.streams.stream_names import FURTHER_STREAMS
from tests.support.days import days_ago
from tests.support.plugin_process import run_command, run_tap, tap_command, tap_config, write_json

SIZE = {"timezone": "UTC", "days": 4, "users": 40, "events_per_day": 400, "preparing": 1}
FIELDS = 17


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SIZE)


def config_for(emulator, **more):
    start = days_ago(3).isoformat()
    settings = {"timezone": "UTC", "start_date": start, "stream_layout": "per_event"}
    return tap_config(emulator, **{**settings, **more})


def discover(config):
    command = tap_command(config, arguments=("--discover",))
    found = run_command(command)
    catalog = json.loads(found.stdout) if found.stdout else None
    return found.returncode, found.stderr, catalog


def streams_of(catalog):
    return {each["tap_stream_id"]: each for each in catalog["streams"]}


def select(entry, breadcrumb, *, selected):
    for each in entry["metadata"]:
        if each["breadcrumb"] == breadcrumb:
            each["metadata"]["selected"] = selected
            return
    entry["metadata"].append({"breadcrumb": breadcrumb, "metadata": {"selected": selected}})


def with_catalog(catalog):
    return ("--catalog", write_json(catalog))


def all_rows(output):
    return {row["event_key"]: row for rows in output.records.values() for row in rows}


def drift_of(output, stream):
    return [
        line for line in output.log.splitlines() if f"`{stream}`: its properties differ" in line
    ]


def bookmark(output, stream):
    (partition,) = output.state["bookmarks"][stream]["partitions"]
    return partition.get("replication_key_value")


DATE = "2022-10-04T13:39:41+00:00"


def as_column(value, kind):
    """What interface.md says of a value: null where it does not fit."""
    types = {
        "String": str,
        "Integer": int,
        "Float": int | Decimal,
        "Number": int | Decimal,
        "Boolean": bool,
    }
    if kind == "Date":
        is_date = isinstance(value, str) and value.startswith("$D_")
        return datetime.fromtimestamp(int(value[3:]), timezone.utc).isoformat() if is_date else None
    if isinstance(value, bool) and kind != "Boolean":
        return None
    return value if isinstance(value, types[kind]) else None


@pytest.mark.parametrize("contract", ["documented", "captured"])
def test_typed_streams_have_the_rows_of_events_under_the_same_keys(
    start_emulator, launch_tap, contract
):
    emulator = start_emulator(**SIZE, contract=contract)
    single = launch_tap(config_for(emulator, stream_layout="single"))
    typed = launch_tap(config_for(emulator))
    assert (single.status, typed.status) == (0, 0)
    rows = all_rows(typed)
    assert rows.keys() == {row["event_key"] for row in single.events}
    assert sum(map(len, typed.records.values())) == len(single.events)
    for row in single.events:
        assert row.items() <= rows[row["event_key"]].items()
    assert "events" not in typed.records
    for stream, records in typed.records.items():
        assert len({row["event_name"] for row in records}) == 1
        assert all(
            row.keys() == typed.schemas[stream]["schema"]["properties"].keys() for row in records
        )


def test_columns_are_those_of_getschema_with_the_values_that_fit(world, launch_tap):
    events = world.api("GET", "/getSchema?type=events").json()["events"]
    declared = {each["name"]: {p["name"]: p["type"] for p in each["properties"]} for each in events}
    output = launch_tap(config_for(world))
    seen = Counter()
    for row in all_rows(output).values():
        stream = next(s for s, rows in output.records.items() if row in rows[:1] or row in rows)
        properties = output.schemas[stream]["schema"]["properties"]
        titles = {schema["title"]: name for name, schema in properties.items() if "title" in schema}
        assert titles.keys() == declared[row["event_name"]].keys()
        for name, kind in declared[row["event_name"]].items():
            value = (row["event_props"] or {}).get(name)
            if kind != "List":
                assert row[titles[name]] == as_column(value, kind)
                fits = value is None or row[titles[name]] is not None
                seen[kind, fits] += value is not None
    assert seen["Date", True]
    assert seen["Integer", False]
    assert seen["Boolean", False]


def test_all_events_are_read_in_one_pass_after_all_schemas(world, launch_tap):
    before = len(world.requests()["requests"])
    output = launch_tap(config_for(world))
    kinds = [json.loads(line)["type"] for line in output.lines]
    first_record, last_schema = kinds.index("RECORD"), len(kinds) - 1 - kinds[::-1].index("SCHEMA")
    later = [
        json.loads(line)["stream"]
        for line in output.lines[first_record : last_schema + 1]
        if json.loads(line)["type"] == "SCHEMA"
    ]
    assert later == ["profiles"]
    order = [json.loads(line)["stream"] for line in output.lines if '"RECORD"' in line]
    changes = sum(one != other for one, other in itertools.pairwise(order))
    assert changes >= len(set(order)) - 1
    assert world.requests()["max_in_flight"]["reads"] > 1
    asked = world.requests(since=before)["requests"]
    assert sum(each["path"].startswith("/getSchema") for each in asked) == 1


def test_each_state_is_true_when_it_is_written(start_emulator):
    emulator = start_emulator(**SIZE)
    output = run_tap(
        config_for(emulator, page_size=23, verify_counts="off", events=["Charged", "Search"])
    )
    assert output.status == 0
    truth = emulator.truth(event_name=["Charged", "Search"], kind="events")["events"]
    seen = Counter()
    states = 0
    for line in output.lines:
        message = json.loads(line)
        if message["type"] == "RECORD":
            row = message["record"]
            seen[row["event_name"], row["ts"] // 1_000_000] += 1
        elif message["type"] == "STATE":
            states += 1
            for stream, state in message["value"]["bookmarks"].items():
                for partition in state.get("partitions", []):
                    name = partition["context"]["event_name"]
                    assert stream == f"event_{name.lower()}"
                    closed = int(partition.get("replication_key_value", "0").replace("-", ""))
                    start = int(f"{days_ago(3):%Y%m%d}")
                    wanted = Counter(
                        row["ts"] // 1_000_000
                        for row in truth
                        if row["event_name"] == name and start <= row["ts"] // 1_000_000 <= closed
                    )
                    assert all(seen[name, day] == rows for day, rows in wanted.items())
    assert states >= 2


def test_the_next_run_reads_on_from_the_state_of_each_stream(world, launch_tap):
    first = launch_tap(config_for(world))
    second = launch_tap(config_for(world, verify_counts="off"), state=first.state)
    yesterday = days_ago(1)
    assert bookmark(first, "event_charged") == bookmark(second, "event_charged") == str(yesterday)
    days = {row["ts"] // 1_000_000 for row in all_rows(second).values()}
    happened = {row["ts"] // 1_000_000 for row in world.truth(kind="events")["events"]}
    assert days == {day for day in happened if day >= int(f"{yesterday:%Y%m%d}")}
    assert first.state.keys() == second.state.keys()


def test_a_missing_row_fails_the_run_and_keeps_the_bookmark_of_its_stream(
    start_emulator, launch_tap
):
    emulator = start_emulator(**SIZE)
    gap = days_ago(2)
    emulator.rows("Charged", int(f"{gap:%Y%m%d}"), hide=1)
    output = launch_tap(config_for(emulator, verify_counts="fail", events=["Charged", "Search"]))
    assert output.status == 1
    assert bookmark(output, "event_charged") == str(gap - timedelta(1))
    assert bookmark(output, "event_search") == str(days_ago(1))


# Discovery and catalogs


def test_discovery_without_credentials_gives_the_static_catalog(world):
    status, log, catalog = discover({"stream_layout": "per_event"})
    assert (status, set(streams_of(catalog))) == (0, {"events", "profiles", *FURTHER_STREAMS}), log
    status, log, catalog = discover(config_for(world))
    assert status == 0, log
    streams = streams_of(catalog)
    assert {"event_charged", "event_product_viewed", "profiles"} <= streams.keys()
    assert "events" not in streams
    properties = streams["event_product_viewed"]["schema"]["properties"]
    assert len(properties) == FIELDS + 6
    assert properties["delivery_by"]["format"] == "date-time"
    assert properties["price"]["type"] == ["number", "null"]
    assert streams["event_charged"]["replication_method"] == "INCREMENTAL"


@pytest.mark.parametrize("fault", ["passcode", "getschema", "setting"])
def test_discovery_that_fails_gives_no_catalog(start_emulator, fault):
    emulator = start_emulator(**SIZE, getschema="off" if fault == "getschema" else "on")
    more = {"passcode": {"passcode": "wrong"}, "setting": {"region": "nowhere"}}.get(fault, {})
    status, log, catalog = discover(config_for(emulator, **more))
    assert (status, catalog) == (1, None)
    reason = {"passcode": "credentials", "getschema": "stream_layout", "setting": "region"}[fault]
    assert reason in log.splitlines()[-1]


def test_an_unknown_layout_is_refused(world):
    for arguments in ((), ("--discover",)):
        command = tap_command(config_for(world, stream_layout="per-event"), arguments=arguments)
        found = run_command(command)
        assert found.returncode == 1
        assert "stream_layout" in found.stderr


def test_the_catalog_selects_streams_and_columns(world, launch_tap):
    _, _, catalog = discover(config_for(world))
    for name, entry in streams_of(catalog).items():
        select(entry, [], selected=name in {"event_charged", "event_search"})
    select(streams_of(catalog)["event_charged"], ["properties", "currency"], selected=False)
    select(streams_of(catalog)["event_charged"], ["properties", "phone"], selected=False)
    output = launch_tap(config_for(world), arguments=with_catalog(catalog))
    assert output.schemas.keys() == {"event_charged", "event_search"}
    whole = all_rows(launch_tap(config_for(world)))
    for row in output.records["event_charged"]:
        kept = {k: v for k, v in whole[row["event_key"]].items() if k not in {"currency", "phone"}}
        assert row == kept
    names = {row["event_name"] for row in all_rows(output).values()}
    assert names == {"Charged", "Search"}


def test_a_catalog_that_selects_no_event_is_warned_about(world, launch_tap):
    warning = "it selects no stream of an event"
    _, _, catalog = discover(config_for(world))
    for name, entry in streams_of(catalog).items():
        select(entry, [], selected=name == "profiles")
    output = launch_tap(config_for(world), arguments=with_catalog(catalog))
    assert (output.status, output.schemas.keys()) == (0, {"profiles"})
    assert output.log.count(warning) == 1
    select(streams_of(catalog)["event_charged"], [], selected=True)
    assert warning not in launch_tap(config_for(world), arguments=with_catalog(catalog)).log


def test_a_catalog_that_is_older_than_getschema_keeps_its_streams_and_columns(
    start_emulator, launch_tap
):
    emulator = start_emulator(**SIZE)
    _, _, catalog = discover(config_for(emulator))
    entries = [each for each in catalog["streams"] if each["stream"] != "event_search"]
    day = int(f"{days_ago(1):%Y%m%d}")
    emulator.schema("Charged", properties={"Coupon": "String", "Currency": None})
    emulator.rows("Charged", day, add=1, properties={"Coupon": "X1", "Currency": "INR", "New": 5})
    output = launch_tap(config_for(emulator), arguments=with_catalog({"streams": entries}))
    assert output.status == 0
    assert "event_search" not in output.schemas
    assert "`Search`" in output.log
    assert "--refresh-catalog" in output.log
    (row,) = [
        row for row in output.records["event_charged"] if (row["event_props"] or {}).get("Coupon")
    ]
    assert row["currency"] == "INR"
    assert "coupon" not in row
    (line,) = drift_of(output, "event_charged")
    assert "not in the catalog: `Coupon`" in line
    assert "no longer in getSchema: `Currency`" in line
    assert "`New` 1" in line


@pytest.mark.parametrize("made", ["single", "per_event"])
def test_a_catalog_of_the_other_layout_is_refused(world, launch_tap, made):
    _, _, catalog = discover(config_for(world, stream_layout=made))
    other = "single" if made == "per_event" else "per_event"
    output = launch_tap(config_for(world, stream_layout=other), arguments=with_catalog(catalog))
    assert (output.status, output.lines) == (1, [])
    assert "stream_layout" in output.log
    assert "--discover" in output.log


# Names that stay, and drift


def test_the_state_keeps_names_that_discovery_gives_otherwise(start_emulator, launch_tap):
    emulator = start_emulator(**SIZE)
    day = int(f"{days_ago(1):%Y%m%d}")
    first = launch_tap(config_for(emulator, events=["Video  played"]))
    assert first.records.keys() == {"event_video_played"}
    emulator.rows("Video-played", day, add=1, properties={"x": 1})
    emulator.schema("Video  played", properties={"TITLE": "String"})
    emulator.rows("Video  played", day, add=1, properties={"TITLE": "loud", "Title": "quiet"})
    config = config_for(emulator, events=["Video  played", "Video-played"])
    _, _, catalog = discover(config)
    streams = streams_of(catalog)
    assert "event_video_played" not in streams
    (found,) = [each for each in streams.values() if "seconds" in each["schema"]["properties"]]
    select(found, ["properties", "seconds"], selected=False)
    for arguments in ((), with_catalog(catalog)):
        output = launch_tap(config, state=first.state, arguments=arguments)
        assert output.status == 0
        rows = output.records["event_video_played"]
        (loud,) = [row for row in rows if (row["event_props"] or {}).get("TITLE")]
        assert loud["title"] == "quiet"
        assert [value for key, value in loud.items() if key.startswith("title_")] == ["loud"]
        assert ("seconds" in loud) == (not arguments)
        assert len(output.records) == len(output.schemas) - 1 * ("profiles" in output.schemas) == 2


def test_drift_is_counted_and_logged_in_one_line_for_each_stream(
    start_emulator, launch_tap, tmp_path
):
    emulator = start_emulator(**SIZE)
    receipt = tmp_path / "receipt.json"
    config = config_for(emulator, events=["Charged", "Search"], receipt_path=str(receipt))
    first = launch_tap(config)
    assert "Score" in drift_of(first, "event_charged")[0]
    assert not drift_of(first, "event_search")
    emulator.schema("Search", properties={"Coupon": "Date", "Results": None, "Query": "Integer"})
    second = launch_tap(config, state=first.state)
    (line,) = drift_of(second, "event_search")
    assert "new in getSchema: `Coupon`" in line
    assert "no longer in getSchema: 1 property" in line
    misfits = sum(
        1 for row in second.records["event_search"] if (row["event_props"] or {}).get("Query")
    )
    assert f"do not fit their type: `Query` {misfits}" in line
    assert "`Results`" in line.partition("in rows, but not in getSchema")[2]
    assert all(row["query"] is None for row in second.records["event_search"])
    events = {each["event_name"]: each for each in json.loads(receipt.read_text())["events"]}
    drift = {"new": 1, "vanished": 1, "misfits": misfits, "undeclared": 1}
    assert events["Search"]["drift"] == drift
    third = launch_tap(config, state=second.state)
    (line,) = drift_of(third, "event_search")
    assert "new in getSchema" not in line
    assert "no longer in getSchema" not in line


def test_an_event_that_getschema_leaves_out_keeps_its_bookmark(start_emulator, launch_tap):
    emulator = start_emulator(**SIZE)
    first = launch_tap(config_for(emulator))
    emulator.schema("Charged", left_out=1)
    second = launch_tap(config_for(emulator), state=first.state)
    assert "event_charged" not in second.schemas
    assert "leaves out 1 events" in second.log
    assert "`Charged`" in second.log
    charged = [each["bookmarks"]["event_charged"] for each in (first.state, second.state)]
    assert charged[1].pop("missing") == ["Charged"]
    assert charged[0] == charged[1]


def test_an_event_that_appears_later_is_read_from_the_start(start_emulator, launch_tap):
    emulator = start_emulator(**SIZE)
    first = launch_tap(config_for(emulator))
    day = days_ago(3)
    emulator.rows("Brand New", int(f"{day:%Y%m%d}"), add=2, properties={"n": 1})
    second = launch_tap(config_for(emulator), state=first.state)
    assert [row["event_name"] for row in second.records["event_brand_new"]] == ["Brand New"] * 2


# Layouts


def test_a_changed_layout_starts_new_state_and_says_so(world, launch_tap):
    single, typed = config_for(world, stream_layout="single"), config_for(world)
    first = launch_tap(single)
    second = launch_tap(typed, state=first.state)
    assert all_rows(second).keys() == {row["event_key"] for row in first.events}
    assert "it was single, now it is per_event" in second.log
    assert "read from start_date" in second.log
    kept = dict(second.state["bookmarks"]["events"])
    assert kept.pop("waits") is True
    assert kept == first.state["bookmarks"]["events"]
    third = launch_tap(typed, state=second.state)
    assert "it was single" not in third.log
    back = launch_tap(single, state=third.state)
    assert "it was per_event, now it is single; its streams continue" in back.log
    assert len(back.events) < len(first.events)
    assert back.state["bookmarks"]["events"] == first.state["bookmarks"]["events"]
    assert "of another tap" not in back.log + second.log + third.log


# What users of the SDK expect of any stream


def test_stream_maps_change_one_typed_stream(world, launch_tap):
    maps = {
        "event_charged": {"cents": "amount and int(float(amount) * 100)", "app": None},
        "event_s*": {"__filter__": "occurrence == 0"},
    }
    output = launch_tap(config_for(world, stream_maps=maps))
    whole = launch_tap(config_for(world))
    assert output.status == 0
    for row in output.records["event_charged"]:
        assert "app" not in row
        assert row["cents"] == (int(float(row["amount"]) * 100) if row["amount"] else row["amount"])
    assert output.records["event_app_launched"] == whole.records["event_app_launched"] or (
        len(output.records["event_app_launched"]) == len(whole.records["event_app_launched"])
    )
    assert len(output.records["event_search"]) < len(whole.records["event_search"])
    assert output.state == whole.state


def test_test_mode_reads_one_record_of_each_stream(world):
    output = run_tap(config_for(world), arguments=("--test",))
    assert output.status == 0, output.log
    assert {stream: len(rows) for stream, rows in output.records.items() if len(rows) != 1} == {}
    assert {"event_charged", "event_search", "event_app_launched"} <= output.records.keys()


def test_full_table_reads_one_stream_from_the_start(world, launch_tap):
    first = launch_tap(config_for(world))
    _, _, catalog = discover(config_for(world))
    charged = streams_of(catalog)["event_charged"]
    charged["replication_method"] = "FULL_TABLE"
    output = launch_tap(config_for(world), state=first.state, arguments=with_catalog(catalog))
    assert len(output.records["event_charged"]) == len(first.records["event_charged"])
    assert len(output.records["event_search"]) < len(first.records["event_search"])


def test_batches_have_files_for_each_stream(world, launch_tap, tmp_path):
    storage = {
        "encoding": {"format": "jsonl", "compression": "none"},
        "storage": {"root": tmp_path.as_uri()},
        "batch_size": 50,
    }
    output = run_tap_lines(config_for(world, batch_config=storage))
    whole = launch_tap(config_for(world))
    rows = Counter()
    for message in output:
        if message["type"] == "BATCH":
            for url in message["manifest"]:
                lines = (tmp_path / url.rsplit("/", 1)[1]).read_text().splitlines()
                assert len(lines) <= 50
                rows.update((message["stream"], json.loads(line)["event_key"]) for line in lines)
    assert rows == Counter(
        (stream, row["event_key"]) for stream, found in whole.records.items() for row in found
    )
    assert output[-1]["type"] == "STATE"
    assert output[-1]["value"] == whole.state


def run_tap_lines(config):
    found = run_command(tap_command(config))
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_many_types_with_many_properties_are_discovered(start_emulator):
    emulator = start_emulator(**{**SIZE, "events_per_day": 10}, extra_events=500)
    status, log, catalog = discover(config_for(emulator))
    assert status == 0, log
    typed = [each for each in catalog["streams"] if each["stream"].startswith("event_")]
    assert len(typed) > 500
    names = [each["tap_stream_id"] for each in typed]
    assert len(set(names)) == len(names)
    columns = [len(each["schema"]["properties"]) for each in typed]
    assert max(columns) >= FIELDS + 60
