"""With batch_config the same records come in files, each named before the state that covers it."""

from __future__ import annotations

import errno
import gzip
import json
import shutil
import socketserver
import stat
import subprocess
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from singer_sdk.helpers._batch import StorageTarget

from tap_clevertap.errors import CleverTapError
from tap_clevertap.output.batches import BatchFiles, read_batch_config
from tests.support.plugin_process import discovered, run_command, run_tap, tap_command, tap_config
from tests.support.run_output import clean_environment

HISTORY = {"timezone": "UTC", "days": 3, "users": 60, "events_per_day": 1500, "preparing": 0}
BATCH_SIZE = 700
PLACES = {
    "compressor": (gzip.GzipFile, "write"),
    "its end": (gzip.GzipFile, "close"),
    "copy": (shutil, "copyfileobj"),
    "storage": (StorageTarget, "open"),
    "URL": (StorageTarget, "get_url"),
}


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(**HISTORY)


def config_for(emulator, **more):
    events = ["Charged", "App Launched", "Search"]
    return tap_config(
        emulator, timezone="UTC", events=events, profile_events=["App Launched"], **more
    )


def batched(emulator, folder, *, compression="gzip", catalog=None, **more):
    """Run the tap; return its messages, and the records of each file by stream."""
    batch_config = {
        "encoding": {"format": "jsonl", "compression": compression},
        "storage": {"root": folder.as_uri(), "prefix": "mine-"},
        "batch_size": BATCH_SIZE,
    }
    config = config_for(emulator, batch_config=batch_config, **more)
    arguments = () if catalog is None else ("--catalog", catalog)
    finished = run_command(tap_command(config, arguments=arguments))
    assert finished.returncode == 0, finished.stderr
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    assert "RECORD" not in {message["type"] for message in messages}
    return messages, {
        stream: [
            records_in(path)
            for message in messages
            if message["type"] == "BATCH" and message["stream"] == stream
            for path in paths_of(message)
        ]
        for stream in ("events", "profiles")
    }


def paths_of(message):
    return [Path(url.removeprefix("file://")) for url in message["manifest"]]


def records_in(path):
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


def keys_in(messages, folder):
    """Return the keys of all events in files that BATCH messages name."""
    return {
        record["event_key"]
        for message in messages
        if message["type"] == "BATCH"
        for path in paths_of(message)
        for record in records_in(folder / path.name)
    }


def in_order(records, key):
    return sorted(records, key=lambda record: record[key])


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_files_hold_what_records_would(emulator, tmp_path, compression):
    messages, files = batched(emulator, tmp_path / "new", compression=compression)
    plain = run_tap(config_for(emulator))
    for stream, key in (("events", "event_key"), ("profiles", "profile_key")):
        assert all(0 < len(file) <= BATCH_SIZE for file in files[stream])
        found = [record for file in files[stream] for record in file]
        assert in_order(found, key) == in_order(plain.records[stream], key)
    named = [message for message in messages if message["type"] == "BATCH"]
    assert {message["encoding"]["compression"] for message in named} == {compression}
    assert [m["value"] for m in messages if m["type"] == "STATE"][-1] == plain.state
    for path in (tmp_path / "new").iterdir():
        assert path.name.startswith("mine-tap-clevertap--")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_state_covers_only_files_that_were_named(emulator, tmp_path):
    messages, _ = batched(emulator, tmp_path)
    whole = {record["event_key"] for record in run_tap(config_for(emulator)).events}
    read = set()
    for message in messages:
        if message["type"] == "BATCH" and message["stream"] == "events":
            read |= {
                record["event_key"] for path in paths_of(message) for record in records_in(path)
            }
        elif message["type"] == "STATE":
            rest = run_tap(config_for(emulator), state=message["value"])
            assert read | {record["event_key"] for record in rest.events} == whole


def test_stream_maps_and_selection_hold_in_files(emulator, tmp_path):
    catalog = discovered()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "platform"]:
                entry["metadata"]["selected"] = False
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(catalog))
    maps = {"events": {"email": "__NULL__", "who": "identity"}}
    _, files = batched(emulator, tmp_path / "files", catalog=str(path), stream_maps=maps)
    records = [record for file in files["events"] for record in file]
    assert len(records) == len(run_tap(config_for(emulator)).events)
    for record in records:
        assert record["who"] == record["identity"]
        assert not {"email", "platform"} & record.keys()


def test_a_folder_that_cannot_be_written_to_ends_the_run_in_one_line(emulator, tmp_path):
    (tmp_path / "file").write_text("")
    storage = {"root": (tmp_path / "file" / "folder").as_uri()}
    batch_config = {"encoding": {"format": "jsonl"}, "storage": storage}
    output = run_tap(config_for(emulator, batch_config=batch_config))
    assert output.status == 1
    assert "batch_config.storage" in output.log
    assert "Traceback" not in output.log
    assert output.states == []


