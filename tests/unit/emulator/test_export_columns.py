"""Columns of export files that are renamed or left out, and files that are not whole."""

from __future__ import annotations

import csv
import io
import json
import re
import sys

import pytest

from clevertap_emulator.testing import export_files
from tests.support.files.exported import (
    counted,
    csv_events,
    json_events,
    parquet_rows,
    unpacked,
    xml_events,
)

WORLD = {
    "today": "2026-08-31",
    "days": 2,
    "users": 40,
    "events_per_day": 300,
    "databases": 1,
    "event": ["Charged"],
}
CHOSEN = {
    "rename": ["ts=Zeit", "profile.identity=Kunde", "eventProps.Amount=Betrag"],
    "drop": ["profile.email", "deviceInfo", "eventProps.Items", "controlGroupName"],
    "what": "events",
}
READERS = {"json": json_events, "csv": csv_events, "xml": xml_events}


def contents(exported):
    return [unpacked(exported.folder / key) for key in exported.files]


def test_json_has_the_chosen_columns(tmp_path):
    exported = export_files(tmp_path, **WORLD, **CHOSEN)
    rows = [json.loads(line) for text in contents(exported) for line in text.split(b"\n")[1:-1]]
    assert {name for row in rows for name in row} == {
        *("Zeit", "eventName", "profile", "eventProps", "sessionProps"),
    }
    profile = {name for row in rows for name in row["profile"]}
    assert {"Kunde", "name", "objectId"} <= profile
    assert profile.isdisjoint({"identity", "email"})
    props = {name for row in rows for name in row.get("eventProps") or {}}
    assert "Betrag" in props
    assert props.isdisjoint({"Amount", "Items"})
    assert sorted(row["Zeit"] for row in rows) == sorted(row["ts"] for row in exported.events)


def test_csv_has_the_chosen_columns_in_another_order_in_each_file(tmp_path):
    exported = export_files(tmp_path, **WORLD, **CHOSEN, format="csv", shuffle_columns=True)
    headers = [next(csv.reader(io.StringIO(text.decode()))) for text in contents(exported)]
    assert len({tuple(header) for header in headers}) == len(headers) > 1
    for header in headers:
        assert {"Zeit", "Kunde", "Betrag", "profile.name"} <= {*header}
        assert {"ts", "profile.email", "controlGroupName"}.isdisjoint(header)
        assert not [name for name in header if name.startswith("deviceInfo")]


def test_xml_has_the_chosen_columns(tmp_path):
    exported = export_files(tmp_path, **WORLD, **CHOSEN, format="xml")
    text = contents(exported)[0].decode()
    assert "<Zeit>2026" in text
    assert "<Kunde>" in text
    assert "<key>Betrag</key>" in text
    assert not re.search(r"<ts>|<email>|<make>|<key>Items</key>", text)


def test_parquet_has_the_chosen_columns(tmp_path):
    chosen = {**CHOSEN, "rename": ["eventTime=Zeit"]}
    exported = export_files(tmp_path, **WORLD, **chosen, format="parquet")
    row = parquet_rows(contents(exported)[0])[0]
    assert {*row} == {"eventName", "Zeit", "identity", "profile", "eventProps"}
    assert {name for name, _ in row["profile"]} <= {"name", "phone"}
    assert "Items" not in {name for name, _ in row["eventProps"] or ()}


def test_the_truth_lacks_what_is_dropped_and_has_what_is_renamed(tmp_path):
    exported = export_files(tmp_path, **WORLD, **CHOSEN)
    whole = export_files(tmp_path / "whole", **WORLD, what="events")
    assert len(exported.events) == len(whole.events)
    for row, full in zip(exported.events, whole.events, strict=True):
        assert row["email"] is row["control_group"] is None
        assert row["device"] == {}
        assert row["identity"] == full["identity"]
        expected = {n: v for n, v in (full["event_props"] or {}).items() if n != "Items"}
        assert (row["event_props"] or {}) == expected


def test_profiles_have_the_chosen_columns(tmp_path):
    chosen = {"rename": ["Email=Mail", "Score=Punkte"], "drop": ["Phone", "City"]}
    exported = export_files(tmp_path, **WORLD, **chosen, what="profiles")
    rows = [json.loads(line) for text in contents(exported) for line in text.splitlines()]
    names = {name for row in rows for name in row}
    assert {"Mail", "Punkte", "Name"} <= names
    assert names.isdisjoint({"Email", "Score", "Phone", "City"})
    assert {row["phone"] for row in exported.profiles} == {None}
    assert any(row["email"] for row in exported.profiles)


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("kind", ["grow", "replace"])
def test_files_have_half_of_their_rows_until_they_are_written_again(tmp_path, form, kind):
    exported = export_files(tmp_path, **WORLD, what="events", format=form, **{kind: 1})
    (key,) = exported.damaged[kind]
    before = {each: (tmp_path / each).stat().st_mtime_ns for each in exported.files}
    truth = [row for row in exported.events if key in row["files"]]
    half = len(truth) // 2
    assert half
    expected = truth[:half] if kind == "grow" else truth[half:]
    assert counted(READERS[form](unpacked(tmp_path / key))) == counted(expected)
    export_files(tmp_path, **WORLD, what="events", format=form)
    assert counted(READERS[form](unpacked(tmp_path / key))) == counted(truth)
    after = {each: (tmp_path / each).stat().st_mtime_ns for each in exported.files}
    assert {each for each in before if before[each] != after[each]} == {key}


@pytest.mark.parametrize("form", [*READERS, "parquet"])
def test_a_file_is_cut(tmp_path, form):
    exported = export_files(tmp_path / "cut", **WORLD, format=form, cut=2)
    whole = export_files(tmp_path / "whole", **WORLD, format=form)
    assert len(exported.damaged["cut"]) == 2
    for key in exported.files:
        content = (tmp_path / "cut" / key).read_bytes()
        expected = (tmp_path / "whole" / key).read_bytes()
        if key in exported.damaged["cut"]:
            assert expected.startswith(content)
            assert len(expected) // 2 < len(content) < len(expected)
        else:
            assert content == expected
    assert exported.lines == whole.lines


def test_parquet_without_pyarrow_is_refused_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"install clevertap-emulator\[parquet\]"):
        export_files(tmp_path, **WORLD, format="parquet")


def test_a_renaming_without_a_new_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="--rename: `ts` has no `=`"):
        export_files(tmp_path, **WORLD, rename=["ts"])
