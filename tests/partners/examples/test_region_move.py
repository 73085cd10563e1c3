"""`examples/region-move`: two emulators in two zones, and a reader who follows the README."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import pytest
import requests

from tests.support.example_copies import copied, use_installed
from tests.support.page_reader import Reader

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "region-move"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(url):
    for _ in range(600):
        try:
            return requests.get(f"{url}/_emulator/health", timeout=30).raise_for_status()
        except requests.ConnectionError:  # noqa: PERF203 - it waits
            time.sleep(0.1)
    message = f"{url} did not start"
    raise AssertionError(message)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Somebody who has both emulators, and has installed the project."""
    folder = tmp_path_factory.mktemp("region-move")
    port = free_port()
    with Reader(folder, replacements={r"\b8026\b": str(port)}) as reader:
        old, new = (f"http://127.0.0.1:{each}" for each in (reader.port, port))
        copied(EXAMPLE, folder, OLD_API_URL=old, NEW_API_URL=new)
        use_installed(folder)
        reader.run("examples/region-move/README.md", "Set up")
        for each in (old, new):
            wait_for(each)
        reader.run("examples/region-move/README.md", "Set up", "shell", 2)
        reader.new = new
        yield reader


def uploads(reader):
    return requests.get(f"{reader.new}/_emulator/uploads", timeout=30).json()["counts"]


@pytest.fixture(scope="module")
def moved(reader):
    reader.run("examples/region-move/README.md", "Look first")
    assert uploads(reader)["events"] == uploads(reader)["profiles"] == 0
    return reader.run("examples/region-move/README.md", "Move").log


@pytest.fixture(scope="module")
def compared(moved, reader):
    """Return the folder with both exports and the table of the comparison."""
    assert moved
    folder = Path(reader.type("pwd").output.strip())
    ended = reader.run("examples/region-move/README.md", "Is everything there?")
    (folder / "table.txt").write_text(ended.output)
    return folder


def test_the_second_project_has_what_the_first_had(compared, moved):
    lines = (compared / "table.txt").read_text().splitlines()[1:]
    rows = [re.split(r" {2,}", line) for line in lines]
    verdicts = {row[0]: row[-1] for row in rows}
    assert set(verdicts.values()) == {"yes", "not transferable"}
    assert verdicts["(profiles)"] == verdicts["charged"] == "yes"
    assert verdicts["applaunched"] == "not transferable"
    assert "not transferable" in moved


@pytest.mark.usefixtures("moved")
def test_the_rejects_are_named(reader):
    summary = reader.run("examples/region-move/README.md", "Move", "shell", 2)
    assert "528" in summary.output


def a_row_less(rows):
    return rows[1:]


def another_value(rows):
    return [rows[0].replace('"Amount"', '"Amount of it"'), *rows[1:]]


def another_order(rows):
    return rows[::-1]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(a_row_less, "NO"), (another_value, "NO"), (another_order, "yes")],
)
def test_the_comparison_finds_what_differs(compared, reader, change, verdict):
    rows = charges(compared / "new.singer")
    (compared / "charges.singer").write_text("".join(rows))
    (compared / "changed.singer").write_text("".join(change(rows)))
    command = "python3 compare.py %s.singer %s.singer move-rejects.jsonl 2100-01-01"
    before = charges(compared / "old.singer")
    (compared / "before.singer").write_text("".join(before))
    assert len(before) == len(rows) > 1
    ended = reader.type(command % ("before", "charges"))
    assert ended.output.splitlines()[1].endswith("  yes")
    ended = reader.type(command % ("before", "changed"), expected=int(verdict == "NO"))
    assert ended.output.splitlines()[1].endswith(f"  {verdict}")


def charges(path):
    """Return the lines of a file that are a record of Charged."""
    with path.open() as lines:
        return [line for line in lines if is_charged(json.loads(line))]


def is_charged(message):
    return message["type"] == "RECORD" and message["record"].get("event_name") == "Charged"


@pytest.mark.usefixtures("compared")
def test_two_exports_of_one_project_are_refused(reader):
    command = "python3 compare.py old.singer old.singer move-rejects.jsonl 2100-01-01"
    assert "of the same project" in reader.type(command, expected=1).log
