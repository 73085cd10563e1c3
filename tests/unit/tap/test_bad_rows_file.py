"""The file of skipped rows has whole lines, whatever happened to an earlier run."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal

import pytest

from tap_clevertap.errors import CleverTapError
from tap_clevertap.output.bad_rows import BadRowsFile

SMALL_FILE = 500
WAYS = {
    "removed": lambda path: path.unlink(),
    "renamed": lambda path: path.rename(path.with_suffix(".1")),
    "replaced": lambda path: (path.unlink(), path.touch()),
}


@pytest.fixture
def _small_files():
    """Let no file of this process grow beyond some bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def rows(path):
    return [json.loads(line)["row"] for line in path.read_text().splitlines()]


@pytest.mark.usefixtures("_small_files")
def test_rows_that_the_disk_does_not_take_leave_nothing(tmp_path):
    path = tmp_path / "bad.jsonl"
    file = BadRowsFile(str(path))
    file.append("Charged", "day", ['"first"'])
    with pytest.raises(CleverTapError, match="cannot be written"):
        file.append("Charged", "day", ['"second"', f'"{"x" * SMALL_FILE}"'])
    file.append("Charged", "day", ['"third"'])
    assert rows(path) == ["first", "third"]


def test_a_line_that_a_kill_cut_short_spoils_no_other(tmp_path):
    path = tmp_path / "bad.jsonl"
    file = BadRowsFile(str(path))
    file.append("Charged", "day", ['"first"'])
    os.truncate(path, path.stat().st_size - 9)
    file.append("Charged", "day", ['"second"', '"third"'])
    torn, *others = path.read_text().splitlines()
    assert torn.startswith('{"days":"day"')
    assert [json.loads(line)["row"] for line in others] == ["second", "third"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("way", ["removed", "renamed", "replaced"])
def test_rows_are_kept_where_the_file_is_taken_away(tmp_path, monkeypatch, way, moment):
    path = tmp_path / "bad.jsonl"
    file = BadRowsFile(str(path))
    file.append("Charged", "day", ['"first"'])
    module, name = {"before": (fcntl, "flock"), "after": (os, "fsync")}[moment]
    call = getattr(module, name)

    def take_away_once(*arguments):
        monkeypatch.setattr(module, name, call)
        call(*arguments)
        WAYS[way](path)

    monkeypatch.setattr(module, name, take_away_once)
    file.append("Charged", "day", ['"second"', '"third"'])
    file.append("Charged", "day", ['"fourth"'])
    found = [row for each in (path.with_suffix(".1"), path) if each.exists() for row in rows(each)]
    assert found[-3:] == ["second", "third", "fourth"]


def test_a_file_that_is_emptied_before_a_write_has_what_is_written(tmp_path, monkeypatch):
    path = tmp_path / "bad.jsonl"
    file = BadRowsFile(str(path))
    file.append("Charged", "day", ['"first"'])
    lock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lambda *given: (lock(*given), os.truncate(path, 0)))
    file.append("Charged", "day", ['"second"'])
    assert rows(path) == ["second"]


def test_a_file_that_is_taken_away_each_time_ends_the_run(tmp_path, monkeypatch):
    path = tmp_path / "bad.jsonl"
    monkeypatch.setattr(os, "fsync", lambda _: path.unlink())
    with pytest.raises(CleverTapError, match="others remove or empty it each time"):
        BadRowsFile(str(path)).append("Charged", "day", ['"first"'])
