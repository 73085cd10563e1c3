"""Export files of events: their rows are those of the truth, and the truth is the server's."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest

from clevertap_emulator.admin.truth import TruthFilter
from clevertap_emulator.files.names import sanitised
from clevertap_emulator.project import Project
from clevertap_emulator.settings import UNEXPORTABLE, Settings
from clevertap_emulator.testing import export_files
from tests.support.files.exported import counted, json_events, unpacked

WORLD = {"today": "2026-08-31", "days": 3, "users": 40, "events_per_day": 200, "what": "events"}
FILES_ONLY = {
    *("Notification Delivered", "Notification Replied", "Webhook Delivered"),
    *("Channel Unsubscribed", "Geocluster Entered"),
}


def read(exported):
    """Return all rows, counted, and those of each file."""
    files = exported.files
    by_file = {key: counted(json_events(unpacked(exported.folder / key))) for key in files}
    return sum(by_file.values(), Counter()), by_file


def names_of(exported):
    """Return the names of events in the truth."""
    return {row["event_name"] for row in exported.events}


@pytest.mark.parametrize("odd", [False, True])
def test_the_truth_of_files_is_that_of_the_server(tmp_path, odd):
    history = {name: value for name, value in WORLD.items() if name != "what"}
    history["odd_values"] = odd
    project = Project(Settings(**history))
    served = json.loads(project.truth.as_json(TruthFilter([], kind="events")), parse_float=Decimal)[
        "events"
    ]
    exported = export_files(tmp_path, **WORLD, odd_values=odd)
    assert "signup" in names_of(exported)
    assert ("SIGNUP" in names_of(exported)) == odd
    hidden = FILES_ONLY | set(UNEXPORTABLE)
    assert names_of(exported) >= hidden
    assert counted(served) == counted(
        {name: row[name] for name in served[0]}
        for row in exported.events
        if row["event_name"] not in hidden
    )


@pytest.mark.parametrize("packed", [True, False])
def test_rows_are_those_of_the_truth(tmp_path, packed):
    exported = export_files(tmp_path, **WORLD, packed=packed, rows_per_file=7)
    rows, by_file = read(exported)
    assert rows == counted(exported.events)
    for key, content in by_file.items():
        assert content == counted(row for row in exported.events if key in row["files"])
        assert content.total() <= 7
        assert key.endswith(".json.gz" if packed else ".json")
        assert (exported.folder / key).read_bytes().startswith(b"\x1f\x8b") == packed


@pytest.mark.parametrize("runs", [1, 3, 9])
def test_each_row_is_in_one_of_the_runs(tmp_path, runs):
    exported = export_files(tmp_path, **WORLD, runs=runs)
    rows, _ = read(exported)
    assert rows == counted(exported.events)
    assert len({key.split("-")[1] for key in exported.files}) == runs


def test_overlapping_runs_have_rows_twice(tmp_path):
    exported = export_files(tmp_path, **WORLD, runs=3, overlap_days=1)
    rows, _ = read(exported)
    assert set(rows) == set(counted(exported.events))
    often = Counter(len(row["files"]) for row in exported.events)
    assert set(often) == {1, 2}
    assert rows.total() == exported.rows == often[1] + 2 * often[2]


def test_runs_can_come_one_after_another(tmp_path):
    at_once = export_files(tmp_path / "at once", **WORLD, runs=3)
    for run in (1, 2, 3):
        export_files(tmp_path / "in turn", **WORLD, runs=3, only_run=[run])
    for key in at_once.files:
        content = (tmp_path / "in turn" / key).read_bytes()
        assert content == (tmp_path / "at once" / key).read_bytes()


def test_equal_rows_are_in_one_file_in_several_chunks_and_in_several_databases(tmp_path):
    exported = export_files(tmp_path, **WORLD, rows_per_file=3)
    places = Counter()
    seen = {}
    for row in exported.events:
        (key,) = row["files"]
        text = str(counted([row]))
        if text in seen:
            first, second = (each.split(".")[0].split("-")[-2:] for each in (seen[text], key))
            same = ["chunk"] * (first[0] == second[0]) + ["database"] * (first[1] == second[1])
            places[" and ".join(same)] += 1
        seen[text] = key
    assert places["chunk and database"]
    assert places["database"]
    assert places["chunk"] + places[""]


def test_files_that_are_there_are_left_alone(tmp_path):
    exported = export_files(tmp_path, **WORLD)
    before = {key: (tmp_path / key).stat().st_mtime_ns for key in exported.files}
    export_files(tmp_path, **WORLD)
    assert before == {key: (tmp_path / key).stat().st_mtime_ns for key in exported.files}


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ("root", {"."}),
        ("kind", {"events"}),
        ("run-date", {"2026-08-29", "2026-08-30", "2026-08-31"}),
        ("export-id", {"1761651721"}),
    ],
)
def test_folders(tmp_path, folders, expected):
    zone = "Pacific/Apia"
    settings = {**WORLD, "timezone": zone, "runs": 3, "folders": folders}
    exported = export_files(tmp_path, **settings)
    found = {str((tmp_path / key).parent.relative_to(tmp_path)) for key in exported.files}
    assert found == ({"2026-08-30", "2026-08-31"} if folders == "run-date" else expected)


def test_a_folder_of_its_own(tmp_path):
    folder = "_x [1] =y/{{Account-id}}/{{Export-id}} {{Timestamp}} {{Instance-id}}/{{Date}}"
    exported = export_files(tmp_path, **WORLD, prefix=folder, folders="kind", event=["Charged"])
    assert {key.rpartition("/")[0] for key in exported.files} == {
        f"_x [1] =y/TEST-000-0000/1761651721 1788157800 {database}/2026-08-31/events"
        for database in (0, 1)
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Level/Completed", "Level-Completed"),
        ("a\tb c\u00a0d\0e", "a-b-c-d-e"),
        ("bell\x07", "bell?"),
        ("Café bestellt ☕", "Café-bestellt-☕"),
    ],
)
def test_event_names_in_file_names(name, expected):
    assert sanitised(name) == expected


@pytest.mark.parametrize("suffix", ["gz", "none"])
@pytest.mark.parametrize("packed", [True, False])
def test_names_say_nothing_about_the_content(tmp_path, packed, suffix):
    exported = export_files(tmp_path, **WORLD, packed=packed, suffix=suffix)
    assert {key.endswith(".gz") for key in exported.files} == {suffix == "gz"}
    assert read(exported)[0] == counted(exported.events)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"runs": 40}, "--runs: 40 runs are more than one every four hours"),
        ({"only_run": [2]}, "--only-run: `2` is not a run; use 1 to 1"),
        ({"event": ["Nope"]}, "--event: `Nope` is not an event"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        export_files(tmp_path, **WORLD, **settings)
