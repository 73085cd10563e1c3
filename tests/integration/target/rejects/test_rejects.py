"""The rejects file."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import stat
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.records.record_status import RecordStatus
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.reject import Reject
from target_clevertap.rejects.replay import Replay
from target_clevertap.singer.origin import Origin

ORDERS = Origin("orders", b'{"type":"SCHEMA","stream":"orders","schema":{"properties":{}}}\n')
ORDERS_LATER = Origin(
    "orders", b'{"type":"SCHEMA","stream":"orders","schema":{"properties":{"a":{}}}}'
)
USERS = Origin("users", b'{"type":"SCHEMA","stream":"users","schema":{"properties":{}}}')


def reject(origin=ORDERS, raw=b'{"a":1}', code=515):
    return Reject(origin, raw, RecordStatus.refused(code, "Email is not valid."))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_stream_has_its_schema_before_its_records(tmp_path):
    rejects = RejectsFile.at(str(tmp_path / "r.jsonl"))
    rejects.append([reject(), reject(USERS), reject()])
    rejects.append([reject(ORDERS_LATER), reject()])
    kinds = [(line["type"], line["stream"]) for line in lines(tmp_path / "r.jsonl")]
    assert kinds == [
        ("SCHEMA", "orders"),
        ("RECORD", "orders"),
        ("SCHEMA", "users"),
        ("RECORD", "users"),
        ("RECORD", "orders"),
        ("SCHEMA", "orders"),
        ("RECORD", "orders"),
        ("SCHEMA", "orders"),
        ("RECORD", "orders"),
    ]


def test_a_schema_stands_again_behind_what_another_run_wrote(tmp_path):
    path = tmp_path / "r.jsonl"
    one, other = RejectsFile.at(str(path)), RejectsFile.at(str(path))
    one.append([reject()])
    other.append([reject(ORDERS_LATER)])
    one.append([reject()])
    schemas = [line["schema"] for line in lines(path) if line["type"] == "SCHEMA"]
    assert schemas == [{"properties": {}}, {"properties": {"a": {}}}, {"properties": {}}]


def test_a_record_is_kept_as_it_came_in(tmp_path):
    raw = b'{"big": 123456789012345678901234567890, "exact": 1.10, "odd": NaN, "t": "\xc3\xa9"}'
    RejectsFile.at(str(tmp_path / "r.jsonl")).append([reject(raw=raw)])
    assert raw in (tmp_path / "r.jsonl").read_bytes()
    record = lines(tmp_path / "r.jsonl")[1]
    assert (record["code"], record["reason"]) == (515, "Email is not valid.")
    assert record["rejected_at"].endswith("+00:00")


def test_the_file_is_for_its_owner_only_and_is_appended_to(tmp_path):
    path = tmp_path / "r.jsonl"
    for _ in range(2):
        rejects = RejectsFile.at(str(path))
        rejects.append([reject()])
        rejects.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(lines(path)) == 4


def test_a_line_that_a_kill_cut_short_does_not_spoil_the_file(tmp_path):
    path = tmp_path / "r.jsonl"
    RejectsFile.at(str(path)).append([reject()])
    torn = b'{"type":"RECORD","rec' + b"x" * 100_000
    with path.open("ab") as file:
        file.write(torn)
    RejectsFile.at(str(path)).append([reject()])
    assert len(lines(path)) == 4
    (kept,) = tmp_path.glob("r.jsonl.torn-*")
    assert kept.read_bytes() == torn
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_last_line_that_only_lacks_its_end_stays(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"type":"STATE","value":{"fixed":NaN}}')
    RejectsFile.at(str(path)).append([reject()])
    assert [line["type"] for line in lines(path)] == ["STATE", "SCHEMA", "RECORD"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_emptied_in_place_gets_its_schemas_again(tmp_path):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    rejects.append([reject()])
    os.truncate(path, 0)
    rejects.append([reject()])
    assert [line["type"] for line in lines(path)] == ["SCHEMA", "RECORD"]


def test_a_file_that_others_may_read_is_made_private(tmp_path):
    path = tmp_path / "r.jsonl"
    path.touch(mode=0o644)
    RejectsFile.at(str(path)).append([reject()])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_earlier_runs_steps_aside_for_a_replay_through_a_pipe(tmp_path):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    rejects.append([reject()])
    moment = lines(path)[1]["rejected_at"]
    assert Replay(rejects).note(moment) is None
    later = RejectsFile.at(str(path))
    replay = Replay(later)
    assert replay.note("2026-01-01T00:00:00+00:00") is None
    aside = replay.note(moment)
    assert len(lines(aside)) == 2
    later.append([reject(USERS)])
    assert replay.note(moment) is None
    assert [line["stream"] for line in lines(path)] == ["users", "users"]


def test_the_file_steps_aside_when_it_is_what_is_read(tmp_path):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    rejects.append([reject()])
    with path.open() as reading:
        aside = Replay(rejects).rename_input(reading.fileno())
        assert aside.name.startswith("r.jsonl.replayed-")
        rejects.append([reject()])
        assert len(reading.readlines()) == 2
    assert len(lines(path)) == 2


@pytest.mark.parametrize("through_a_pipe", [False, True])
def test_a_file_that_another_run_writes_to_steps_aside_when_that_is_done(tmp_path, through_a_pipe):
    path = tmp_path / "r.jsonl"
    RejectsFile.at(str(path)).append([reject()])
    rejects = RejectsFile.at(str(path))
    replay = Replay(rejects)
    with path.open("r+b") as reading, path.open("ab") as writing, ThreadPoolExecutor() as pool:
        fcntl.flock(writing, fcntl.LOCK_EX)
        if through_a_pipe:
            aside = pool.submit(replay.note, None)
        else:
            aside = pool.submit(replay.rename_input, reading.fileno())
        wait([aside], timeout=0.5)
        was_there = path.exists()
        writing.write(b'{"type":"STATE"}\n')
        writing.flush()
        fcntl.flock(writing, fcntl.LOCK_UN)
        kept = aside.result(timeout=30)
    assert was_there
    assert [line["type"] for line in lines(kept)] == ["SCHEMA", "RECORD", "STATE"]


@pytest.mark.parametrize("through_a_pipe", [False, True])
def test_where_the_file_is_a_link_what_it_points_to_steps_aside(tmp_path, through_a_pipe):
    volume = tmp_path / "volume"
    volume.mkdir()
    path = tmp_path / "r.jsonl"
    path.symlink_to("volume/rejects.jsonl")
    RejectsFile.at(str(path)).append([reject()])
    rejects = RejectsFile.at(str(path))
    replay = Replay(rejects)
    with path.open() as reading:
        aside = replay.note(None) if through_a_pipe else replay.rename_input(reading.fileno())
    rejects.append([reject(USERS)])
    assert aside.parent == volume
    assert aside.name.startswith("rejects.jsonl.replayed-")
    assert path.is_symlink()
    assert [line["stream"] for line in lines(volume / "rejects.jsonl")] == ["users", "users"]


def test_a_clock_that_is_set_back_costs_no_file_that_stepped_aside(tmp_path, monkeypatch):
    class Still(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 1, tzinfo=tz)

    monkeypatch.setattr(dt, "datetime", Still)
    path = tmp_path / "r.jsonl"
    for _ in range(3):
        RejectsFile.at(str(path)).append([reject()])
        Replay(RejectsFile.at(str(path))).note(None)
    kept = sorted(each.name for each in tmp_path.iterdir())
    name = "r.jsonl.replayed-20260101T000000.000000Z"
    assert kept == [name, f"{name}-2", f"{name}-3"]


def test_another_file_or_none_does_not_make_it_step_aside(tmp_path):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    assert Replay(rejects).rename_input(None) is None
    assert Replay(rejects).rename_input(0) is None
    rejects.append([reject()])
    later = Replay(RejectsFile.at(str(path)))
    with (tmp_path / "fixed.jsonl").open("w+") as fixed:
        assert later.rename_input(fixed.fileno()) is None
    assert later.note(lines(path)[1]["rejected_at"]) is None


def test_a_device_does_not_step_aside(tmp_path):
    (tmp_path / "r.jsonl").symlink_to(os.devnull)
    with open(os.devnull) as reading:  # noqa: PTH123 - a device
        assert (
            Replay(RejectsFile.at(str(tmp_path / "r.jsonl"))).rename_input(reading.fileno()) is None
        )


def test_runs_that_append_at_the_same_time_do_not_mix_their_lines(tmp_path):
    program = (
        "import sys\n"
        "from target_clevertap.records.record_status import RecordStatus\n"
        "from target_clevertap.rejects.file import RejectsFile\n"
        "from target_clevertap.rejects.reject import Reject\n"
        "from target_clevertap.singer.origin import Origin\n"
        "rejects = RejectsFile.at(sys.argv[1])\n"
        'origin = Origin(sys.argv[2], b\'{"type":"SCHEMA"}\')\n'
        "reject = Reject(origin, b'1' * 3000, RecordStatus.refused(1, ''))\n"
        "for _ in range(50): rejects.append([reject] * 10)\n"
    )
    path = tmp_path / "r.jsonl"
    runs = [subprocess.Popen([sys.executable, "-c", program, path, name]) for name in "ab"]
    assert [run.wait() for run in runs] == [0, 0]
    records = [line["stream"] for line in lines(path) if line["type"] == "RECORD"]
    assert Counter(records) == {"a": 500, "b": 500}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110 - a decorator's one-liner
def test_a_full_disk_ends_the_run_and_leaves_no_half_line(tmp_path):
    path = tmp_path / "r.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(UploadStopped, match="cannot be written: No space left on device"):
        RejectsFile.at(str(path)).append([reject()])


def test_a_folder_that_is_not_there_ends_the_run_with_advice(tmp_path):
    with pytest.raises(SettingError, match="rejects_path: there is no folder"):
        RejectsFile.at(str(tmp_path / "none" / "r.jsonl"))
