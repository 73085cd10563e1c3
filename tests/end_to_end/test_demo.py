"""The README's first command does what the README describes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.run_output import clean_environment

ROOT = Path(__file__).parents[2]


def test_the_demo_moves_everything_both_ways_and_leaves_nothing_running():
    finished = subprocess.run(
        [sys.executable, ROOT / "demo" / "run.py"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=clean_environment(),
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    words = finished.stdout.split()
    assert words.count("yes") >= 4
    assert "NO" not in words
    url = next(word for word in words if word.startswith("http://127.0.0.1:"))
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_emulator/health", timeout=5)
