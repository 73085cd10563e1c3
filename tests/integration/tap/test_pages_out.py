"""Pages become lines in the order they came, in one process, and days close behind them."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import psutil
import pytest

from tests.integration.tap.odd_server import DAY, pages, rows, run, serving
from tests.support.plugin_process import tap_command, write_json
from tests.support.run_output import clean_environment

MAPPED = {"stream_maps": {"*": {"more": "identity"}}}
WAYS = pytest.mark.parametrize("way", [{}, MAPPED], ids=["plain", "mapped"])
NAMES = ("Charged", "Search")
PAGE_BYTES = 3 << 20


def numbers(output, name="Charged"):
    return [row["event_props"]["N"] for row in output.events if row["event_name"] == name]


def closed_in(state):
    partitions = state["bookmarks"].get("events", {}).get("partitions", [])
    return {
        each["context"]["event_name"]
        for each in partitions
        if each.get("replication_key_value") == DAY
    }


@WAYS
def test_rows_leave_in_the_order_they_came(tap_launcher, way):
    contents = [rows(0, 1200), rows(1200, 1), rows(1201, 700), rows(1901, 99)]
    with serving(pages(*contents), names=NAMES) as server:
        output = run(tap_launcher, server, **way)
    assert output.status == 0, output.log
    for name in NAMES:
        assert numbers(output, name) == [*range(2000)]


@WAYS
def test_a_day_is_closed_behind_its_last_line(tap_launcher, way):
    served = pages(rows(0, 700), rows(700, 700))

    def page(name, place):
        if name == "Search":
            time.sleep(0.3)
        return served(name, place)

    with serving(page, names=NAMES) as server:
        output = run(tap_launcher, server, **way)
    assert output.status == 0, output.log
    written, closed = dict.fromkeys(NAMES, 0), []
    for message in map(json.loads, output.lines):
        if message["type"] == "RECORD":
            written[message["record"]["event_name"]] += 1
        elif message["type"] == "STATE":
            closed.append(closed_in(message["value"]))
            assert all(written[name] == 1400 for name in closed[-1])
    assert {"Charged"} in closed, "the state followed the run's end only"
    assert closed[-1] == set(NAMES)


@WAYS
def test_what_came_before_a_page_that_cannot_be_read_is_written(tap_launcher, way):
    odd = [*rows(700, 30), *rows(730, 1, ts="yesterday")]
    with serving(pages(rows(0, 700), odd, rows(731, 30))) as server:
        output = run(tap_launcher, server, **way)
    assert output.status == 1
    assert numbers(output)[:700] == [*range(700)]
    assert len(numbers(output)) <= 730
    assert not any(map(closed_in, output.states))


@WAYS
def test_twins_are_numbered_over_pages_and_apart_for_each_event(tap_launcher, way):
    contents = [[*rows(0, 30), *rows(7, 2)], rows(7, 1)]
    with serving(pages(*contents), names=NAMES) as server:
        kept = run(tap_launcher, server, **way)
        merged = run(tap_launcher, server, duplicates="merge", **way)
    for name in NAMES:
        twins = [
            row["occurrence"]
            for row in kept.events
            if row["event_name"] == name and row["event_props"]["N"] == 7
        ]
        assert twins == [0, 1, 2]
        assert numbers(merged, name) == [*range(30)]
    assert len({row["event_key"] for row in kept.events}) == 2 * 33


def test_a_signal_ends_the_run_in_the_midst_of_a_page():
    with serving(pages(rows(0, 5000))) as server:
        process = subprocess.Popen(
            tap_command(server.config()),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            bufsize=0,  # a line that is read takes no more out of the pipe
        )
        while b'"RECORD"' not in process.stdout.readline():
            assert process.poll() is None
        process.terminate()  # more than the pipe holds is still to be written
        rest, log = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, log
    *lines, last = map(json.loads, rest.splitlines())
    assert {each["type"] for each in lines} == {"RECORD"}
    assert len(lines) < 1000
    assert last["type"] == "STATE"
    assert not closed_in(last["value"])


def test_a_run_is_one_process(tap_launcher):
    served, children = pages(*(rows(n * 30, 30) for n in range(3))), []

    def page(name, place):
        children.extend(psutil.Process(tap_launcher.pid).children())
        return served(name, place)

    with serving(page) as server:
        output = run(tap_launcher, server)
    assert output.status == 0, output.log
    assert numbers(output) == [*range(90)]
    assert children == []


def peak_of(launcher, count):
    """Return the bytes that a run of so many pages holds at most."""
    source = {"utm_source": "x" * (PAGE_BYTES // 3000)}

    def page(name, place):
        following = {"next_cursor": f"{name}|{place + 1}"} if place + 1 < count else {}
        return {"records": rows(place * 3000, 3000, session_props=source), **following}

    with serving(page) as server:
        written = str(launcher.folder / "output")
        launcher.start("--config", write_json(server.config()), stdout=written, speed=20.0)
        assert launcher.ended()[0] == 0
    return launcher.largest_kilobytes * 1024


def test_more_pages_take_no_more_memory(tap_launcher):
    assert peak_of(tap_launcher, 24) - peak_of(tap_launcher, 8) < 8 * PAGE_BYTES
