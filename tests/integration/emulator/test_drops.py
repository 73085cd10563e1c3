"""Files dropped into a folder are imported as CleverTap imports those on its SFTP server."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import subprocess
import sys

import pytest

from clevertap_emulator import Settings
from clevertap_emulator.drops import folder, imports
from clevertap_emulator.drops.folder import DropFolder
from clevertap_emulator.project import Project
from tests.support.forked_emulator import ForkedEmulator

NO_USER = "Atleast one of identity / fbId / gpId / objectId is mandatory under 1024 chars"
WRONG_MANIFEST = "Incorrect details in manifest file"
OTHER_TYPES = (7, 1.5, True, ["event"], [[]], {"a": 1})


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drops")
    emulator = ForkedEmulator.start(today="2026-08-31", days=2, users=5, drops=folder)
    emulator.folder = folder
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running):
    running.reset()
    return running


def drop(emulator, name, lines, kind="event", columns=None, **more):
    """Put a data file and its manifest, each under its name only when it is whole."""
    text = lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode()
    manifest = {"type": kind, "fileName": f"{name}.csv", "clientEmail": "ops@example.com"}
    manifest |= {"columns": columns} if columns else {}
    put(emulator.folder, f"{name}.csv", text)
    put(emulator.folder, f"{name}.manifest", json.dumps(manifest | more).encode())


def put(folder, name, content):
    (folder / "whole").write_bytes(content)
    (folder / "whole").rename(folder / name)


def imported(emulator, *arguments, **more):
    """Drop one file, and return what became of it."""
    before = len(emulator.drops())
    drop(emulator, *arguments, **more)
    return emulator.drops(ended=before + 1)[-1]


def records(emulator, kind="events"):
    return [each["record"] for each in emulator.uploads()[kind]]


def failures(emulator, made):
    with (emulator.folder / "failures" / made["failures_file"]).open(newline="") as file:
        return [*csv.reader(file)]


def test_events_have_the_types_of_the_manifest(emulator):
    columns = {
        "who": {"ctName": "identity"},
        "what": {"ctName": "evtName", "dataType": "STRING"},
        "when": {"ctName": "ts", "dataType": "INTEGER"},
        "price": {"ctName": "Price", "dataType": "FLOAT"},
        "pieces": {"ctName": "Pieces", "dataType": "LONG"},
        "gift": {"ctName": "Gift", "dataType": "BOOLEAN"},
        "due": {"ctName": "Due", "dataType": "DATE", "dateFormat": "dd/MM/yyyy HH:mm:ss"},
    }
    lines = [
        "who,what,when,price,pieces,gift,due,Code,Sent",
        "anna,Order Placed,1788100000,9.5,9007199254740993,1,28/08/2026 10:00:00,007,$D_1788000000",
        'bert,order placed,,,,false,28/08/2026,"a ""b"", c",',
    ]
    made = imported(emulator, "orders", lines, columns=columns)
    assert (made["status"], made["rows"], made["accepted"]) == ("done", 2, 2)
    assert made["mailed_to"] == "ops@example.com"
    assert records(emulator) == [
        {
            "type": "event",
            "identity": "anna",
            "evtName": "Order Placed",
            "ts": 1788100000,
            "evtData": {
                "Price": 9.5,
                "Pieces": 9007199254740993,
                "Gift": True,
                "Due": "$D_1787891400",
                "Code": "007",
                "Sent": "$D_1788000000",
            },
        },
        {
            "type": "event",
            "identity": "bert",
            "evtName": "order placed",
            "evtData": {"Gift": False, "Due": "$D_1787855401", "Code": 'a "b", c'},
        },
    ]
    truth = emulator.truth(kind="events", event_name="Order Placed")["events"]
    assert [each["event_props"]["Code"] for each in truth] == ["007", 'a "b", c']


def test_operations_change_lists_value_by_value(emulator):
    lines = [
        "identity,Tags,Tags.operation,Plan,Plan.operation,Old,Old.operation,MSG-sms",
        "anna,a,$set,Gold,,x,,0",
        "anna,b,$set,,,,,",
        "anna,c,$add,,,,$delete,",
        "anna,a,$remove,,,,,",
    ]
    made = imported(emulator, "users", lines, kind="profile")
    assert (made["accepted"], made["failed"]) == (4, 0)
    assert [each["profileData"] for each in records(emulator, "profiles")] == [
        {"Tags": {"$set": ["a"]}, "Plan": "Gold", "Old": "x", "MSG-sms": False},
        {"Tags": {"$set": ["a", "b"]}},
        {"Tags": {"$add": ["c"]}, "Old": {"$delete": 1}},
        {"Tags": {"$remove": ["a"]}},
    ]
    found = emulator.api("GET", "/1/profile.json", params={"identity": "anna"}).json()["record"]
    assert found["profileData"] == {"Tags": ["b", "c"], "Plan": "Gold", "MSG-sms": False}


def test_values_of_another_user_or_row_do_not_join_a_list(emulator):
    lines = ["identity,T,T.operation", "a,1,$set", "b,2,$set", "b,3,$set", "b,,", "b,4,$set"]
    imported(emulator, "lists", lines, kind="profile")
    data = [each.get("profileData", {}).get("T") for each in records(emulator, "profiles")]
    assert data == [{"$set": ["1"]}, {"$set": ["2"]}, {"$set": ["2", "3"]}, None, {"$set": ["4"]}]


def test_a_device_is_given_its_user(emulator):
    lines = ["objectId,identity,Plan", "__a1,anna,Gold"]
    imported(emulator, "devices", lines, kind="profile")
    (record,) = records(emulator, "profiles")
    assert record["objectId"] == "__a1"
    assert record["profileData"] == {"Plan": "Gold", "identity": "anna"}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (",Order,,,", NO_USER),
        ("n/a,Order,,,", NO_USER),
        ("x" * 1024 + ",Order,,,", NO_USER),
        ("anna,,,,", "Event name is mandatory"),
        (
            "anna,app launched,,,",
            "Event name belongs to CleverTap restricted system events",
        ),
        ("anna,Charged,,,[]", "Items of Charged are not supported in files"),
        ("anna,Order," + "9" * 25 + ",,", "Timestamp should be present in the Unix Epoch format."),
        ("anna,Order,1788000000000,,", "Timestamp should be present in the Unix Epoch format."),
        ("anna,Order,soon,,", "Timestamp should be present in the Unix Epoch format."),
        ("anna,Order,,2147483648,", "Value of column Pieces is not of data type INTEGER"),
        ("anna,Order,,1.5,", "Value of column Pieces is not of data type INTEGER"),
        ("anna,Order,", "Row has 3 values for 5 columns"),
    ],
)
def test_a_row_that_fails_is_in_the_csv_of_failures(emulator, row, text):
    header = "identity,evtName,ts,Pieces,Items"
    columns = {"Pieces": {"dataType": "INTEGER"}}
    made = imported(emulator, "some", [header, row, "bert,Order,,5,"], columns=columns)
    assert (made["status"], made["accepted"], made["failed"]) == ("done", 1, 1)
    assert failures(emulator, made) == [
        [*header.split(","), "Failure Description"],
        [*row.split(","), text],
    ]
    assert [each["identity"] for each in records(emulator)] == ["bert"]


def test_more_than_100_properties_and_other_operations_fail(emulator):
    wide = [f"p{each}" for each in range(101)]
    lines = [",".join(["identity", "evtName", *wide]), ",".join(["anna", "Order", *wide])]
    made = imported(emulator, "wide", lines)
    assert failures(emulator, made)[1][-1] == "Cannot have more than 100 event properties"
    lines = ["identity,Points,Points.operation", "anna,5,$incr"]
    made = imported(emulator, "points", lines, kind="profile")
    expected = "Profile operation must be one of $add, $set, $remove, $delete"
    assert failures(emulator, made)[1][-1] == expected


@pytest.mark.parametrize(
    ("name", "content", "manifest", "error"),
    [
        ("other", b"identity,evtName\n", {"fileName": "none.csv"}, "No data file found"),
        ("up", b"identity,evtName\n", {"fileName": "../up.csv"}, "Incorrect details in manifest"),
        ("kind", b"identity\n", {"type": "token"}, "Incorrect details in manifest"),
        ("type", b"identity\n", {"columns": {"identity": {"dataType": "TEXT"}}}, "Incorrect"),
        ("latin", b"identity,evtName\n\xe9,Order\n", {}, "File couldn't be read"),
        ("half", b'identity,evtName\nanna,"Order\n', {}, "File couldn't be read"),
        ("unnamed", b"identity,\nanna,Order\n", {}, "Column names missing"),
        ("empty", b"", {}, "Column names missing"),
        ("twice", b"identity,identity\nanna,bert\n", {}, "Columns don't match"),
        ("lacks", b"identity\n", {"columns": {"evtName": {}}}, "Columns don't match"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_as_a_whole(
    emulator, name, content, manifest, error
):
    made = imported(emulator, name, content, **manifest)
    assert made["status"] == "refused"
    assert made["error"].startswith(error)
    assert made["mailed_to"] == "ops@example.com"
    assert records(emulator) == []


@pytest.mark.parametrize(
    "column",
    [{part: value} for part in ("ctName", "dataType", "dateFormat") for value in OTHER_TYPES]
    + [7, "STRING", ["STRING"], None, True],
    ids=str,
)
def test_a_column_of_another_type_is_refused_and_later_files_are_taken(emulator, column):
    made = imported(
        emulator, "wrong", ["identity,evtName,x", "anna,Order,1"], columns={"x": column}
    )
    assert (made["status"], made["error"]) == ("refused", WRONG_MANIFEST)
    later = imported(emulator, "right", ["identity,evtName", "anna,Order"])
    assert (later["status"], later["accepted"]) == ("done", 1)


@pytest.mark.parametrize("member", ["type", "fileName", "columns"])
@pytest.mark.parametrize("value", [*OTHER_TYPES, "x/y"], ids=str)
def test_a_member_of_another_type_is_refused(emulator, member, value):
    made = imported(emulator, "wrong", ["identity,evtName", "anna,Order"], **{member: value})
    assert (made["status"], made["error"]) == ("refused", WRONG_MANIFEST)


@pytest.mark.parametrize(
    "value",
    ["!!bool maybe", '!!int ""', "!!float x", "!!timestamp soon", "2026-99-99", '"\\UFFFFFFFF"'],
)
def test_yaml_with_a_value_that_its_tag_cannot_have_is_refused(tmp_path, value):
    with ForkedEmulator.start(days=1, users=5, drops=tmp_path, drops_manifest="yaml") as emulator:
        put(tmp_path, "a.manifest", f"type: event\nfileName: {value}\n".encode())
        assert emulator.drops(ended=1)[0]["status"] == "refused"
        put(tmp_path, "b.csv", b"identity,evtName\nanna,Order\n")
        manifest = b"fileName: b.csv\ntype: event\nclientEmail: a@b.example\n"
        put(tmp_path, "b.manifest", manifest)
        assert emulator.drops(ended=2)[1]["status"] == "done"


def test_a_fault_of_the_emulator_in_an_import_ends_it_visibly(tmp_path):
    code = """
