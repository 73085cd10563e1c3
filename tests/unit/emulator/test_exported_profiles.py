"""Export files of profiles: what a library reads from them is the truth."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from clevertap_emulator.testing import export_files
from tests.support.files.exported import listed, members, parquet_rows, unpacked

WORLD = {"today": "2026-08-31", "days": 3, "users": 60, "events_per_day": 100, "what": "profiles"}
FIXED = {
    *("identity", "all_identities", "clevertapId", "clevertapIds", "token"),
    *("Name", "Email", "Phone"),
}
OF_TRUTH = ("identity", "object_ids", "all_identities", "name", "email", "phone", "token")


def of_json(content):
    return [json.loads(line, parse_float=Decimal) for line in content.decode().splitlines()]


def of_csv(content):
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        cells = {name: text for name, text in row.items() if text}
        yield {**cells, "clevertapIds": json.loads(cells["clevertapIds"])}


def of_xml(content):
    for profile in ET.fromstring(content):  # noqa: S314 - ours
        fields = {child.tag: child.text or "" for child in profile}
        entries = {e.findtext("key"): e.findtext("value") for e in profile.find("profileProps")}
        del fields["profileProps"]
        yield {**fields, **entries, "clevertapIds": json.loads(fields["clevertapIds"])}


def of_parquet(content):
    for row in parquet_rows(content):
        names = ("profileIdentities", "device", "commPrefs", "profileProps")
        blocks = [members(row[name]) for name in names]
        found = {name: value for block in blocks for name, value in block.items()}
        assert row["identity"] == found.get("identity")
        yield found


def as_truth(row):
    identities = listed(row.get("all_identities"))
    values = [row.get("identity"), row["clevertapIds"], identities]
    values += [row.get(name) for name in ("Name", "Email", "Phone", "token")]
    others = {name: value for name, value in row.items() if name not in FIXED}
    return {**dict(zip(OF_TRUTH, values, strict=True)), "profile_data": others}


READERS = {"json": of_json, "csv": of_csv, "xml": of_xml, "parquet": of_parquet}


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("form", READERS)
def test_rows_are_those_of_the_truth(tmp_path, form, shuffled):
    exported = export_files(
        tmp_path, **WORLD, format=form, rows_per_file=25, runs=2, shuffle_columns=shuffled
    )
    truth = {key: [] for key in exported.files}
    for row in exported.profiles:
        (key,) = row["files"]
        truth[key].append({name: row[name] for name in (*OF_TRUTH, "profile_data")})
    assert len(exported.files) > 3
    for key in exported.files:
        rows = [as_truth(row) for row in READERS[form](unpacked(tmp_path / key))]
        assert repr_of(rows) == repr_of(truth[key])


def repr_of(rows):
    """Return rows as text in which numbers have their digits."""
    return [json.dumps(row, sort_keys=True, default=repr) for row in rows]


def test_the_first_run_has_all_users_and_a_later_one_those_that_changed(tmp_path):
    exported = export_files(tmp_path, **WORLD, runs=2)
    by_run = {
        run: {row["object_ids"][0] for row in exported.profiles if row["run"] == run}
        for run in (1, 2)
    }
    assert len(by_run[1]) == 60
    assert 0 < len(by_run[2]) < 30
    changed = [row for row in exported.profiles if row["run"] == 2]
    assert all(row["profile_data"]["Visits"] == 2 for row in changed)


def test_every_run_can_have_all_users(tmp_path):
    exported = export_files(tmp_path, **WORLD, runs=3, full_profiles=True)
    assert exported.rows == len(exported.profiles) == 180


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "TEST-000-0000-1761651721-1788157800-0.json.gz"),
        ({"format": "csv", "packed": False}, "TEST-000-0000-1761651721-1788157800-0.csv"),
        ({"profile_names": "legacy"}, "TEST-000-0000-1761651721-1788157800-0-json.gz"),
        ({"folders": "kind"}, "profile/TEST-000-0000-1761651721-1788157800-0.json.gz"),
    ],
)
def test_names(tmp_path, settings, expected):
    exported = export_files(tmp_path, **WORLD, databases=1, **settings)
    assert exported.files == [expected]
