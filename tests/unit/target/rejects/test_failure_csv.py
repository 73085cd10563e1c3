"""The CSV of failures: what a spreadsheet made of it is read, and anything else is refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from target_clevertap.errors import SettingError
from target_clevertap.rejects.failure_csv import FailureCsv
from target_clevertap.rejects.failure_records import FailureRecords
from target_clevertap.rejects.failure_types import FailureTypes

NOW = dt.datetime(2026, 9, 1, tzinfo=dt.timezone.utc)
LINES = ["identity,evtName,Failure Description", "anna,Ordered,Internal infra error"]


def rejects_of(path, types=None):
    file = FailureCsv.read(path)
    records = FailureRecords(file, types or FailureTypes(), NOW)
    return [(json.loads(each.raw), each.status) for each in map(records.reject, file.rows())]


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        (LINES, "utf-8"),
        (LINES, "utf-8-sig"),
        (LINES, "utf-16"),
        ([line.replace(",", ";") for line in LINES], "utf-8"),
        ([line.replace(",", "\t") for line in LINES], "utf-8-sig"),
        ([LINES[0].replace("Failure D", "failure  d"), LINES[1]], "utf-8"),
        (["Failure Description,identity,evtName", "Internal error,anna,Ordered", "", ""], "utf-8"),
    ],
    ids=["as sent", "mark", "utf-16", "semicolons", "tabs", "spelling", "first"],
)
def test_a_csv_that_a_spreadsheet_saved_is_read(tmp_path, lines, encoding):
    path = tmp_path / "failures.csv"
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
    ((record, status),) = rejects_of(path)
    assert (record["identity"], record["event_name"]) == ("anna", "Ordered")
    assert record["event_time"] == "2026-09-01T00:00:00+00:00"
    assert (status.code, status.reason[:8]) == ("import_failed", "Internal")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is empty"),
        (b"identity,evtName\nanna,Ordered\n", "it has no column `Failure Description`"),
        (b"identity,Failure Description,Failure Description\n", "it has several columns"),
        (b"identity,,Failure Description\n", "a column has no name"),
        (b"identity,identity,Failure Description\n", "the column `identity` is there twice"),
        (b"identity,Failure Description\nanna\n", "line 2 has 1 cells for 2 columns"),
        (b'identity,Failure Description\nanna,x\n"bert,y\n', "or the file is cut short"),
        (b"identity,Failure Description\nanna,x\n\xe9,y\n", "it is not UTF-8 text"),
        (b'identity,Failure Description\nanna,x\n\x00,y\n"', "is not CSV"),
        (b"\xff\xfei\0d", "it is not UTF-8 text"),
        (b"PK\x03\x04 a spreadsheet\xff", "it is not UTF-8 text"),
    ],
)
def test_another_file_is_refused_by_name(tmp_path, content, text):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(SettingError) as refused:
        FailureCsv.read(path)
    assert refused.value.message.startswith(f"{path}: ")
    assert text in refused.value.message


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("Atleast one of identity / fbId / gpId / objectId is mandatory under 1024 chars", 523),
        ("Event name belongs to CleverTap restricted system events", 513),
        ("Cannot have more than 100 event properties", 522),
        ("Profile operation must be one of $add, $set, $remove, $delete", "operation_invalid"),
        ("Event Name is incorrect. ErrorCode: 528 - Event is discarded.", 528),
        ("Something new", "import_failed"),
        ("", "import_failed"),
    ],
)
def test_a_description_has_the_code_that_means_the_same(tmp_path, description, code):
    path = tmp_path / "failures.csv"
    path.write_text(f'identity,Failure Description\nanna,"{description}"\n')
    ((_, status),) = rejects_of(path)
    assert status.code == code
    assert status.reason


def test_cells_have_the_types_of_the_manifest_where_they_fit(tmp_path):
    path, manifest = tmp_path / "failures.csv", tmp_path / "f.manifest"
    columns = {
        "a": {"ctName": "Number", "dataType": "INTEGER"},
        "b": {"dataType": "FLOAT"},
        "d": {"dataType": "LONG"},
        "c": {"dataType": "BOOLEAN"},
        "who": {"ctName": "identity"},
    }
    manifest.write_text(json.dumps({"type": "profile", "columns": columns}))
    lines = ["who,a,b,c,d,Failure Description", f"u,12,1.10,FALSE,{10**25},x"]
    lines += ["v,007,1e999x,2,1.0,x", "w,,,,,x"]
    path.write_text("".join(f"{line}\n" for line in lines))
    found = [record for record, _ in rejects_of(path, FailureTypes.read(manifest))]
    assert [each["profile_data"] for each in found] == [
        {"Number": 12, "b": 1.1, "c": False, "d": 10**25},
        {"Number": "007", "b": "1e999x", "c": "2", "d": "1.0"},
        {},
    ]
    assert [each["identity"] for each in found] == ["u", "v", "w"]
    assert len({each["profile_key"] for each in found}) == 3


def test_a_csv_of_the_dashboard_has_dates_by_its_header(tmp_path):
    path = tmp_path / "failures.csv"
    lines = ["identity,evtName,ts<Unix>,Due<Unix>,Failure Description"]
    lines += ["anna,Ordered,1788000000,1788000001,x", "anna,Ordered,,soon,x"]
    path.write_text("".join(f"{line}\n" for line in lines))
    (one, _), (other, _) = rejects_of(path)
    assert one["event_time"] == "2026-08-29T10:40:00+00:00"
    assert [one["event_props"], other["event_props"]] == [{"Due": "$D_1788000001"}, {"Due": "soon"}]