@pytest.fixture
def ftp_server():
    """Return the address of a server that lets nobody in, and repeats what it was told."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusal) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class Refusal(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            self.wfile.write(b"530 no: " + line)


def test_an_error_of_a_storage_of_its_own_kind_ends_the_run_in_one_line(emulator, ftp_server):
    storage = {"root": f"ftp://someone:hush@127.0.0.1:{ftp_server}/folder"}
    batch_config = {"encoding": {"format": "jsonl"}, "storage": storage}
    output = run_tap(config_for(emulator, batch_config=batch_config))
    assert output.status == 1
    reason = "there (ftp: error_perm); check the credentials in the tap's environment"
    assert reason in output.log
    assert "Traceback" not in output.log
    assert "hush" not in output.log
    assert "someone" not in output.log
    assert output.states == []


def write_and_finish(batches):
    batches.write("events", b"{}\n", 1)
    batches.finish()


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), CleverTapError),
        (MemoryError(), MemoryError),
        (SystemExit(143), SystemExit),
    ],
    ids=["disk", "memory", "end"],
)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_records_of_a_file_that_was_not_finished_allow_no_state(
    tmp_path, monkeypatch, place, error, seen
):
    def fail(*_, **__):
        raise error

    settings = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    batches = BatchFiles(read_batch_config({"batch_config": settings}), "tap", pytest.fail)
    batches.write("events", b"{}\n", 1)
    monkeypatch.setattr(*place, fail)
    with pytest.raises(seen):
        write_and_finish(batches)
    assert batches.has_failed


def test_a_message_that_cannot_be_written_allows_no_state(tmp_path):
    def fail(_):
        raise MemoryError

    settings = {"encoding": {"format": "jsonl"}, "storage": {"root": tmp_path.as_uri()}}
    batches = BatchFiles(read_batch_config({"batch_config": settings}), "tap", fail)
    batches.write("events", b"{}\n", 1)
    with pytest.raises(MemoryError):
        batches.finish()
    assert batches.has_failed


@pytest.mark.parametrize("root", ["ftp://[me:hush", "s3://me:hush@bucket", "nothing://me:hush"])
def test_a_root_that_is_no_url_of_a_known_storage_is_named(emulator, root):
    batch_config = {"encoding": {"format": "jsonl"}, "storage": {"root": root}}
    output = run_tap(config_for(emulator, batch_config=batch_config))
    assert (output.status, output.lines) == (1, [])
    assert "batch_config.storage: no file can be written there (" in output.log
    assert "Traceback" not in output.log
    assert "hush" not in output.log


@pytest.mark.parametrize("maps", [None, {"events": {"ts": "ts"}}], ids=["plain", "mapped"])
def test_a_storage_that_breaks_midway_loses_nothing(emulator, tmp_path, maps):
    config = config_for(emulator, **({"stream_maps": maps} if maps else {}))
    whole = {record["event_key"] for record in run_tap(config).events}
    folder = tmp_path / "files"
    storage = {"root": folder.as_uri()}
    batch_config = {"encoding": {"format": "jsonl"}, "storage": storage, "batch_size": 100}
    process = subprocess.Popen(
        tap_command({**config, "batch_config": batch_config}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    folder.rename(tmp_path / "moved")
    folder.write_text("no folder any more")
    rest, log = process.communicate(timeout=60)
    assert process.returncode == 1, log
    assert "Traceback" not in log
    messages = [json.loads(line) for line in [*lines, *rest.splitlines()] if line]
    read = keys_in(messages, tmp_path / "moved")
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    again = run_tap(config, state=states[-1] if states else None)
    assert read | {record["event_key"] for record in again.events} == whole


@pytest.mark.parametrize(
    "batch_config",
    [
        {"encoding": {"format": "jsonl", "compression": "gzip"}},
        {"encoding": {"format": "parquet"}, "storage": {"root": "file:///tmp"}},
        {"encoding": {"format": "jsonl"}, "storage": {"root": "file:///tmp"}, "batch_size": 0},
        {"encoding": {"format": "jsonl"}, "storage": {"root": ""}},
        {"encoding": {"format": "jsonl"}},
        {"encoding": {"format": "jsonl"}, "storage": {}},
        {"storage": {"root": "file:///tmp"}},
    ],
    ids=str,
)
def test_a_batch_config_that_says_too_little_is_refused_with_an_example(emulator, batch_config):
    output = run_tap(config_for(emulator, batch_config=batch_config))
    assert output.status == 1
    assert "batch_config: " in output.log
    assert '"root"' in output.log
    assert "Traceback" not in output.log
