"""Streams of export files as streams of Singer: selection, settings, maps, batches, signals."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.files.tap_runs import (
    EVENTS,
    PROFILES,
    catalog,
    files_config,
    ordinals,
    put,
    put_events,
    read_files,
    read_files_alone,
)
from tests.support.plugin_process import discovered, tap_command, write_json
from tests.support.run_output import clean_environment

NO_MEMORY_AT_THE_END_OF_A_FILE = """
import gzip

close = gzip.GzipFile.close


def close_or_fail(file):
    if file.mode == gzip.WRITE:
        raise MemoryError
    close(file)


gzip.GzipFile.close = close_or_fail
"""
EXACT = "12345678901234567890123456.10"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def put_profiles(folder):
    rows = b'{"identity":"u1","clevertapId":"__a","Name":"Anna","Score":1.10}\n'
    return put(folder / "TEST-000-0000-17-1761651721-0.json.gz", rows)


def run(tap_launcher, config, *arguments, **environment):
    return tap_launcher.run("--config", write_json(config), *arguments, speed=1, **environment)


# Selection and settings


def test_both_are_off_until_they_are_selected():
    for stream in discovered()["streams"]:
        if stream["tap_stream_id"] in {EVENTS, PROFILES}:
            root = next(each for each in stream["metadata"] if not each["breadcrumb"])
            assert root["metadata"]["selected"] is False


def test_the_setting_select_reads_them_without_a_passcode(tap_launcher, files):
    put_events(files, 1)
    put_profiles(files)
    config = files_config(files, select=[EVENTS, PROFILES])
    output = run(tap_launcher, config, "--catalog", catalog())
    assert output.status == 0, output.log
    assert output.schemas.keys() == {EVENTS, PROFILES}
    assert ordinals(output) == [(1, 0)]
    (profile,) = output.records[PROFILES]
    assert profile["source_file"] == "TEST-000-0000-17-1761651721-0.json.gz"
    assert profile["seen_through"] == "2025-10-28"
    assert profile["profile_data"]["Score"] == Decimal("1.10")
    assert not any("passcode" in line for line in output.log.splitlines())


@pytest.mark.parametrize("selected", [True, False], ids=["selected", "not selected"])
def test_meltano_reads_what_it_names(tap_launcher, files, selected):
    put_events(files, 1)
    chosen = json.loads(Path(catalog(EVENTS)).read_text())
    patterns = [f"{EVENTS}.*"] if selected else ["*.*"]
    output = run(
        tap_launcher, files_config(files), "--catalog", write_json(chosen),
        MELTANO_EXTRACT__SELECT=json.dumps(patterns),
    )  # fmt: skip
    assert output.status == 0, output.log
    assert output.schemas.keys() == ({EVENTS} if selected else set())


def test_a_stream_of_the_api_needs_the_passcode(tap_launcher, files):
    put_events(files, 1)
    output = run(tap_launcher, files_config(files, select=[EVENTS]))
    assert output.status == 1
    assert "passcode: it is missing; set it, or select only streams of export files" in output.log
    assert not output.records


def test_without_a_url_the_passcode_is_required_from_the_start(tap_launcher):
    config = {"account_id": "TEST-000-0000", "timezone": "UTC"}
    output = run(tap_launcher, config)
    assert output.status == 1
    assert "passcode: it is missing; set it\n" in output.log
    assert output.lines == []


@pytest.mark.parametrize("stream", [EVENTS, PROFILES])
def test_a_selected_stream_needs_the_url(tap_launcher, stream):
    config = {"account_id": "TEST-000-0000", "timezone": "UTC", "passcode": "x"}
    output = run(tap_launcher, config, "--catalog", catalog(stream))
    assert output.status == 1
    assert f"export_files_url: it is missing, and {stream} reads files there" in output.log


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("export_files_format", "avro"),
        ("export_files_bad_rows", "ignore"),
        ("export_files_lookback_days", 0),
        ("export_files_columns", {"a": 1}),
        ("export_files_url", "ftp://host/folder"),
        ("export_files_url", "s3://KEY:SECRETSECRET@bucket/x"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(tap_launcher, files, setting, value):
    output = run(
        tap_launcher, files_config(files, **{setting: value}), "--catalog", catalog(EVENTS)
    )
    assert output.status == 1
    assert f"{setting}" in output.log
    assert "SECRETSECRET" not in output.log
    assert "Traceback" not in output.log


def test_the_check_reads_the_first_rows(tap_launcher, files, tmp_path):
    put_events(files, 1, 2)
    config = write_json(files_config(files))
    tap_launcher.start("check", "--config", config, "--format", "json", speed=1)
    status, log = tap_launcher.ended()
    found = {each["check"]: each for each in json.loads(tap_launcher.written())["findings"]}
    assert status == 0, log
    assert found.keys() == {"settings", "files", "file"}
    assert found["files"]["message"].startswith("the folder has 1 files of ")
    assert found["file"]["message"].endswith("is json of events, and its first 2 rows can be read")
    for name, content, code in [("b", b"", "unreadable"), ("c", b"odd\nodd\n", "unreadable")]:
        put(files / name, content, packed=False, at=time.time() + 60)
        tap_launcher.start("check", "--config", config, "--format", "json", speed=1)
        assert tap_launcher.ended()[0] == 1
        found = {each["check"]: each for each in json.loads(tap_launcher.written())["findings"]}
        assert found["file"]["code"] == code
        assert found["file"]["advice"]
    config = write_json(files_config(tmp_path / "nothing"))
    tap_launcher.start("check", "--config", config, speed=1)
    assert tap_launcher.ended()[0] == 1
    assert "failed files: " in tap_launcher.written()


# Records through the SDK


def test_deselected_columns_are_left_out_and_numbers_stay_exact(tap_launcher, files):
    put_events(files, 1, eventProps={"Big": 98765432109876543210987}, sessionProps={"x": 1})
    chosen = json.loads(Path(catalog(EVENTS)).read_text())
    for stream in chosen["streams"]:
        for each in stream["metadata"]:
            if each["breadcrumb"] == ["properties", "session_props"]:
                each["metadata"]["selected"] = False
    output = run(tap_launcher, files_config(files), "--catalog", write_json(chosen))
    assert output.status == 0, output.log
    (record,) = output.records[EVENTS]
    assert "session_props" not in record
    assert record["event_props"] == {"Big": 98765432109876543210987}
    assert output.lines[-1].startswith('{"type":"STATE"')


def test_stream_maps_change_records(tap_launcher, files):
    path = put_events(files, 1)
    content = gzip.decompress(path.read_bytes()).replace(
        b'"Amount": 1', b'"Amount": ' + EXACT.encode()
    )
    put(path, content)
    maps = {EVENTS: {"who": "identity.upper()", "__alias__": "renamed"}}
    output = read_files(tap_launcher, files, EVENTS, stream_maps=maps)
    assert output.status == 0, output.log
    (record,) = output.records["renamed"]
    assert record["who"] == "U1"
    assert record["event_props"] == {"Amount": Decimal(EXACT)}
    assert output.state["bookmarks"][EVENTS]["files"]
    again = read_files(tap_launcher, files, EVENTS, stream_maps=maps, state=output.state)
    assert "renamed" not in again.records


@pytest.mark.parametrize("mapped", [False, True], ids=["plain", "mapped"])
def test_batches_have_the_records(tap_launcher, files, tmp_path, mapped):
    put_events(files, *range(250))
    put_events(files, *range(30), index=1)
    folder = tmp_path / "batches"
    settings = {
        "batch_config": {
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": folder.as_uri()},
            "batch_size": 100,
        },
        **({"stream_maps": {EVENTS: {"email": None}}} if mapped else {}),
    }
    config = files_config(files, **settings)
    output = run(tap_launcher, config, "--catalog", catalog(EVENTS))
    assert output.status == 0, output.log
    messages = [json.loads(line) for line in output.lines]
    assert {each["type"] for each in messages} == {"SCHEMA", "BATCH", "STATE"}
    sizes, amounts = [], []
    for message in messages:
        for url in message.get("manifest", ()):
            lines = gzip.decompress(Path(urlsplit(url).path).read_bytes()).splitlines()
            sizes.append(len(lines))
            amounts += [json.loads(line)["event_props"]["Amount"] for line in lines]
    assert amounts == [*range(250), *range(30)]
    assert max(sizes) <= 100
    assert messages[-1]["type"] == "STATE"


def test_memory_that_ends_while_a_batch_is_finished_loses_nothing(tap_launcher, files, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_MEMORY_AT_THE_END_OF_A_FILE)
    for index in range(3):
        put_events(files, index, index=index)
    batch_config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": (tmp_path / "batches").as_uri()},
        "batch_size": 2,
    }
    failed = read_files_alone(
        files, EVENTS, environment={"PYTHONPATH": str(tmp_path)}, batch_config=batch_config
    )
    assert failed.status == 1
    assert "tap-clevertap: there is not enough memory" in failed.log
    assert "Traceback" not in failed.log
    again = read_files(tap_launcher, files, EVENTS, state=[None, *failed.states][-1])
    assert ordinals(again) == [(0, 0), (1, 0), (2, 0)]


# Ends


def test_a_signal_ends_a_run_with_a_true_state(files):
    for index in range(400):
        put_events(files, *range(200), index=index)
    seen, state = set(), None
    for number in (signal.SIGTERM, signal.SIGINT):
        status, lines = ended_by(files, number, state)
        assert status in {0, 128 + number}
        seen |= keys_of(lines)
        states = [line for line in lines if line.startswith('{"type":"STATE"')]
        assert lines[-1] == states[-1]
        state = json.loads(states[-1])["value"]
    status, lines = ended_by(files, None, state)
    assert status == 0
    assert len(seen | keys_of(lines)) == 400 * 200


def keys_of(lines):
    records = (json.loads(line) for line in lines if line.startswith('{"type":"RECORD"'))
    return {each["record"]["event_key"] for each in records}


def ended_by(files, number, state):
    """Return status and whole lines of a run that a signal ends once it has written some."""
    command = tap_command(
        files_config(files), arguments=("--catalog", catalog(EVENTS)), state=state
    )
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_environment()
    )
    content = b""
    while number is not None and len(content) < 4_000_000:
        some = process.stdout.read1(1 << 20)
        if not some:
            break
        content += some
    if number is not None and process.poll() is None:
        os.kill(process.pid, number)
    content += process.stdout.read()
    status = process.wait(60)
    process.stdout.close()
    *lines, rest = content.decode().split("\n")
    if number is not signal.SIGKILL:
        assert not rest
    return status, lines


def test_a_kill_loses_and_doubles_nothing(files):
    for index in range(300):
        put_events(files, *range(200), index=index)
    seen, state = [], None
    for number in (signal.SIGKILL, signal.SIGKILL, None):
        _, lines = ended_by(files, number, state)
        kept = len(lines)
        while kept and not lines[kept - 1].startswith('{"type":"STATE"'):
            kept -= 1
        if kept:  # what comes after the last state is written again
            state = json.loads(lines[kept - 1])["value"]
            seen.append(keys_of(lines[:kept]))
    assert sum(map(len, seen)) == len(set().union(*seen)) == 300 * 200


def test_a_target_that_ends_ends_the_run(files):
    put_events(files, *range(20_000))
    command = tap_command(files_config(files), arguments=("--catalog", catalog(EVENTS)))
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    )
    process.stdout.read(1000)
    process.stdout.close()
    log = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(60) == 1
    assert "the target closed the pipe" in log
    assert "Traceback" not in log
