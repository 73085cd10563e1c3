"""Files that somebody removes or empties in the moment in which a run writes to them."""

from __future__ import annotations

import json
import os
from itertools import count

import pytest

from target_clevertap import private_files
from target_clevertap.deletes.file import DeletesFile
from target_clevertap.errors import UploadStopped
from target_clevertap.records.record_status import RecordStatus
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.origin import Origin

ORDERS = Origin("orders", b'{"type":"SCHEMA","stream":"orders","schema":{"properties":{}}}\n')
WRITE = private_files.write_all
WAYS = {
    "removed": lambda path: path.unlink(),
    "renamed": lambda path: path.rename(path.with_suffix(".1")),
    "replaced": lambda path: (path.unlink(), path.touch()),
    "emptied": lambda path: os.truncate(path, 0),
}


@pytest.fixture
def once(monkeypatch):
    """Have something happen once to a file, before or after the next write."""

    def arm(moment, action):
        def write(descriptor, data):
            monkeypatch.setattr(private_files, "write_all", WRITE)
            if moment == "before":
                action()
            WRITE(descriptor, data)
            if moment == "after":
                action()

        monkeypatch.setattr(private_files, "write_all", write)

    return arm


def reject(number):
    return Reject(ORDERS, b'{"id":%d}' % number, RecordStatus.refused(515, "Email is not valid."))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("way", WAYS)
def test_a_reject_is_kept_where_the_file_is_taken_away(tmp_path, once, way, moment):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    rejects.append([reject(1)])
    once(moment, lambda: WAYS[way](path))
    rejects.append(iter([reject(2), reject(3)]))
    rejects.append([reject(4)])
    found = [
        line for file in (path.with_suffix(".1"), path) if file.exists() for line in lines(file)
    ]
    assert [line["record"]["id"] for line in found if line["type"] == "RECORD"][-3:] == [2, 3, 4]
    assert lines(path)[0]["type"] == "SCHEMA"


@pytest.mark.parametrize("look", range(1, 9))
def test_a_file_that_is_emptied_at_any_look_at_it_begins_with_its_schema(
    tmp_path, monkeypatch, look
):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    rejects.append([reject(1)])
    fstat, looks = os.fstat, count(1)

    def looked(descriptor):
        """Look at the file, and empty it just after the given look."""
        found = fstat(descriptor)
        if next(looks) == look:
            os.truncate(path, 0)
        return found

    monkeypatch.setattr(os, "fstat", looked)
    rejects.append([reject(2)])
    monkeypatch.undo()
    rejects.append([reject(3)])
    found = lines(path)
    assert found[0]["type"] == "SCHEMA"
    assert found[-1]["record"] == {"id": 3}


def test_what_somebody_wrote_into_an_emptied_file_stays(tmp_path, once):
    path = tmp_path / "r.jsonl"
    rejects = RejectsFile.at(str(path))
    rejects.append([reject(1), reject(2)])
    once("after", lambda: path.write_text("{}\n"))
    rejects.append([reject(3)])
    assert lines(path) == [{}]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("way", ["removed", "renamed", "replaced"])
def test_a_receipt_is_kept_where_the_file_is_taken_away(tmp_path, once, way, moment):
    path = tmp_path / "d.jsonl"
    path.touch()
    once(moment, lambda: WAYS[way](path))
    DeletesFile.at(str(path)).append("identity", [b'"u1"'])
    (kept,) = tmp_path.iterdir() if way != "replaced" else [path]
    assert len(lines(kept)) == 1


@pytest.mark.parametrize("way", ["removed", "emptied"])
def test_a_file_that_is_taken_away_each_time_ends_the_run(tmp_path, monkeypatch, way):
    path = tmp_path / "r.jsonl"
    monkeypatch.setattr(os, "fsync", lambda _: WAYS[way](path))
    with pytest.raises(UploadStopped, match="others remove or empty it each time; see rejects_p"):
        RejectsFile.at(str(path)).append([reject(1)])
