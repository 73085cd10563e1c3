"""A few failed tests are named to be run once more; many, or none, are a failure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts" / "failed_tests.py"


@pytest.mark.parametrize(("failed", "status"), [(None, 1), (0, 1), (1, 0), (5, 0), (6, 1)])
def test_the_status_tells_whether_they_are_few(tmp_path, failed, status):
    tests = [f"tests/test_a.py::test_a[a b {number}]" for number in range(failed or 0)]
    if failed is not None:
        cache = tmp_path / ".pytest_cache" / "v" / "cache"
        cache.mkdir(parents=True)
        (cache / "lastfailed").write_text(json.dumps(dict.fromkeys(tests, True)))
    command = [sys.executable, PROGRAM]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert ended.returncode == status
    assert ended.stdout.splitlines() == tests
