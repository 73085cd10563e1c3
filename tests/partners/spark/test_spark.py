"""Export files on Spark: the rows and keys of the tap, whatever becomes of executors and files."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections import Counter

import pytest

from clevertap_emulator.files.export import export_files
from tests.partners.spark.by_tap import PROJECT, exact, read, spelled
from tests.partners.spark.holding import WAIT_SECONDS, held_back, wait_for
from tests.partners.warehouses.odd_events import EVENTS, EXACT_IN_JSON, Event, write_json

JSON_COLUMNS = {"event_props", "session_props", "profile_data", "app", "platform_info", "events"}
HISTORY = {"today": "2026-11-03", "days": 2, "users": 40, "events_per_day": 60}
CHOSEN = ("Charged", "App Launched", "UTM Visited", "signup")


@pytest.fixture(scope="module")
def api():
    """Return the module under test; it is imported where Spark is."""
    from tap_clevertap import spark as module  # noqa: PLC0415

    return module


def export(folder, name, **settings):
    """Write files in which rows are twice: in one run, and in two that overlap."""
    chosen = {"event": CHOSEN, "runs": 2, "overlap_days": 1, **HISTORY, **settings}
    return export_files(folder, format=name, truth=False, **chosen)


def records(frame):
    """Return the rows of a DataFrame as the tap writes records."""
    found = []
    for row in frame.toArrow().to_pylist():
        for name in row.keys() & JSON_COLUMNS:
            row[name] = None if row[name] is None else exact(row[name])
        for name in row.keys() & {"event_time", "seen_through"}:
            row[name] = row[name].isoformat()
        found.append(row)
    return found


def differences(found, expected):
    """Return a record that is missing, and one that is too many; short, as pytest compares them."""
    found, expected = Counter(map(spelled, found)), Counter(map(spelled, expected))
    return [*(expected - found)][:1], [*(found - expected)][:1]


@pytest.mark.parametrize("name", ["json", "csv", "parquet"])
def test_events_are_those_of_the_tap(spark, api, tmp_path, name):
    export(tmp_path, name, what="events")
    if name == "json":
        doubled = [*EVENTS, *EVENTS[:3], *EXACT_IN_JSON]
        write_json(tmp_path, doubled)
    expected = read(tmp_path).records["exported_events"]
    found = records(api.exported_events(spark, str(tmp_path), **PROJECT))
    assert differences(found, expected) == ([], [])
    assert len({row["event_key"] for row in found}) < len(found)  # the runs overlap
    assert any(row["occurrence"] for row in found)


@pytest.mark.parametrize("name", ["json", "csv", "parquet"])
def test_profiles_are_those_of_the_tap(spark, api, tmp_path, name):
    export(tmp_path, name, event=("Charged",))
    expected = read(tmp_path).records["exported_profiles"]
    found = records(api.exported_profiles(spark, str(tmp_path), **PROJECT))
    assert len(found) > 10
    assert differences(found, expected) == ([], [])


def tasks(folder):
    """Return executor, partition and attempt of each task that has given rows."""
    return [tuple(map(int, path.name.split())) for path in folder.glob("* * *")]


def test_nothing_is_lost_or_doubled_when_an_executor_is_killed(spark, api, tmp_path):
    files, marks, out = tmp_path / "files", tmp_path / "marks", tmp_path / "out"
    marks.mkdir()
    export(files, "csv", what="events", event=("Charged", "signup"))
    frame = api.exported_events(spark, str(files), **PROJECT)
    held = frame.mapInArrow(functools.partial(held_back, folder=marks), frame.schema)
    writing = threading.Thread(target=lambda: held.write.parquet(str(out)))
    writing.start()
    assert wait_for(lambda: len({executor for executor, _, _ in tasks(marks)}) == 2)
    killed = tasks(marks)[0][0]
    os.kill(killed, signal.SIGKILL)
    (marks / "go").touch()
    writing.join(WAIT_SECONDS)
    assert not writing.is_alive()
    found = records(spark.read.parquet(str(out)))
    assert differences(found, read(files).records["exported_events"]) == ([], [])
    assert [attempt for _, _, attempt in tasks(marks) if attempt], "a task was done again"


def test_only_chosen_files_are_read_and_numbered_after_the_others(spark, api, tmp_path):
    write_json(tmp_path, [EVENTS[0]])
    (first,) = api.list_files(str(tmp_path))
    second = tmp_path / first.key.replace("-0-0.json", "-0-1.json")
    second.write_bytes((tmp_path / first.key).read_bytes())
    new = [info for info in api.list_files(str(tmp_path)) if info != first]
    (found,) = records(api.exported_events(spark, str(tmp_path), **PROJECT, files=new))
    assert (found["occurrence"], found["source_file"]) == (1, second.name)
    expected = read(tmp_path).records["exported_events"]
    assert spelled(found) in map(spelled, expected)


BAD = Event("Charged", 20261399000000, "__g1", None, {})


def test_a_row_that_cannot_be_read_names_file_and_line(spark, api, tmp_path):
    write_json(tmp_path, [*EVENTS[:2], BAD])
    with pytest.raises(api.UnreadFileError) as failed, api.plain_errors():
        api.exported_events(spark, str(tmp_path), **PROJECT).count()
    message = failed.value.message
    assert message.startswith("`1-1761651721-0-20261101-0-0.json.gz` ")
    assert "line 4 " in message
    assert "set bad_rows to skip" in message
    assert failed.value.__suppress_context__


def test_rows_that_cannot_be_read_are_left_out_and_kept_apart(spark, api, tmp_path):
    write_json(tmp_path, [*EVENTS[:2], BAD])
    project = {**PROJECT, "bad_rows": "skip"}
    found = api.exported_events(spark, str(tmp_path), **project)
    assert [row.object_id for row in found.sort("ts").collect()] == ["__g1", "__g2"]
    (row,) = api.exported_bad_rows(spark, str(tmp_path), **PROJECT).collect()
    assert (row.source_file, row.line) == ("1-1761651721-0-20261101-0-0.json.gz", 4)
    assert "time" in row.reason
    assert "20261399000000" in row.row


def test_a_cut_file_is_named(spark, api, tmp_path):
    write_json(tmp_path, EVENTS[:2])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(api.UnreadFileError, match=path.name), api.plain_errors():
        api.exported_events(spark, str(tmp_path), **PROJECT, bad_rows="skip").count()


def test_a_file_that_changed_after_the_listing_is_named(spark, api, tmp_path):
    write_json(tmp_path, EVENTS[:2])
    frame = api.exported_events(spark, str(tmp_path), **PROJECT)
    write_json(tmp_path, EVENTS[:3])
    with (
        pytest.raises(api.UnreadFileError, match="1-1761651721-0-20261101-0-0"),
        api.plain_errors(),
    ):
        frame.count()


def test_a_path_is_of_the_folder_of_the_driver(spark, api, tmp_path, monkeypatch):
    (tmp_path / "files").mkdir()
    write_json(tmp_path / "files", EVENTS[:2])
    monkeypatch.chdir(tmp_path)
    assert api.exported_events(spark, "files", **PROJECT).count() == 2


def test_an_empty_folder_has_no_rows_and_all_columns(spark, api, tmp_path):
    frame = api.exported_events(spark, str(tmp_path), **PROJECT)
    assert frame.count() == 0
    assert frame.columns[:3] == ["event_key", "event_name", "event_time"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("timezone", "IST"),
        ("format", "orc"),
        ("bad_rows", "drop"),
        ("account_id", ""),
        ("files", "gone"),
    ],
)
def test_a_wrong_argument_is_named(spark, api, tmp_path, argument, value):
    if argument == "files":
        write_json(tmp_path, EVENTS[:1])
        value = api.list_files(str(tmp_path))
        next(tmp_path.iterdir()).unlink()
    with pytest.raises(api.SettingError) as refused:
        api.exported_events(spark, str(tmp_path), **{**PROJECT, argument: value})
    assert refused.value.message.startswith(f"{argument}: ")
