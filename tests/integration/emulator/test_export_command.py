"""The command that writes export files, as a process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clevertap_emulator.files.command import HISTORY
from tests.support.pages import block

COMMAND = [sys.executable, "-m", "clevertap_emulator"]
README = Path(__file__).parents[3] / "clevertap-emulator" / "README.md"


def run(*flags, cwd=None):
    return subprocess.run(
        [*COMMAND, *flags], capture_output=True, text=True, timeout=60, check=False, cwd=cwd
    )


def test_the_command_of_the_readme_writes_files_and_the_truth(tmp_path):
    _, *line = block("clevertap-emulator/README.md", "Export files", "sh").split()
    ended = run(*line, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    truth = [json.loads(each) for each in (tmp_path / "truth.jsonl").read_text().splitlines()]
    files = {path.name for path in (tmp_path / "exported").iterdir()}
    assert {file for row in truth for file in row["files"]} == files
    assert {row["kind"] for row in truth} == {"event", "profile"}
    assert f"wrote {len(truth)} rows in {len(files)} files" in ended.stdout


def test_a_later_run_comes_on_top_of_the_files_that_are_there(tmp_path):
    flags = ("export", "--out", str(tmp_path), "--days", "2", "--today", "2026-08-31")
    run(*flags, "--runs", "2", "--only-run", "1")
    first = {path.name for path in tmp_path.iterdir()}
    run(*flags, "--runs", "2", "--only-run", "2", "--what", "events")
    both = {path.name for path in tmp_path.iterdir()}
    assert first < both
    assert {name.split("-")[1] for name in both - first} == {"1788157800"}


def test_the_readme_lists_every_flag():
    shown = run("export", "--help").stdout
    flags = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE))
    section = README.read_text().partition("\n## Export files\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
    shared = {"--" + name.replace("_", "-") for name in HISTORY}
    assert listed == flags - shared
    assert all(f"`{flag}`" in section for flag in shared)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["export"], "--out"),
        (["--days", "3", "export", "--out", "x"], "--days is before `export`"),
        (["export", "--out", "x", "--runs", "9", "--days", "1"], "--runs: 9 runs"),
        (["export", "--out", "x", "--format", "avro"], "--format"),
        (["export", "--out", "x", "--event", "No\x07pe"], r"`No\x07pe` is not an event"),
        (["export", "--out", "/dev/null/x"], "choose another folder"),
        (["export", "--out", "x", "--rows", "10", "--days", "1"], "use --days 2 or more"),
    ],
    ids=["out", "before", "runs", "format", "event", "folder", "rows"],
)
def test_a_wrong_flag_is_explained_and_nothing_is_written(tmp_path, flags, named):
    ended = run(*flags, cwd=tmp_path)
    assert ended.returncode in {1, 2}
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not [*tmp_path.iterdir()]


def test_so_many_rows_are_spread_over_events_and_closed_days(tmp_path):
    flags = ("--rows", "1001", "--days", "3", "--databases", "1", "--event", "Charged")
    ended = run("export", "--out", str(tmp_path), "--today", "2026-08-31", "--plain", *flags)
    files = sorted(path.name for path in tmp_path.glob("*Charged*"))
    assert [name.split("-")[3] for name in files] == ["20260829", "20260830"]
    rows = [(tmp_path / name).read_text().splitlines() for name in files]
    assert [len(each) - 1 for each in rows] == [500, 501]
    assert "wrote 3001 rows" in ended.stdout
