"""Every run ends with a receipt of what it read, however it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import time
from collections import Counter
from itertools import chain

import pytest

from tests.support.days import days_ago, utc_today
from tests.support.plugin_process import discovered, tap_command, tap_config, write_json
from tests.support.run_output import clean_environment

SIZE = {"timezone": "UTC", "days": 20, "users": 50, "events_per_day": 300, "preparing": 1}
EVENT = "Charged"
NOT_EXPORTED = "Push Impressions"
KEYS = {
    "version",
    "status",
    "account_id",
    "timezone",
    "started_at",
    "finished_at",
    "events",
    "requests",
    "seconds",
}
SECONDS = 60
LONG = 8
"""Characters of a value that is not a number of rows by chance."""
LATER = [*range(4, 1000)]
"""All pages but the first ones."""


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "receipt.json"


def config_for(emulator, path, **more):
    settings = {"timezone": "UTC", "start_date": days_ago(9).isoformat(), "events": [EVENT]}
    return tap_config(emulator, **{**settings, "receipt_path": str(path), **more})


def receipt_of(path):
    receipt = json.loads(path.read_text())
    assert set(receipt) == KEYS
    assert receipt["version"] == 1
    for event in receipt["events"]:
        assert set(event) == {"event_name", "skipped", "days"}
        for day in event["days"]:
            assert set(day) - {"again"} == {"day", "rows", "counted", "twins", "closed"}
    return receipt


def days_of(receipt, name=EVENT):
    (event,) = [each for each in receipt["events"] if each["event_name"] == name]
    return {each["day"]: each for each in event["days"]}


def rows_by_day(output):
    found = Counter(str(row["ts"])[:8] for row in output.events if row["event_name"] == EVENT)
    return {f"{day[:4]}-{day[4:6]}-{day[6:]}": rows for day, rows in found.items()}


def lie_of_a_gap(emulator, true, day):
    """Have both counts say that a day has one row more than it has."""
    counted = {each.replace("-", ""): rows for each, rows in true.items()}
    lied = {"status": "success", "daily": {**counted, day.replace("-", ""): true[day] + 1}}
    count = {"status": "success", "count": true[day] + 1}
    faults = (("trends", lied), ("events", count))
    emulator.faults(
        [
            {"match": {"path": f"/1/counts/{name}"}, "action": {"status": 200, "body": body}}
            for name, body in faults
        ]
    )


def test_the_receipt_has_what_the_run_read(world, launch_tap, path):
    output = launch_tap(config_for(world, path, events=[]))
    assert output.status == 0, output.log
    receipt = receipt_of(path)
    assert receipt["status"] == "complete"
    assert (receipt["account_id"], receipt["timezone"]) == (world.account_id, "UTC")
    read = {day: each["rows"] for day, each in days_of(receipt).items() if each["rows"]}
    assert read == rows_by_day(output)
    days = days_of(receipt)
    assert [*days] == [days_ago(each).isoformat() for each in range(9, -1, -1)]
    today = days.pop(utc_today().isoformat())
    assert (today["closed"], today["counted"]) == (False, None)
    assert all(each["closed"] and each["counted"] == each["rows"] for each in days.values())
    skipped = {each["event_name"]: each["skipped"] for each in receipt["events"]}
    assert "does not export" in skipped[NOT_EXPORTED]
    assert skipped[EVENT] is None
    twins = Counter(row["event_name"] for row in output.events if row["occurrence"])
    assert twins
    for name, number in twins.items():
        assert sum(each["twins"] for each in days_of(receipt, name).values()) == number
    assert len(re.findall(r"receipt: \d+ events, \d+ rows", output.log)) == 1
    total = sum(each["rows"] for event in receipt["events"] for each in event["days"])
    assert f", {total} rows, " in output.log
    assert total == len(output.events)


def test_requests_are_counted_as_they_arrive(world, launch_tap, path):
    world.faults([{"match": {"path": "/1/events.json", "times": 2}, "action": {"status": 503}}])
    output = launch_tap(config_for(world, path, events=[]))
    assert output.status == 0, output.log
    found = Counter()
    for each in world.requests()["requests"]:
        if each["path"].startswith("/1/counts/"):
            found["counts"] += 1
        elif each["path"].startswith("/1/"):
            found["exports" if each["method"] == "POST" else "pages"] += 1
    requests = receipt_of(path)["requests"]
    assert requests.pop("retries") == 2
    assert requests == found


def test_only_its_owner_reads_it_and_it_has_no_personal_data(world, launch_tap, path):
    path.write_text("of an earlier run")
    path.chmod(0o644)
    output = launch_tap(config_for(world, path, profile_events=[EVENT]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert "cursor" not in text
    assert world.passcode not in text
    people = {row["identity"] for row in output.events} | {row["email"] for row in output.events}
    people |= {row["object_id"] for row in output.events}
    people = {each for each in people if each and len(each) >= LONG}
    assert len(people) > 10
    assert [each for each in people if each in text] == []
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_a_gap_is_the_status(world, launch_tap, path, mode):
    true = rows_by_day(launch_tap(config_for(world, path)))
    gap = days_ago(4).isoformat()
    lie_of_a_gap(world, true, gap)
    output = launch_tap(config_for(world, path, verify_counts=mode))
    assert output.status == (1 if mode == "fail" else 0)
    receipt = receipt_of(path)
    assert receipt["status"] == "gap"
    day = days_of(receipt)[gap]
    assert (day["rows"], day["counted"], day["closed"]) == (
        true[gap],
        true[gap] + 1,
        mode == "warn",
    )
    assert ", 1 with a gap" in output.log
    assert day.get("again") == (utc_today().isoformat() if mode == "warn" else None)


def test_a_receipt_has_when_a_gap_is_read_again(world, launch_tap, path, tmp_path):
    day = days_ago(4)
    world.rows(EVENT, int(f"{day:%Y%m%d}"), hide=1)
    config, state, again = config_for(world, path, verify_days=2), None, []
    page = {**config, "receipt_path": str(tmp_path / "receipt.html")}
    for _ in range(2):
        state = launch_tap(config, state=state).state
        again.append(days_of(receipt_of(path))[day.isoformat()]["again"])
    assert again == [utc_today().isoformat(), days_ago(-1).isoformat()]
    launch_tap(page)
    text = (tmp_path / "receipt.html").read_text()
    assert f"fewer rows than counted; read again from {utc_today()}" in text


def closed_by_state(output, name=EVENT):
    """Return the first and the last closed day by the state."""
    partitions = output.state["bookmarks"]["events"]["partitions"]
    (found,) = [each for each in partitions if each["context"]["event_name"] == name]
    return found.get("first_day", "9999"), found.get("replication_key_value", "")


def test_days_after_a_gap_that_fails_the_run_are_not_closed(world, launch_tap, path):
    config = config_for(world, path, window_days=2, max_in_flight=1)
    true = rows_by_day(launch_tap(config))
    lie_of_a_gap(world, true, days_ago(6).isoformat())
    output = launch_tap({**config, "verify_counts": "fail"})
    assert output.status == 1
    days = days_of(receipt_of(path))
    first, last = closed_by_state(output)
    assert last == days_ago(7).isoformat()
    closed = [day for day, each in days.items() if each["closed"]]
    assert closed == [day for day in days if first <= day <= last]
    assert len(days) == 10
    assert f", {len(closed)} days closed" in output.log


def test_days_after_one_that_was_not_read_are_not_closed(world, launch_tap, path):
    refusal = {"status": 200, "body": {"status": "fail", "code": 400, "error": "no"}}
    later = {"status": 503, "headers": {"Retry-After": "60"}}
    pages = {"path": "/1/events.json", "kind": "page"}
    world.faults(
        [
            {"match": {**pages, "number": 1}, "action": later},
            {"match": {**pages, "number": [*range(12, 1000)]}, "action": refusal},
        ]
    )
    config = config_for(world, path, window_days=2, max_in_flight=1, verify_counts="off")
    output = launch_tap(config)
    assert output.status == 1
    days = days_of(receipt_of(path))
    assert any(each["rows"] for each in days.values())
    first, last = closed_by_state(output)
    closed = [day for day, each in days.items() if each["closed"]]
    assert closed == [day for day in days if first <= day <= last]
    assert len(closed) < len(days)


def test_a_run_without_counts_has_none(world, launch_tap, path):
    launch_tap(config_for(world, path, verify_counts="off"))
    receipt = receipt_of(path)
    assert receipt["status"] == "complete"
    assert {day["counted"] for day in days_of(receipt).values()} == {None}


def test_a_failed_run_has_the_rows_so_far(world, launch_tap, path):
    refusal = {"status": 200, "body": {"status": "fail", "code": 400, "error": "no"}}
    pages = {"path": "/1/events.json", "kind": "page", "number": LATER}
    world.faults([{"match": pages, "action": refusal}])
    # One at a time, else the refusal of a page may come before the pages in flight beside it.
    settings = {"page_size": 30, "verify_counts": "off", "max_in_flight": 1}
    output = launch_tap(config_for(world, path, **settings))
    assert output.status == 1
    receipt = receipt_of(path)
    assert receipt["status"] == "failed"
    rows = {day: each["rows"] for day, each in days_of(receipt).items() if each["rows"]}
    assert rows == rows_by_day(output)
    assert rows
    assert not any(each["closed"] for each in days_of(receipt).values())


@pytest.mark.parametrize(
    "settings",
    [
        {"passcode": "wrong"},
        {"timezone": "Nowhere/City"},
        {"page_size": 1},
        {"events": ["No such event"]},
    ],
    ids=str,
)
def test_a_run_that_reads_nothing_has_a_receipt(world, launch_tap, path, settings):
    path.write_text("of an earlier run")
    output = launch_tap(config_for(world, path, **settings))
    assert output.status == 1
    assert receipt_of(path)["status"] == "failed"


def test_profiles_alone_are_a_run_too(world, launch_tap, path):
    config = config_for(world, path, profile_events=[EVENT], events=[])
    catalog = path.with_name("catalog.json")
    command = [*tap_command(config), "--discover"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    for stream in found["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = stream["tap_stream_id"] == "profiles"
    catalog.write_text(json.dumps(found))
    output = launch_tap(config, arguments=("--catalog", str(catalog)))
    assert output.status == 0, output.log
    assert output.profiles
    receipt = receipt_of(path)
    assert (receipt["status"], receipt["events"]) == ("complete", [])
    assert receipt["requests"]["pages"] > 0
    assert "receipt: " not in output.log


# The path


def a_folder(folder):
    (folder / "receipt.json").mkdir()
    return folder / "receipt.json", "it is a folder"


def a_missing_folder(folder):
    return folder / "no" / "receipt.json", "there is no folder"


def a_pipe(folder):
    os.mkfifo(folder / "receipt.json")
    return folder / "receipt.json", "it is not a file"


def a_file_for_a_folder(folder):
    (folder / "file").write_text("")
    return folder / "file" / "receipt.json", "there is no folder"


def a_long_name(folder):
    return folder / ("x" * 300), "File name too long"


def the_file_of_bad_rows(folder):
    return folder / "bad.jsonl", "it is the file of bad_rows_path"


def the_file_of_known_users(folder):
    return folder / "users.txt", "it is the file of known_users_file"


def a_link_to_the_file_of_known_users(folder):
    (folder / "link").symlink_to(folder / "users.txt")
    return folder / "link", "it is the file of known_users_file"


def the_file_of_events(folder):
    return folder / "events.csv", "it is the file of events_file"


def the_folder_of_batches(folder):
    return folder / "batches", "it is the file of batch_config"


def a_name_with_nul(folder):
    return f"{folder}/a\0b", "not a path"


BAD_PATHS = (
    a_folder,
    a_missing_folder,
    a_pipe,
    a_file_for_a_folder,
    a_long_name,
    the_file_of_bad_rows,
    the_file_of_known_users,
    a_link_to_the_file_of_known_users,
    the_file_of_events,
    the_folder_of_batches,
    a_name_with_nul,
    "/proc/receipt.json",
)


@pytest.mark.parametrize("make", BAD_PATHS)
def test_a_path_that_cannot_be_written_ends_the_run_at_its_start(world, launch_tap, tmp_path, make):
    users, events = tmp_path / "users.txt", tmp_path / "events.csv"
    users.write_text("anna\n")
    events.write_text("Event name\nCharged\n")
    path, reason = make(tmp_path) if callable(make) else (make, "")
    output = launch_tap(config_for(world, path, **files_in(tmp_path)))
    assert users.read_text() == "anna\n"
    assert events.read_text().endswith("Charged\n")
    assert output.status == 1
    assert "receipt_path: `" in output.log
    assert f"cannot be written ({reason}" in output.log
    assert not output.lines
    assert not world.requests()["requests"]


def files_in(folder):
    """Return settings of all files and folders of a run."""
    storage = {"root": f"file://{folder}/batches"}
    return {
        "bad_rows": "skip",
        "bad_rows_path": str(folder / "bad.jsonl"),
        "known_users_file": str(folder / "users.txt"),
        "events_file": str(folder / "events.csv"),
        "batch_config": {
            "encoding": {"format": "jsonl", "compression": "none"},
            "storage": storage,
        },
    }


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
@pytest.mark.parametrize("setting", ["receipt_path", "bad_rows_path"])
def test_a_file_of_the_command_line_is_not_written_to(
    world, tap_launcher, tmp_path, option, setting
):
    path = tmp_path / "given.json"
    config = config_for(world, tmp_path / "receipt.json", bad_rows="skip", **{setting: str(path)})
    catalog = discovered() if option == "--catalog" else {}
    path.write_text(json.dumps(config if option == "--config" else catalog))
    before = path.read_text()
    given = {"--config": write_json(config), option: str(path)}
    output = tap_launcher.run(*chain.from_iterable(given.items()), speed=10)
    assert path.read_text() == before
    assert output.status == 1
    assert f"{setting}: `{path}`" in output.log
    assert f"it is the file of {option}" in output.log or f"is the file of {option};" in output.log
    assert not world.requests()["requests"]


def test_a_link_to_the_file_stays(world, launch_tap, tmp_path):
    (tmp_path / "kept").mkdir()
    link = tmp_path / "latest.json"
    link.symlink_to(tmp_path / "kept" / "receipt.json")
    launch_tap(config_for(world, link))
    assert link.is_symlink()
    assert receipt_of(link)["status"] == "complete"


def test_a_receipt_that_cannot_be_written_at_the_end_hides_no_result(world, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    world.faults([{"match": {"path": "/1/events.json", "times": 1}, "action": {"delay": 2.0}}])
    command = tap_command(config_for(world, folder / "receipt.json"))
    process = started(command)
    wait_for_requests(world)
    folder.rmdir()
    out, log = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, log
    assert '"type":"STATE"' in out.splitlines()[-1]
    assert "receipt_path: `" in log
    assert "so this run has no receipt" in log
    assert log.index("receipt: 1 events, ") < log.index("receipt_path: `")
    assert "Traceback" not in log


def started(command):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=clean_environment(), **pipes)


def wait_for_requests(world):
    until = time.monotonic() + SECONDS
    while not world.requests()["requests"]:
        assert time.monotonic() < until
        time.sleep(0.1)


# Signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_a_receipt(world, path, number):
    # every page waits, so that the signal comes while rows are read
    pages = {"path": "/1/events.json", "kind": "page", "number": LATER}
    world.faults([{"match": pages, "action": {"delay": 0.2}}])
    command = tap_command(config_for(world, path, page_size=30, events=[]))
    with started(command) as process:
        lines = [process.stdout.readline() for _ in range(40)]
        process.send_signal(number)
        lines += process.stdout.readlines()
        assert process.wait(SECONDS) == 128 + number, process.stderr.read()
    messages = [json.loads(line) for line in lines]
    receipt = receipt_of(path)
    assert receipt["status"] == "failed"
    records = [each for each in messages if each["type"] == "RECORD"]
    rows = sum(day["rows"] for event in receipt["events"] for day in event["days"])
    assert rows >= len(records) > 0


def test_a_signal_while_the_target_reads_nothing_leaves_a_receipt(world, tap_launcher, tmp_path):
    path, pipe = tmp_path / "receipt.json", tmp_path / "pipe"
    os.mkfifo(pipe)
    unread = os.open(pipe, os.O_RDWR)
    try:
        config = config_for(world, path, events=[])
        arguments = tap_command(config)[1:]
        tap_launcher.start(*arguments, stdout=str(pipe), speed=10)
        wait_for_requests(world)
        time.sleep(2)  # until the pipe is full
        os.kill(tap_launcher.pid, signal.SIGTERM)
        status, log = tap_launcher.ended()
    finally:
        os.close(unread)
    assert status == 128 + signal.SIGTERM, log
    receipt = receipt_of(path)
    assert receipt["status"] == "failed"
    assert sum(day["rows"] for event in receipt["events"] for day in event["days"]) > 0


def test_a_target_that_ends_leaves_a_failed_run(world, path):
    command = tap_command(config_for(world, path, events=[]))
    with started(command) as process:
        process.stdout.readline()
        process.stdout.close()
        log = process.stderr.read()
        assert process.wait(SECONDS) == 1
    assert "closed the pipe" in log
    assert receipt_of(path)["status"] == "failed"
