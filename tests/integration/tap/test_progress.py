"""A run shows how far it is: on a terminal with a moving line, else in its log."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from tests.support.days import days_ago
from tests.support.pages import README, block
from tests.support.plugin_process import BIN, tap_command, tap_config
from tests.support.run_output import clean_environment

SIZE = {"timezone": "UTC", "days": 20, "users": 50, "events_per_day": 300, "preparing": 0}
EVENTS = ["Charged", "App Launched"]
COLUMNS = 100
FAST = 20
SECONDS = 60
LINE = re.compile(r"events: [\d,]+ rows, [\d,]+ rows/s, \d+ of \d+ days closed")
ESCAPE = "\x1b"


@pytest.fixture
def world(start_emulator):
    emulator = start_emulator(**SIZE)
    slow_pages(emulator)
    return emulator


def slow_pages(emulator, delay=0.1):
    """Have a run take two seconds, or with another delay more."""
    emulator.faults([{"match": {"kind": "page"}, "action": {"delay": delay}}])


def config_for(emulator, **more):
    start = days_ago(4).isoformat()
    settings = {"timezone": "UTC", "start_date": start, "events": EVENTS, "page_size": 100}
    return tap_config(emulator, **{**settings, **more})


def on_a_terminal(command, *, columns=COLUMNS, hang_up=False, folder=None, **environment):
    """Run with a terminal for standard error; return exit status and what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    settings = clean_environment(**{"TERM": "xterm", **environment})
    with Path(os.devnull).open("wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=theirs, env=settings, cwd=folder)
    os.close(theirs)
    found = b""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux: the other side is closed
                break
            found += part
            if hang_up and b"rows/s" in found:
                break
    os.close(ours)
    return process.wait(SECONDS), found.decode()


def screen(written):
    """Return the lines that a person sees at the end."""
    lines = []
    for line in written.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_a_terminal_shows_one_moving_line_as_the_readme_has_it(world, tmp_path):
    slow_pages(world, 0.25)
    assert LINE.match(block(README, "Progress", "text"))
    (tmp_path / "config.json").write_text(json.dumps(config_for(world)))
    command = ["sh", "-c", block(README, "Progress", "shell")]
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    status, written = on_a_terminal(command, folder=tmp_path, PATH=path)
    assert status == 0, written
    assert (tmp_path / "messages.jsonl").read_text().count('"RECORD"') > 0
    states = LINE.findall(written)
    assert len(set(states)) > 3
    assert ESCAPE not in written
    lines = screen(written)
    assert lines[-1] == ""
    moving = [line for line in lines if LINE.search(line)]
    assert len(moving) == 1
    assert moving[0].startswith("events: ")
    others = [line for line in lines if line and line not in moving]
    assert others
    assert [line for line in others if not re.match(r"20\d\d-\d\d-\d\d ", line)] == []
    # the line is closed before the sum of the run is logged
    assert "receipt: 2 events" in lines[-2]
    assert re.search(r", (\d+ s|\d+ min) left", written)
    assert "`Charged`" in written


def test_log_lines_are_whole_while_the_line_moves(world):
    world.faults(
        [
            {
                "match": {"kind": "page", "number": 3},
                "action": {"status": 429, "headers": {"Retry-After": "11"}},
            },
            {"match": {"kind": "page"}, "action": {"delay": 0.25}},
        ]
    )
    config = config_for(world, events=["Charged"])
    status, written = on_a_terminal(tap_command(config))
    assert status == 0, written
    warnings = [line for line in screen(written) if "trying again in" in line]
    assert warnings
    assert [
        each for each in warnings if not re.match(r"20\d\d.*trying again in \d+ s$", each)
    ] == []


def test_a_narrow_terminal_gets_a_short_line(world):
    status, written = on_a_terminal(tap_command(config_for(world)), columns=30)
    assert status == 0, written
    moves = [part.rstrip() for part in re.split(r"[\r\n]", written) if part.startswith("events: ")]
    assert moves
    assert max(map(len, moves)) < 30


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": ""}], ids=str)
def test_a_terminal_that_cannot_go_back_gets_no_moving_line(world, environment):
    status, written = on_a_terminal(tap_command(config_for(world)), **environment)
    assert status == 0, written
    assert "rows/s" not in written
    assert ESCAPE not in written
    assert not re.search(r"\r(?!\n)", written)


def test_no_color_has_no_colour(world):
    status, written = on_a_terminal(tap_command(config_for(world)), NO_COLOR="1")
    assert status == 0
    assert ESCAPE not in written
    assert LINE.search(written)


def test_a_terminal_that_goes_away_does_not_end_the_run(world):
    ignoring = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    command = [*ignoring, *tap_command(config_for(world))]
    status, written = on_a_terminal(command, hang_up=True)
    assert LINE.search(written)
    assert status == 0


def test_a_closed_standard_error_does_not_end_the_run(world):
    command = ["sh", "-c", 'exec "$@" 2>&-', "sh", *tap_command(config_for(world))]
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


def test_a_log_gets_a_line_every_half_minute(world, tap_launcher):
    slow_pages(world, 0.25)
    began = time.monotonic()
    output = tap_launcher.run(*tap_command(config_for(world))[1:], speed=FAST)
    seconds = (time.monotonic() - began) * FAST
    assert output.status == 0, output.log
    lines = [line for line in output.log.splitlines() if LINE.search(line)]
    assert 0 < len(lines) <= seconds / 30
    assert all("INFO" in line for line in lines)
    assert ESCAPE not in output.log
    assert "\r" not in output.log


def test_a_log_of_a_short_run_has_none(world, tap_launcher):
    world.clear_faults()
    output = tap_launcher.run(*tap_command(config_for(world))[1:], speed=1)
    assert "rows/s" not in output.log


def test_profiles_are_counted_too(world):
    config = config_for(world, profile_events=["App Launched"])
    status, written = on_a_terminal(tap_command(config))
    assert status == 0, written
    assert re.search(r"profiles: [1-9]\d* rows, [\d,]+ rows/s", written)


def test_known_users_are_counted_too(world, tmp_path):
    people = world.truth(kind="profiles")["profiles"]
    users = tmp_path / "users.txt"
    users.write_text("\n".join(each["identity"] for each in people if each["identity"]))
    world.faults([{"match": {"kind": "profile"}, "action": {"delay": 0.2}}])
    status, written = on_a_terminal(tap_command(config_for(world, known_users_file=str(users))))
    assert status == 0, written
    assert re.search(r"profiles: [1-9]\d* rows, [\d,]+ rows/s", written)


def test_further_streams_are_counted_too(world):
    slow = {"match": {"path": "/v1/contentBlock/list"}, "action": {"delay": 1.0}}
    world.faults([slow])
    status, written = on_a_terminal(tap_command(config_for(world, select=["content_blocks"])))
    assert status == 0, written
    found = re.findall(r"content_blocks: (\d+) rows, ([\d,]+) rows/s", written)
    assert any(int(rows) for rows, _ in found)
    assert any(int(rate.replace(",", "")) for _, rate in found)
    assert "content_blocks: " in screen(written)[-3]


def test_typed_streams_are_counted_together_as_events(world):
    config = config_for(world, stream_layout="per_event")
    status, written = on_a_terminal(tap_command(config))
    assert status == 0, written
    assert len(set(LINE.findall(written))) > 3
    assert not re.search(r"event_\w+: [\d,]+ rows", written)
    rows = [int(each.replace(",", "")) for each in re.findall(r"events: ([\d,]+) rows,", written)]
    assert rows == sorted(rows)
