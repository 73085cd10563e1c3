"""`rejects import`: the failures that CleverTap mails become rejects that can be sent again."""

from __future__ import annotations

import fcntl
import json
import subprocess

import pytest

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import wait_for_log

ROWS = 20_000
EVENTS = [
    'identity,evtName,ts,Price,Pieces,Gift,Code,Due,"Failure Description"',
    "anna,Ordered,1788000000,9.50,9007199254740993,1,007,$D_1788000000,Internal infra error",
    ",Ordered,1788000001,,,,,,Atleast one of identity / fbId / gpId / objectId is mandatory under",
    'bert,Ordered,1788000002,x,1.5,maybe,"a ""b"", c",,"Event name is mandatory"',
]
PROFILES = [
    "identity,Plan,Tags,Tags.operation,Old,Old.operation,MSG-dndSMS,Failure Description",
    "anna,Gold,a,$set,,$delete,1,Internal infra error",
    "anna,,b,$add,,,,Internal infra error",
    'bert,,c,$incr,,,,"Profile operation must be one of $add, $set, $remove, $delete"',
]
TYPES = {
    "event": {
        "Price": {"dataType": "FLOAT"},
        "Pieces": {"dataType": "LONG"},
        "Gift": {"dataType": "BOOLEAN"},
    },
    "profile": {"MSG-dndSMS": {"dataType": "BOOLEAN"}},
}


def write(target, lines, name="failures.csv", encoding="utf-8"):
    path = target.folder / name
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
    return path


def write_manifest(target, kind):
    path = target.folder / "file.manifest"
    content = {"type": kind, "fileName": "f.csv", "clientEmail": "a@b.example"}
    path.write_text(json.dumps({**content, "columns": TYPES[kind]}))
    return path


def rejects(target, *arguments):
    options = [*map(str, arguments), "--config", str(target.config(streams={}))]
    command = [BIN / "target-clevertap", "rejects", *options]
    return subprocess.run(
        command,
        cwd=target.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=clean_environment(),
    )


def imported(target, path, *more):
    found = rejects(target, "import", path, *more)
    assert found.returncode == 0, found.stderr
    return found.stderr


def records(target):
    lines = [json.loads(line) for line in target.rejects.read_bytes().splitlines()]
    return [line for line in lines if line["type"] == "RECORD"]


def test_events_are_sent_again_with_the_types_of_the_manifest(target, emulator):
    path, manifest = write(target, EVENTS), write_manifest(target, "event")
    assert "3 rejects are now in" in imported(target, path, "--manifest", manifest)
    assert [each["code"] for each in records(target)] == ["import_failed", 523, 509]
    found = rejects(target, "replay")
    assert found.returncode == 3, found.stderr
    sent = [each["record"] for each in emulator.uploads()["events"]]
    assert sorted(sent, key=lambda each: each["identity"]) == [
        {
            "type": "event",
            "identity": "anna",
            "ts": 1788000000,
            "evtName": "Ordered",
            "evtData": {
                "Price": 9.5,
                "Pieces": 9007199254740993,
                "Gift": True,
                "Code": "007",
                "Due": "$D_1788000000",
            },
        },
        {
            "type": "event",
            "identity": "bert",
            "ts": 1788000002,
            "evtName": "Ordered",
            "evtData": {"Price": "x", "Pieces": "1.5", "Gift": "maybe", "Code": 'a "b", c'},
        },
    ]
    (left,) = records(target)
    assert left["code"] == "identity_missing"


def test_operations_are_sent_again_as_operations(target, emulator):
    path, manifest = write(target, PROFILES), write_manifest(target, "profile")
    imported(target, path, "--manifest", manifest)
    assert rejects(target, "replay").returncode == 3
    assert [each["record"]["profileData"] for each in emulator.uploads()["profiles"]] == [
        {
            "Plan": "Gold",
            "Tags": {"$set": ["a"]},
            "Old": {"$delete": 1},
            "MSG-dndPhone": True,
        },
        {"Tags": {"$add": ["b"]}},
    ]
    (left,) = records(target)
    assert left["code"] == "name_forbidden"


def test_the_target_reads_them_as_an_ordinary_stream(target, emulator):
    imported(target, write(target, EVENTS[:2]))
    given = target.rejects.read_bytes()
    target.rejects.unlink()
    result = target.run(given)
    assert result.status == 0, result.log
    (sent,) = emulator.uploads()["events"]
    assert sent["record"]["evtData"]["Price"] == "9.50"


def test_summary_and_show_have_the_reasons_but_no_values(target):
    imported(target, write(target, EVENTS))
    summary = rejects(target, "summary").stdout
    assert "stream imported_events, code import_failed: 1 records" in summary
    assert "3 rejects of 1 streams" in summary
    shown = rejects(target, "show").stdout
    assert "anna" not in summary + shown
    assert "Internal infra error" in rejects(target, "show", "--values").stdout


