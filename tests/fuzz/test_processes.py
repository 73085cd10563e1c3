"""The plugins themselves, over changed files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNS = 60


def test_the_plugins_end_as_documented_whatever_comes():
    command = [sys.executable, "-m", "verification.fuzz.processes", "--runs", str(RUNS)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout.decode() + ended.stderr.decode()
    assert f"{RUNS} runs" in ended.stdout.decode()


def test_without_a_run_nothing_is_proven():
    command = [sys.executable, "-m", "verification.fuzz.processes", "--seconds", "0", "states"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"0 runs, {}, 0 found\n")