import sys
from clevertap_emulator.cli import main
from clevertap_emulator.drops import folder
folder.read_manifest = lambda content, form: content.unforeseen
main(["--port", "0", "--days", "1", "--drops", sys.argv[1]])
"""
    put(tmp_path, "a.manifest", b"{}")
    command = [sys.executable, "-c", code, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "--drops: the folder is not watched any more; start the emulator again" in ended.stderr
    assert "unforeseen" in ended.stderr


def test_an_import_that_meets_what_nobody_foresaw_is_refused(tmp_path, monkeypatch):
    project = Project(Settings(days=1, users=5, drops=str(tmp_path)))
    monkeypatch.setattr(folder, "read_manifest", lambda *given: given[0].unforeseen)
    put(tmp_path, "a.manifest", b"{}")
    with pytest.raises(AttributeError):
        asyncio.run(DropFolder(project, tmp_path).look())
    (made,) = project.imports
    assert (made.status, made.error) == ("refused", "Internal infra error")


@pytest.mark.parametrize("late", [b"\xff,Order\n", b'anna,"Order\n'])
def test_a_data_file_that_was_changed_since_it_was_checked_is_refused(tmp_path, monkeypatch, late):
    checked = imports.check_data_file

    def change(path, most_bytes):
        checked(path, most_bytes)
        with path.open("ab") as file:
            file.write(late)

    monkeypatch.setattr(imports, "check_data_file", change)
    project = Project(Settings(days=1, users=5, drops=str(tmp_path)))
    put(tmp_path, "a.csv", b"identity,evtName\nanna,Order\n")
    put(
        tmp_path, "a.manifest", b'{"type": "event", "fileName": "a.csv", "clientEmail": "a@b.c.de"}'
    )
    asyncio.run(DropFolder(project, tmp_path).look())
    (made,) = project.imports
    assert (made.status, made.error) == ("refused", "File couldn't be read")
    assert made.accepted == len(project.uploads.stored["events"])


def test_nobody_hears_of_a_manifest_that_is_not_json_or_has_a_bad_address(emulator):
    put(emulator.folder, "broken.manifest", b'{"fileName": "a.csv", "type"')
    (broken,) = emulator.drops(ended=1)
    assert (broken["status"], broken["mailed_to"]) == ("refused", None)
    made = imported(emulator, "mail", ["identity,evtName", "anna,Order"], clientEmail="ops")
    assert (made["status"], made["mailed_to"], made["accepted"]) == ("done", None, 1)
    missing = imported(emulator, "mail", ["identity,evtName", "anna,Order"], clientEmail=None)
    assert missing["error"] == "Incorrect details in manifest file"


def test_files_are_taken_away_in_the_order_of_their_manifests(emulator):
    for each in ("b", "a", "c"):
        drop(emulator, each, ["identity,evtName", f"{each},Order"])
    assert [each["name"] for each in emulator.drops(ended=3)] == [
        "b.manifest",
        "a.manifest",
        "c.manifest",
    ]
    assert [each["identity"] for each in records(emulator)] == ["b", "a", "c"]
    assert not {f"{each}.csv" for each in "abc"} & {each.name for each in emulator.folder.iterdir()}
    assert {"a.csv", "a.manifest"} <= {each.name for each in (emulator.folder / "taken").iterdir()}


def test_a_file_whose_name_is_not_utf_8_is_listed(emulator):
    text = b"identity,evtName,Price\nanna,Sold,x\n"
    put(emulator.folder, b"\xff.manifest".decode(errors="surrogateescape"), b"{}")
    assert emulator.drops(ended=1)[0]["name"] == r"\xff.manifest"
    (emulator.folder / "dashboard").mkdir(exist_ok=True)
    put(emulator.folder, b"dashboard/\xfe.csv".decode(errors="surrogateescape"), text)
    made = emulator.drops(ended=2)[1]
    assert (made["name"], made["data_file"]) == (r"\xfe.csv", r"\xfe.csv")
    paths = [each["path"] for each in emulator.requests()["requests"]]
    assert paths == [r"/\xff.manifest", r"/\xfe.csv"]


@pytest.mark.parametrize(
    "given",
    [
        {"fileName": "a\ud800.csv"},
        {"fileName": "a.csv", "columns": {"Price": {"ctName": "\udc00"}}},
        {"fileName": "a.csv", "columns": {"\ud800": {}}},
        {"fileName": "a.csv", "clientEmail": "\ud800@example.com"},
    ],
)
def test_half_a_character_in_yaml_is_refused(tmp_path, given):
    manifest = {"type": "event", "clientEmail": "ops@example.com", **given}
    with ForkedEmulator.start(days=1, users=5, drops=tmp_path, drops_manifest="yaml") as emulator:
        put(tmp_path, "a.csv", b"identity,evtName,Price\nanna,Sold,9\n")
        put(tmp_path, "a.manifest", json.dumps(manifest).encode())
        assert emulator.drops(ended=1)[0]["status"] == "refused"
        whole = {**manifest, "fileName": "a.csv", "clientEmail": "ops@example.com"}
        whole["columns"] = {"Price": {"ctName": "\N{GRINNING FACE}", "dataType": "INTEGER"}}
        put(tmp_path, "b.manifest", json.dumps(whole).encode())
        assert emulator.drops(ended=2)[1]["status"] == "done"
        (stored,) = records(emulator)
        assert stored["evtData"] == {"\N{GRINNING FACE}": 9}


def test_a_data_file_alone_starts_nothing(emulator):
    put(emulator.folder, "alone.csv", b"identity,evtName\nanna,Order\n")
    imported(emulator, "later", ["identity,evtName", "bert,Order"])
    assert [each["identity"] for each in records(emulator)] == ["bert"]
    (emulator.folder / "alone.csv").unlink()


def test_a_csv_of_the_dashboard_needs_no_manifest(emulator):
    dashboard = emulator.folder / "dashboard"
    dashboard.mkdir(exist_ok=True)
    lines = "\ufeffidentity,Plan,Born<dd/MM/yyyy>,MSG-email\nanna,007,28/08/1990,1\n"
    put(dashboard, "people.csv", lines.encode())
    (made,) = emulator.drops(ended=1)
    assert (made["kind"], made["accepted"]) == ("profile", 1)
    assert records(emulator, "profiles") == [
        {
            "type": "profile",
            "identity": "anna",
            "profileData": {"Plan": "007", "Born": "$D_651825000", "MSG-email": True},
        }
    ]
    put(dashboard, "events.csv", b"identity,evtName,ts\nanna,Order,1788000000\n")
    assert emulator.drops(ended=2)[-1]["kind"] == "event"
    put(dashboard, "nobody.csv", b"Identity,Plan\nanna,Gold\n")
    assert emulator.drops(ended=3)[-1]["error"] == NO_USER


def test_manifests_in_yaml_take_packed_data_files(tmp_path):
    with ForkedEmulator.start(days=1, users=5, drops=tmp_path, drops_manifest="yaml") as emulator:
        put(tmp_path, "o.csv.gz", gzip.compress(b"identity,evtName\nanna,Order\n", mtime=0))
        manifest = b"fileName: o.csv.gz\ntype: event\nclientEmail: a@b.example\n"
        put(tmp_path, "o.manifest", manifest)
        (made,) = emulator.drops(ended=1)
        assert (made["status"], made["accepted"]) == ("done", 1)


def test_a_folder_that_is_not_there_is_refused(tmp_path, capfd):
    with pytest.raises(Exception, match="did not start"):
        ForkedEmulator.start(drops=tmp_path / "none")
    assert "is not a folder; make it first" in capfd.readouterr().err
