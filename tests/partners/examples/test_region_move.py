"""`examples/region-move`: two emulators in two zones, and a reader who follows the README."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest
import requests

from clevertap_emulator.testing import Emulator
from tests.partners.examples.killed_runs import STORED_AND_NOT, started, wait_for_uploads
from tests.support.example_copies import copied, use_installed
from tests.support.page_reader import Reader
from tests.support.ports import free_port

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "region-move"
PAGE = "examples/region-move/README.md"
FORCED = "meltano run --force move"
OF_TARGET = "      max_rejects: -1"
SMALL_BATCHES = "      batch_size_rows: 100\n"


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
    forced = {r"^meltano run move$": FORCED}  # a run is killed, and five minutes are long
    with Reader(folder, replacements={r"\b8026\b": str(port), **forced}) as reader:
        old, new = (f"http://127.0.0.1:{each}" for each in (reader.port, port))
        copied(EXAMPLE, folder, OLD_API_URL=old, NEW_API_URL=new)
        use_installed(folder)
        path = folder / "meltano.yml"
        path.write_text(path.read_text().replace(OF_TARGET, SMALL_BATCHES + OF_TARGET))
        reader.run(PAGE, "Set up")
        for each in (old, new):
            wait_for(each)
        reader.run(PAGE, "Set up", "shell", 2)
        reader.new = new
        yield reader


def uploads(reader):
    return requests.get(f"{reader.new}/_emulator/uploads", timeout=30).json()["counts"]


@pytest.fixture(scope="module")
def folder(reader):
    return Path(reader.type("pwd").output.strip())


def rejects(folder):
    lines = map(json.loads, (folder / "move-rejects.jsonl").read_text().splitlines())
    return [each for each in lines if each["type"] == "RECORD"]


def uncertain(folder):
    """Return the keys of uncertain events."""
    records = [each["record"] for each in rejects(folder) if each["code"] == "uncertain"]
    return {each["event_key"] for each in records if "event_key" in each}


@pytest.fixture(scope="module")
def killed(reader):
    """A run that was killed while uploads were in flight, of which one arrived."""
    reader.run(PAGE, "Look first")
    assert uploads(reader)["events"] == uploads(reader)["profiles"] == 0
    new = Emulator.at(reader.new)
    new.faults(STORED_AND_NOT)
    with started(reader, FORCED, signal.SIGKILL):
        wait_for_uploads(new)
    new.clear_faults()


@pytest.fixture(scope="module")
def moved(killed, reader, folder):
    """The log of the next run; what was uncertain is settled since."""
    log = reader.run(PAGE, "Move").log
    before = uncertain(folder)
    printed = reader.run(PAGE, "After a kill, or an outage").output
    arrived = int(re.search(r"taken out: ([\d,]+)", printed)[1].replace(",", ""))
    assert 0 < arrived < len(before)
    assert uncertain(folder) == set()
    return log


@pytest.fixture(scope="module")
def compared(moved, reader, folder):
    """Return the folder with both exports and the table of the comparison."""
    assert moved
    ended = reader.run(PAGE, "Is everything there?")
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
    summary = reader.run(PAGE, "Move", "shell", 2)
    assert "528" in summary.output


def test_a_row_that_two_runs_refused_is_one_row_of_the_old_project(compared, reader):
    path = compared / "move-rejects.jsonl"
    text = path.read_text()
    table = (compared / "table.txt").read_text()
    path.write_text(text + text + '{"type": "RECORD", "cut')
    command = "python3 compare.py old.singer new.singer move-rejects.jsonl $(date -u +%F)"
    assert reader.type(command).output == table
    path.write_text(text)


def a_row_less(rows):
    return rows[1:]


def another_value(rows):
    named = [each.replace('"Amount"', '"Amount of it"') for each in rows]
    first = next(number for number, each in enumerate(rows) if each != named[number])
    return [*rows[:first], named[first], *rows[first + 1 :]]


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
