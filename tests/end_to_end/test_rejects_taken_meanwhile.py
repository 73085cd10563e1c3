"""Programs of examples that take rejects out, while a replay takes the same file."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
REJECT = json.dumps({"type": "RECORD", "record": {"event_key": "a"}, "code": "uncertain"}) + "\n"
SECONDS = 30


def until_it_waits(process):
    """Wait until a process waits for a lock that this one has."""
    deadline = time.monotonic() + SECONDS
    while not any(
        "->" in line and str(process.pid) in line.split()
        for line in Path("/proc/locks").read_text().splitlines()
    ):
        assert time.monotonic() < deadline, "it does not wait"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not list its locks")
@pytest.mark.parametrize(
    ("program", "files"),
    [("orders/take_out.py", ["arrived"]), ("region-move/settle.py", ["old", "new"])],
)
def test_a_file_that_a_replay_takes_meanwhile_is_left_alone(tmp_path, program, files):
    rejects, replayed = tmp_path / "rejects", tmp_path / "replayed"
    rejects.write_text(REJECT)
    for name in files:
        (tmp_path / name).write_text("a\n")
    command = [sys.executable, EXAMPLES / program, *files, rejects]
    with rejects.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        until_it_waits(process)
        rejects.rename(replayed)
        rejects.write_text("new\n")
    _, log = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert log.endswith("a replay took it meanwhile; run this again\n")
    assert (rejects.read_text(), replayed.read_text()) == ("new\n", REJECT)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        [*files, "rejects", "replayed"]
    )
