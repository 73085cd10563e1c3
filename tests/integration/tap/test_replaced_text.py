"""Text that was not UTF-8 becomes U+FFFD, and the run says of how many records."""

from __future__ import annotations

import json

import pytest

from tests.support.days import days_ago
from tests.support.files.tap_runs import EVENTS, PROFILES, put, put_events, read_files_alone
from tests.support.inboxes import STREAM, put_messages, read_inbox
from tests.support.plugin_process import tap_config

WARNING = "records with U+FFFD in their text:"
SIZE = {"timezone": "UTC", "days": 2, "users": 10, "events_per_day": 20}


@pytest.fixture
def files(tmp_path):
    """Two events and one user with broken text, next to others."""
    folder = tmp_path / "files"
    put_events(folder, "whole", "fine \ufe0f", "half \ud83d", "half \ud83d")
    whole, cut = b'{"identity":"u1","profile":{"Name":"Ana"}}', b'{"identity":"u2\xff"}'
    put(folder / "TEST-000-0000-17-1761651721-0.json.gz", whole + b"\n" + cut + b"\n")
    return folder


def replaced(path):
    found = json.loads(path.read_bytes()).get("replaced_text", [])
    return {each["stream"]: each["records"] for each in found}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"export_files_processes": 2},
        {"stream_maps": {EVENTS: {"event_day": "event_time[:10]"}}},
        {"batch_config": {"encoding": {"format": "jsonl", "compression": "none"}}},
    ],
    ids=["plain", "processes", "mapped", "batches"],
)
def test_records_of_files_are_counted(files, tmp_path, more):
    if "batch_config" in more:
        more["batch_config"]["storage"] = {"root": tmp_path.as_uri()}
    path = tmp_path / "receipt.json"
    output = read_files_alone(files, receipt_path=str(path), **more)
    assert output.status == 0, output.log
    assert replaced(path) == {EVENTS: 2, PROFILES: 1}
    assert f"{EVENTS}: {WARNING} 2;" in output.log
    assert f"{PROFILES}: {WARNING} 1;" in output.log


@pytest.mark.parametrize(
    "mapped", [{"event_props": "__NULL__"}, {"__filter__": "occurrence > 99"}, None], ids=str
)
def test_what_is_not_written_is_not_counted(files, tmp_path, mapped):
    path = tmp_path / "receipt.json"
    maps = {EVENTS: mapped}
    output = read_files_alone(files, EVENTS, receipt_path=str(path), stream_maps=maps)
    assert output.status == 0, output.log
    assert replaced(path) == {}


def test_whole_text_is_not_counted(tmp_path):
    folder, path = tmp_path / "files", tmp_path / "receipt.json"
    put_events(folder, "caf\u00e9", "\U0001f600", "\ufe0f", "\uff21")
    output = read_files_alone(folder, receipt_path=str(path))
    assert output.status == 0, output.log
    assert "replaced_text" not in json.loads(path.read_bytes())
    assert WARNING not in output.log


@pytest.mark.parametrize("layout", ["single", "per_event"])
@pytest.mark.parametrize("maps", [None, {"*": {"more": "'x'"}}], ids=["plain", "mapped"])
def test_records_of_the_api_are_counted(start_emulator, launch_tap, tmp_path, layout, maps):
    emulator = start_emulator(**SIZE)
    row = {"ts": 20261101120000, "profile": {"identity": "u1"}, "event_props": {"Note": "\ufffd"}}
    page = {"status": 200, "body": {"status": "success", "records": [row, row]}}
    emulator.faults([{"match": {"path": "/1/events.json", "kind": "page"}, "action": page}])
    path = tmp_path / "receipt.json"
    config = tap_config(
        emulator,
        timezone="UTC",
        events=["Charged"],
        start_date=days_ago(0).isoformat(),
        stream_layout=layout,
        verify_counts="off",
        receipt_path=str(path),
        **({"stream_maps": maps} if maps else {}),
    )
    output = launch_tap(config)
    assert list(replaced(path).values()) == [2], output.log


def test_records_of_pushed_messages_are_counted(tap_launcher, tmp_path):
    path = tmp_path / "receipt.html"
    put_messages(tmp_path / "inbox.sqlite", b'{"targetId":1,"profiles":[{"identity":"a\xff"}]}')
    output = read_inbox(tap_launcher, tmp_path / "inbox.sqlite", receipt_path=str(path))
    assert f"{STREAM}: {WARNING} 1;" in output.log
    assert f"U+FFFD in records of {STREAM} (1)" in path.read_text()
