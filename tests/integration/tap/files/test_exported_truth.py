"""Whatever format and layout files have, their records are the emulator's history."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clevertap_emulator.files.export import export_files
from tap_clevertap.records.event_time import event_time
from tests.support.files.tap_runs import EVENTS, PROFILES, ZONE, read_files, read_files_alone
from tests.support.plugin_process import run_tap, tap_config

HISTORY = {"today": "2026-08-31", "days": 3, "users": 30, "events_per_day": 120}
TEXT = {"csv", "xml"}
APART = "eventbridge"
"""Its names tell no run, so identical events in two files have one key."""
ODD_PREFIX = "a/[b]=_x *?/{{Date}} "
LAYOUTS = {
    "json": {},
    "json plain": {"packed": False},
    "json plain named gz": {"packed": False, "suffix": "gz"},
    "json packed named plain": {"suffix": "none"},
    "json by kind": {"folders": "kind", "profile_names": "legacy"},
    "json by run date": {"folders": "run-date", "runs": 3},
    "json by export": {"folders": "export-id", "session_key": "session_props"},
    "json by event": {"folders": "event", "rows_per_file": 7, "databases": 5},
    "json in an odd folder": {"prefix": ODD_PREFIX},
    "json that overlaps": {"runs": 3, "overlap_days": 1},
    "csv": {},
    "csv plain": {"packed": False},
    "csv in other columns": {"shuffle_columns": True},
    "xml": {},
    "xml without a root": {"xml_root": False},
    "eventbridge": {"what": "events"},
    "eventbridge joined": {"what": "events", "joined": True},
    "parquet": {},
    "parquet lists": {"parquet_layout": "list"},
    "parquet other": {"parquet_layout": "other"},
    "parquet packed": {"packed": True, "suffix": "gzip"},
}


@pytest.fixture(params=LAYOUTS, scope="module")
def case(request, tmp_path_factory, tap_launcher):
    """Return format, truth, and what the tap reads."""
    folder = tmp_path_factory.mktemp("files")
    file_format = request.param.partition(" ")[0]
    exported = export_files(folder, format=file_format, **HISTORY, **LAYOUTS[request.param])
    if file_format == "parquet":
        output = read_files_alone(folder)
    else:
        output = read_files(tap_launcher, folder)
    assert output.status == 0, output.log
    return file_format, exported, output


def spelled(value):
    """Return a value that is equal for equal JSON: 1 and 1.0 differ, absent and empty do not."""
    if isinstance(value, dict):
        return tuple(sorted((name, spelled(each)) for name, each in value.items())) or None
    if isinstance(value, list):
        return tuple(map(spelled, value))
    return repr(value) if isinstance(value, (int, Decimal, bool)) else value


SAME = ("event_name", "ts", "object_id", "identity", "name", "email", "phone", "platform")
BLOCKS = ("all_identities", "event_props", "session_props")


def summed(rows, names):
    return Counter(tuple(spelled(row.get(name)) for name in names) for row in rows)


def test_events_are_those_of_the_history(case):
    file_format, exported, output = case
    records = {record["event_key"]: record for record in output.records[EVENTS]}
    names = (*SAME, *BLOCKS)
    found, truth = summed(records.values(), names), summed(exported.events, names)
    if file_format == APART:
        assert found.keys() == truth.keys()
    else:
        assert found == truth
    assert all(
        record["event_time"] == event_time(record["ts"], ZoneInfo(ZONE))
        for record in output.records[EVENTS]
    )


def test_each_record_names_its_file(case):
    _, exported, output = case
    named = Counter(record["source_file"] for record in output.records[EVENTS])
    assert named == Counter(key for row in exported.events for key in row["files"])


def test_what_is_of_the_device_is_in_app(case):
    _, exported, output = case
    models = Counter(
        record["app"] and record["app"].get("model") for record in output.records[EVENTS]
    )
    assert models == Counter(
        row["device"].get("model") for row in exported.events for _ in row["files"]
    )


def test_profiles_are_those_of_the_history(case):
    _, exported, output = case
    names = ("identity", "object_ids", "all_identities", "name", "email", "phone")
    truth = [row | {"object_ids": sorted(row["object_ids"])} for row in exported.profiles]
    assert summed(output.records.get(PROFILES, []), names) == summed(truth, names)


@pytest.fixture(scope="module")
def of_api(start_emulator_for_module):
    """Return what the tap reads of the same history through the API."""
    emulator = start_emulator_for_module(**HISTORY, preparing=0)
    days = {"start_date": "2026-08-29", "end_date": "2026-08-31", "timezone": ZONE}
    output = run_tap(tap_config(emulator, **days))
    assert output.status == 0, output.log
    return output.events


KEYED = ("event_name", "ts", "object_id", "event_props", "session_props")


def keys_by_content(records):
    """Return the keys of the events that have equal values."""
    found = defaultdict(set)
    for record in records:
        found[tuple(spelled(record[name]) for name in KEYED)].add(record["event_key"])
    return found


def test_events_have_the_keys_of_the_api(case, of_api):
    file_format, _, output = case
    if file_format in TEXT:
        return  # text differs from numbers
    by_file, by_api = keys_by_content(output.records[EVENTS]), keys_by_content(of_api)
    both = by_file.keys() & by_api.keys()
    if file_format == APART:
        assert all(by_file[content] <= by_api[content] for content in both)
    else:
        assert all(by_file[content] == by_api[content] for content in both)
    # Parquet has no lists of objects, as in `Items` of `Charged`; and the API refuses some events.
    assert len(both) >= len(by_api) * (0.8 if file_format == "parquet" else 1)
    assert len(by_file) > len(by_api)