def test_a_file_that_is_imported_twice_does_not_double(target, emulator):
    path = write(target, EVENTS[:2])
    imported(target, path)
    before = target.rejects.read_bytes()
    again = imported(target, path)
    assert "0 rejects are now in" in again
    assert "1 were imported before" in again
    assert target.rejects.read_bytes() == before
    assert rejects(target, "replay").returncode == 0
    assert "1 were imported before" in imported(target, path)
    copy = write(target, EVENTS[:2], "copy.csv")
    assert "1 were imported before" in imported(target, copy)
    for each in target.folder.glob(f"{target.rejects.name}*"):
        each.unlink()
    assert "1 rejects are now in" in imported(target, path)  # the ledger still knows it
    assert rejects(target, "replay").returncode == 0
    assert len(emulator.uploads()["events"]) == 1


def test_another_file_with_equal_rows_has_rows_of_its_own(target, emulator):
    imported(target, write(target, EVENTS[:2]))
    imported(target, write(target, [*EVENTS[:2], EVENTS[1]], "other.csv"))
    assert rejects(target, "replay").returncode == 0
    assert len(emulator.uploads()["events"]) == 3


def test_another_file_is_refused_by_name_and_nothing_is_appended(target):
    path = write(target, ["identity,Failure Description", "anna,x", '"bert,y'])
    found = rejects(target, "import", path)
    assert found.returncode == 1
    assert f"{path}: line 3 is not CSV, or the file is cut short" in found.stderr
    assert "Traceback" not in found.stderr
    assert not target.rejects.exists()


def test_a_file_without_rows_appends_nothing(target):
    assert "0 rejects are now" in imported(target, write(target, EVENTS[:1]))


def test_paths_that_are_not_there_and_manifests_that_are_none_are_refused(target):
    path = write(target, EVENTS)
    for arguments, text in (
        (["none.csv"], "there is no file"),
        ([path, "--manifest", "none"], "--manifest: there is no file"),
        ([path, "--manifest", path], "is no manifest of an import"),
    ):
        found = rejects(target, "import", *arguments)
        assert (found.returncode, text in found.stderr) == (1, True), found.stderr


def test_the_manifest_of_another_file_is_refused(target):
    path, manifest = write(target, EVENTS), write_manifest(target, "profile")
    found = rejects(target, "import", path, "--manifest", manifest)
    assert found.returncode == 1
    assert "has no column `MSG-dndSMS`, which the manifest names" in found.stderr
    assert not target.rejects.exists()


def test_rows_that_only_a_manifest_could_tell_as_events_come_with_a_warning(target):
    lines = ["identity,event_name,Failure Description", "anna,Ordered,x"]
    text = "are read as profiles, because it has no column `evtName`"
    assert text in imported(target, write(target, lines))
    assert text not in imported(target, write(target, EVENTS))


def test_a_time_that_is_none_and_a_user_that_has_no_column_are_refused_again(target, emulator):
    lines = ["FBID,evtName,ts,Failure Description", "77,Ordered,1788000000,x", "78,Ordered,soon,x"]
    imported(target, write(target, lines))
    assert [each["record"]["FBID"] for each in records(target)] == ["77", "78"]
    lines = ["identity,evtName,ts,Failure Description", "anna,Ordered,soon,x", "anna,Ordered,,x"]
    imported(target, write(target, lines, "times.csv"))
    assert rejects(target, "replay").returncode == 3
    assert len(emulator.uploads()["events"]) == 1
    codes = [each["code"] for each in records(target)]
    assert codes == ["identity_missing", "identity_missing", "date_invalid"]


@pytest.mark.parametrize("is_there", [True, False])
def test_two_imports_at_once_append_each_row_once(target, is_there):
    path = write(target, [EVENTS[0], *EVENTS[1:2] * ROWS])
    command = [BIN / "target-clevertap", "rejects", "import", path, "--config", target.config()]
    with target.rejects.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        imports = [
            subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment())
            for _ in range(2)
        ]
        for each in imports:
            wait_for_log(each, b"another process has locked it")
        if not is_there:
            target.rejects.unlink()
    logs = [each.communicate(timeout=120)[1] for each in imports]
    assert [each.returncode for each in imports] == [0, 0], logs
    assert sum(b"%d rejects are now in" % ROWS in log for log in logs) == 1
    assert sum(b"%d were imported before" % ROWS in log for log in logs) == 1
    assert len(records(target)) == ROWS


def test_an_import_of_rows_that_were_replayed_leaves_no_empty_file(target):
    path = write(target, EVENTS[:2])
    imported(target, path)
    target.rejects.rename(f"{target.rejects}.replayed-20260901T020000.000000Z")
    assert "0 rejects are now in" in imported(target, path)
    assert not target.rejects.exists()
