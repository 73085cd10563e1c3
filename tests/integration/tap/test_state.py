"""The state is true, and the next run continues from it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest

from tap_clevertap._plugin.signals import SAME_REQUEST_SECONDS
from tests.support.plugin_process import discovered, run_tap, tap_command, tap_config, write_json
from tests.support.run_output import Output, clean_environment

SIZE = {"timezone": "UTC", "days": 20, "users": 50, "events_per_day": 200, "preparing": 0}


def days_ago(days):
    return (datetime.now(timezone.utc).date() - timedelta(days)).isoformat()


@pytest.fixture
def world(start_emulator):
    return start_emulator(**SIZE)


def keys_of(*outputs):
    return sorted(row["event_key"] for output in outputs for row in output.events)


def closed_days(output):
    partitions = output.state["bookmarks"]["events"]["partitions"]
    read = (each for each in partitions if "replication_key_value" in each)
    return {each["context"]["event_name"]: each["replication_key_value"] for each in read}


def opened(emulator):
    return [each for each in emulator.requests()["requests"] if each["kind"] == "open"]


def config_for(emulator, **more):
    return tap_config(emulator, timezone="UTC", start_date=days_ago(19), page_size=500, **more)


def test_the_second_run_reads_the_look_back_and_today_only(world):
    first = run_tap(config_for(world))
    assert set(closed_days(first).values()) == {days_ago(1)}
    world.reset()
    second = run_tap(config_for(world), state=first.state)
    readable = [each for each in opened(world) if each["event_name"] in closed_days(first)]
    assert {each["from"] for each in readable} == {int(days_ago(1).replace("-", ""))}
    keys = [row["event_key"] for row in second.events]
    assert set(keys) < {row["event_key"] for row in first.events}
    assert len(keys) == len(set(keys))
    assert second.state == first.state


def test_full_table_in_the_catalog_reads_everything_whatever_the_state_says(world):
    first = run_tap(config_for(world))
    catalog = discovered()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    second = run_tap(
        config_for(world), state=first.state, arguments=("--catalog", write_json(catalog))
    )
    assert second.status == 0, second.log
    assert {row["event_key"] for row in second.events} == {row["event_key"] for row in first.events}
    assert second.state == first.state


def test_an_earlier_start_reads_again_from_there_and_says_so_once(world):
    later = {**config_for(world), "start_date": days_ago(5)}
    first = run_tap(later)
    second = run_tap(config_for(world), state=first.state)
    assert second.log.count("is before the first day ever read") == 1
    everything = run_tap(config_for(world))
    assert keys_of(second) == keys_of(everything)
    assert closed_days(second) == closed_days(everything)


def test_an_event_without_rows_advances_too(world):
    config = config_for(world, events=["Quiet Event"], end_date=days_ago(3))
    config["start_date"] = days_ago(4)
    world.api("POST", "/1/upload", json={"d": [quiet_event()]})
    output = run_tap(config)
    assert output.status == 0, output.log
    assert output.events == []
    assert closed_days(output) == {"Quiet Event": days_ago(3)}


def quiet_event():
    now = int(time.time()) - 60
    return {"type": "event", "identity": "q", "ts": now, "evtName": "Quiet Event", "evtData": {}}


def test_a_changed_time_zone_is_refused_with_advice(world):
    first = run_tap(config_for(world))
    output = run_tap({**config_for(world), "timezone": "Asia/Kolkata"}, state=first.state)
    assert output.status == 1
    assert "Asia/Kolkata" in output.log
    assert "full-refresh" in output.log
    assert output.events == []


def test_profiles_keep_one_bookmark_set_after_all_of_their_events(world):
    config = config_for(world, events=["Charged"], profile_events=["App Launched", "Charged"])
    first = run_tap(config)
    profiles = first.state["bookmarks"]["profiles"]
    assert profiles["replication_key_value"] == days_ago(1)
    assert {row["seen_through"] for row in first.profiles} == {days_ago(0)}
    world.reset()
    run_tap(config, state=first.state)
    assert {each["from"] for each in opened(world)} == {int(days_ago(1).replace("-", ""))}


def test_a_new_profile_event_is_read_from_the_start(world):
    config = config_for(world, events=["Charged"], profile_events=["Charged"])
    first = run_tap(config)
    world.reset()
    config["profile_events"] = ["Charged", "App Launched"]
    run_tap(config, state=first.state)
    starts = {each["from"] for each in opened(world) if each["event_name"] == "App Launched"}
    assert min(starts) == int(days_ago(19).replace("-", ""))


def until_it_reads(emulator, pages=4, seconds=60):
    """Wait until so many pages were asked for."""
    until = time.monotonic() + seconds
    while sum(each["kind"] == "page" for each in emulator.requests()["requests"]) < pages:
        assert time.monotonic() < until
        time.sleep(0.02)


def interrupted(config, *signals):
    """Interrupt a run at its first record; return what it wrote in whole lines, and the rest."""
    process = subprocess.Popen(
        tap_command(config),
        bufsize=0,  # communicate goes on from where the loop ends
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    begun = b""
    while b'"RECORD"' not in begun and (line := process.stdout.readline()):
        begun += line
    for each in signals:
        process.send_signal(each)
        time.sleep(0.02)
    stdout, stderr = process.communicate(timeout=30)
    output = Output(process.returncode, stderr.decode())
    whole, _, rest = (begun + stdout).rpartition(b"\n")
    for line in whole.splitlines():
        output.read(line.decode())
    return output, rest


@pytest.mark.parametrize(
    "signals",
    [
        [signal.SIGTERM],
        [signal.SIGINT],
        [signal.SIGHUP],
        [signal.SIGHUP, signal.SIGINT, signal.SIGTERM],  # in this order also if they come as one
    ],
    ids=str,
)
def test_a_signal_finishes_the_line_writes_the_true_state_and_sets_the_status(
    start_emulator, signals
):
    emulator = start_emulator(**SIZE, latency_ms=50)
    config = config_for(emulator)
    output, rest = interrupted(config, *signals)
    assert output.status == 128 + signals[0], output.log
    assert f"ended by signal {signals[0]:d};" in output.log
    assert rest == b""
    assert "Traceback" not in output.log
    assert output.events
    continued = run_tap(config, state=output.state)
    assert set(keys_of(output, continued)) == set(keys_of(run_tap(config)))
    assert len(keys_of(continued)) == len(set(keys_of(continued)))


def test_no_new_export_is_opened_while_standard_output_blocks(start_emulator):
    emulator = start_emulator(**SIZE)
    process = subprocess.Popen(
        tap_command(config_for(emulator)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    try:
        until_it_reads(emulator, pages=1)
        asked, before = 1, 0
        while asked > before:
            time.sleep(3)
            asked, before = len(emulator.requests()["requests"]), asked
        assert 0 < len(opened(emulator)) <= 10
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def test_today_is_never_closed(world):
    output = run_tap(config_for(world))
    assert max(closed_days(output).values()) < days_ago(0)


def test_a_reader_that_goes_away_ends_the_run_with_one_line(world):
    process = subprocess.Popen(
        tap_command(config_for(world)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    process.stdout.readline()
    process.stdout.close()
    log = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(timeout=30) == 1
    assert "the target closed the pipe" in log
    assert "Traceback" not in log


def test_profiles_of_an_event_that_was_left_out_are_read_later_from_the_start(start_emulator):
    events = ["Charged", "App Uninstalled"]
    first = start_emulator(**SIZE, unexportable="Charged")
    config = {"profile_events": events, "events": ["Search"]}
    before = run_tap(config_for(first, **config))
    assert before.state["bookmarks"]["profiles"]["events"] == ["App Uninstalled"]
    second = start_emulator(**SIZE, unexportable="")
    after = run_tap(config_for(second, **config), state=before.state)
    whole = run_tap(config_for(second, **config))
    read = {row["profile_key"] for row in [*before.profiles, *after.profiles]}
    assert read == {row["profile_key"] for row in whole.profiles}


def test_profiles_of_an_event_that_is_left_out_half_way_have_no_bookmark(world):
    refused = {"status": "fail", "error": "Export not allowed for event", "code": 400}
    second = {"kind": "open", "path": "/1/profiles.json", "number": 2}
    world.faults([{"match": second, "action": {"status": 200, "body": refused}}])
    output = run_tap(config_for(world, events=["Search"], profile_events=["App Launched"]))
    assert "`App Launched` is left out" in output.log
    assert output.profiles
    assert "replication_key_value" not in output.state["bookmarks"]["profiles"]


def test_days_that_nobody_read_between_two_runs_are_read_by_a_later_one(world):
    config = config_for(world, profile_events=["App Launched"])
    early = run_tap({**config, "end_date": days_ago(15)})
    catalog = discovered()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    arguments = ("--catalog", write_json(catalog))
    late = run_tap({**config, "start_date": days_ago(5)}, state=early.state, arguments=arguments)
    last = run_tap(config, state=late.state)
    read = {row["event_key"] for output in (early, late, last) for row in output.events}
    assert read == {row["event_key"] for row in run_tap(config).events}
    assert late.state["bookmarks"]["profiles"]["first_day"] == days_ago(5)
    assert last.state["bookmarks"]["profiles"]["first_day"] == days_ago(19)


def test_an_output_that_takes_little_at_a_time_gets_every_line_whole(world):
    config = config_for(world, profile_events=["*"])
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = subprocess.Popen(
        tap_command(config),
        stdout=writing,
        stderr=subprocess.DEVNULL,
        env=clean_environment(PYTHONUNBUFFERED="1"),
    )
    os.close(writing)
    output = Output(0, "")
    with os.fdopen(reading) as pipe:
        for line in pipe:
            output.read(line.rstrip("\n"))
            time.sleep(0.0002)
    assert process.wait(timeout=30) == 0
    assert keys_of(output) == keys_of(run_tap(config))


def test_profiles_of_which_nothing_was_read_have_no_bookmark(start_emulator):
    emulator = start_emulator(**SIZE, unexportable="App Launched")
    config = config_for(emulator, events=["Search"], profile_events=["App Launched"])
    output = run_tap(config)
    assert output.status == 0
    assert "`App Launched` is left out" in output.log
    assert "replication_key_value" not in output.state["bookmarks"]["profiles"]


@pytest.fixture
def unread(world):
    """A run whose output nobody reads."""
    process = subprocess.Popen(
        tap_command(config_for(world)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    until_it_reads(world)
    yield process
    process.kill()
    process.communicate()


def test_a_signal_ends_a_run_whose_output_nobody_reads(unread):
    unread.send_signal(signal.SIGTERM)
    assert unread.wait(timeout=30) == 128 + signal.SIGTERM
    assert b"ended by signal 15;" in unread.stderr.read()


def test_a_signal_much_later_than_the_first_ends_it_at_once(unread):
    unread.send_signal(signal.SIGINT)
    time.sleep(SAME_REQUEST_SECONDS + 0.2)
    unread.send_signal(signal.SIGTERM)
    assert unread.wait(timeout=30) == -signal.SIGTERM


def test_a_reader_that_the_same_signal_ended_changes_nothing(unread):
    unread.send_signal(signal.SIGINT)
    unread.stdout.close()
    assert unread.wait(timeout=30) == 128 + signal.SIGINT
    log = unread.stderr.read()
    assert b"ended by signal 2;" in log
    assert b"Traceback" not in log


def test_nohup_keeps_a_run_going_when_its_session_closes(world):
    command = ["nohup", *tap_command(config_for(world))]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    )
    until_it_reads(world)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
