"""`settle.py` of `examples/region-move` takes out what arrived of requests that were cut off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "region-move"


def row(key, second=0):
    """Return an event; all of one second are equal but for their keys."""
    return {
        "event_key": key,
        "event_name": "Charged",
        "event_time": f"2026-01-01T00:00:{second:02}+00:00",
        "identity": "a",
        "object_id": "device",
        "event_props": {"Amount": 1.0},
    }


@pytest.fixture
def settle(tmp_path):
    """Return what runs `settle.py`, and returns its output and the keys that are left."""

    def write(name, rows, **more):
        path = tmp_path / name
        messages = [{"type": "RECORD", "record": each, **more} for each in rows]
        path.write_text("".join(f"{json.dumps(each)}\n" for each in messages))
        return path

    def run(old, new, uncertain, refused=(), status=0):
        rejects = write("rejects", uncertain, code="uncertain")
        first = rejects.read_text()
        write("rejects", refused, code="528")
        rejects.write_text('{"type": "SCHEMA"}\n' + first + rejects.read_text() + '{"cut')
        before = rejects.read_text()
        program = [sys.executable, EXAMPLE / "settle.py"]
        files = [write("old", old), write("new", new), rejects]
        ran = subprocess.run([*program, *files], capture_output=True, text=True, check=False)
        assert ran.returncode == status, ran.stderr
        kept = [each.read_text() for each in tmp_path.glob("rejects.before-*")]
        assert (before in kept) is (rejects.read_text() != before)
        after = rejects.read_text()
        assert after.endswith('{"cut')
        left = [json.loads(line) for line in after.splitlines()[1:-1]]
        return ran.stdout + ran.stderr, [each["record"]["event_key"] for each in left]

    return run


def test_only_what_the_new_project_has_is_taken_out(settle):
    old = [row("a", 1), row("b", 2), row("c", 3), row("d", 4)]
    new, uncertain = [row("z", 1), row("y", 2)], [row("b", 2), row("c", 3)]
    printed, left = settle(old, new, uncertain, [row("d", 4)])
    assert printed == "uncertain records that arrived, and were taken out: 1\n"
    assert left == ["c", "d"]


def test_of_equal_events_as_many_arrived_as_the_new_project_has_too_many(settle):
    old = [row("a"), row("b"), row("c"), row("d")]
    _, left = settle(old, [row("z"), row("y")], [row("b"), row("c")], [row("d")])
    assert left == ["c", "d"]
    _, left = settle(old, [row("z")], [row("b"), row("c"), row("b")])
    assert left == ["b", "c", "b"]


def test_a_move_without_rejects_is_named(tmp_path):
    command = [sys.executable, EXAMPLE / "settle.py", "old", "new", tmp_path / "none"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "the file does not exist, so nothing was rejected" in ran.stderr


def test_what_the_old_export_lacks_stays_and_ends_the_steps(settle):
    old, new, uncertain = [row("a", 1), row("b", 2)], [row("z", 2)], [row("b", 2), row("gone", 3)]
    printed, left = settle(old, new, uncertain, status=1)
    assert "taken out: 1\n" in printed
    assert "1 of the uncertain rejects are not in it, and stay; look for them" in printed
    assert left == ["gone"]


def test_an_event_that_a_map_changed_is_refused(settle):
    mapped = {**row("b", 2), "event_name": "Paid"}
    printed, left = settle([row("b", 2)], [mapped | {"event_key": "z"}], [mapped], status=1)
    assert printed.startswith("settle.py: b: a map changed this event; ")
    assert left == ["b"]


@pytest.mark.parametrize("name", ["event_time", "event_name", "event_props"])
def test_a_row_of_another_form_is_named(settle, name):
    odd = {**row("b"), name: 5}
    without = {column: value for column, value in row("b").items() if column != name}
    for each in (odd, without):
        printed, _ = settle([row("c")], [each], [row("c")], status=1)
        assert printed == "b: this row is not as the tap writes it; export all its columns\n"
        printed, left = settle([row("c")], [row("z")], [row("c"), each], status=1)
        assert printed == "b: this row is not as the tap writes it; export all its columns\n"
        assert left == ["c", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory; export it first"),
        ("", "it is empty; export it again"),
        ('{"type": "BATCH"}', "its records are in batch files; export without batch_config"),
        ('{"type": "SCHEMA"}\n{"type": "REC', "line 2 is no Singer message; export it again"),
        ("[]\n", "line 1 is no Singer message; export it again"),
    ],
    ids=["missing", "empty", "batches", "cut", "other"],
)
def test_an_export_that_is_not_whole_is_refused(tmp_path, content, message):
    old, rejects = tmp_path / "old", tmp_path / "rejects"
    (tmp_path / "new").write_text('{"type": "SCHEMA"}\n')
    rejects.write_text(json.dumps({"type": "RECORD", "record": row("a"), "code": "uncertain"}))
    if content is not None:
        old.write_text(content)
    before = rejects.read_text()
    command = [sys.executable, EXAMPLE / "settle.py", old, tmp_path / "new", rejects]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, f"{old}: {message}\n")
    assert rejects.read_text() == before
    assert not [*tmp_path.glob("*.before*")]


@pytest.mark.parametrize("files", [("new", "old"), ("old", "old"), ("new", "new")], ids=str)
def test_exports_that_are_mixed_up_are_refused(settle, tmp_path, files):
    old, uncertain = [row("a", 1), row("b", 2), row("c", 3)], [row("b", 2), row("c", 3)]
    settle(old, [row("z", 1), row("y", 2)], uncertain)
    rejects = tmp_path / "rejects"
    before = rejects.read_text()
    command = [sys.executable, EXAMPLE / "settle.py", *files, rejects]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"settle.py: {files[1] if 'old' in files else 'new'}: ")
    assert "Traceback" not in ran.stderr
    assert rejects.read_text() == before
