"""The file of skipped rows has whole lines, whatever happened to an earlier run."""

from __future__ import annotations

import json
import os
import resource
import signal

import pytest

from tap_clevertap.errors import CleverTapError
from tap_clevertap.output.bad_rows import BadRowsFile

SMALL_FILE = 500


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
