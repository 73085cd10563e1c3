"""Users of `known_users_file` come out as from an export, each once, and no log names them."""

from __future__ import annotations

import os
import re

import pytest

from tests.support.plugin_process import discovered, tap_config, write_json

PATH = "/1/profile.json"
DAYS = {"start_date": "2026-08-27", "end_date": "2026-08-31", "timezone": "Asia/Kolkata"}


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(today="2026-08-31", days=5, users=120, events_per_day=300)


@pytest.fixture(scope="module")
def only_profiles():
    catalog = discovered()
    for stream in catalog["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = stream["tap_stream_id"] == "profiles"
    return write_json(catalog)


@pytest.fixture
def read(launch_tap, emulator, only_profiles, tmp_path):
    """Read the profiles of a file."""

    def read(content, **settings):
        path = tmp_path / "users.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        emulator.reset()
        emulator.faults(settings.pop("faults", []))
        for each in settings.pop("uploaded", []):
            profile = {"type": "profile", "identity": each, "profileData": {"Plan": "Gold"}}
            assert emulator.api("POST", "/1/upload", json={"d": [profile]}).json()["processed"] == 1
        config = tap_config(emulator, **{"known_users_file": str(path), **DAYS, **settings})
        return launch_tap(config, arguments=("--catalog", only_profiles))

    return read


@pytest.fixture(scope="module")
def known(emulator):
    profiles = emulator.truth(kind="profiles")["profiles"]
    return [each["identity"] for each in profiles if each["identity"]]


def is_named(identities, log):
    """Say whether a log names one of them; four characters may be part of a time or a number."""
    return any(identity in log for identity in identities if len(identity) > 4)


def lookups(emulator):
    return [each for each in emulator.requests()["requests"] if each["path"] == PATH]


def identities(output):
    assert output.status == 0, output.log
    return [each["identity"] for each in output.profiles]


def test_the_record_is_the_one_of_an_export(read, known, emulator):
    by_export = {each["identity"]: each for each in read("nobody", profile_events=["*"]).profiles}
    some = [each for each in known if each in by_export][:40]
    output = read("\n".join(some))
    assert sorted(identities(output)) == sorted(some)
    assert {each["identity"]: each for each in output.profiles} == {
        identity: by_export[identity] for identity in some
    }
    assert emulator.requests()["max_in_flight"]["reads"] <= 3


@pytest.mark.parametrize("in_flight", [1, 2])
def test_no_more_requests_are_in_flight_than_max_in_flight(read, known, emulator, in_flight):
    slow = [{"match": {"path": PATH}, "action": {"delay": 0.02}}]
    output = read("\n".join(known), max_in_flight=in_flight, faults=slow)
    assert sorted(identities(output)) == sorted(known)
    assert emulator.requests()["max_in_flight"]["reads"] == in_flight


def test_a_user_of_an_export_is_not_asked_for_again(read, known, emulator):
    output = read("\n".join(known), profile_events=["*"])
    keys = [each["profile_key"] for each in output.profiles]
    assert len(set(keys)) == len(keys)
    assert set(known) <= set(identities(output))
    alone = read("nobody", profile_events=["*"])
    assert len(lookups(emulator)) == 1
    read("\n".join(known), profile_events=["*"])
    assert len(lookups(emulator)) == len(set(known) - set(identities(alone)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("\ufeffa+b@example.com\r\n\r\n+4915112345\r\n", 2, id="bom, crlf, plus"),
        pytest.param("  anna maria \n\tanna maria\nanna maria", 1, id="spaces, duplicates"),
        pytest.param("größe%2B&x=1#y\n".encode("utf-16"), 1, id="utf-16, reserved characters"),
    ],
)
def test_lines_are_read_as_people_write_them(read, emulator, content, expected):
    users = ["a+b@example.com", "+4915112345", "anna maria", "größe%2B&x=1#y"]
    output = read(content, uploaded=users)
    assert len(identities(output)) == expected == len(lookups(emulator))
    assert set(identities(output)) <= set(users)
    assert "unknown" not in output.log


def test_a_bad_byte_late_in_the_file_ends_the_run_before_anything_is_read(read, known, emulator):
    output = read("\n".join(known * 200).encode() + b"\n\xff\n")
    assert output.status == 1
    assert "is not UTF-8 or UTF-16 text" in output.log
    assert not output.profiles
    assert not lookups(emulator)


def test_unknown_users_are_counted_and_said_once(read, known):
    other_words = {"status": "fail", "error": "No profile exists", "code": 400}
    found_nothing = {"status": "success"}
    faults = [
        {"match": {"path": PATH, "number": 1}, "action": {"status": 400, "body": other_words}},
        {"match": {"path": PATH, "number": 2}, "action": {"status": 200, "body": found_nothing}},
        {"match": {"path": PATH, "number": 3}, "action": {"status": 404, "html": True}},
    ]
    lines = ["nobody@example.com", *known[:5], "nobody-else", "nobody@example.com"]
    output = read("\n".join(lines), faults=faults)
    assert set(identities(output)) < set(known[:5])
    assert output.log.count("known_users_file") == 1
    unknown = 7 - len(output.profiles)
    assert 3 <= unknown <= 5
    assert f"{unknown} of the 7 users that were asked for are unknown" in output.log
    assert "nobody" not in output.log


def test_failures_are_retried_and_no_log_names_a_user(read, known):
    faults = [
        {"match": {"path": PATH, "number": 1}, "action": {"status": 503}},
        {"match": {"path": PATH, "number": 2}, "action": {"cut": "before"}},
        {"match": {"path": PATH, "number": 3}, "action": {"empty": True}},
        {"match": {"path": PATH, "number": 4}, "action": {"reset_code2": 1}},
    ]
    output = read("\n".join(known[:10]), faults=faults)
    assert sorted(identities(output)) == sorted(known[:10])
    assert not is_named(known, output.log)


def test_a_refused_request_ends_the_run_with_its_line(read, known):
    body = {"status": "fail", "error": f"Bad identity {known[3]}", "code": 400}
    faults = [{"match": {"path": PATH, "number": 4}, "action": {"status": 400, "body": body}}]
    output = read("\n" + "\n".join(known[:6]), faults=faults)
    assert output.status == 1
    message = r"known_users_file: the profile of line [2-7] is not there \(HTTP 400, code 400"
    assert re.search(message, output.log)
    assert len(known[3]) > 4
    assert not is_named(known[:6], output.log)
    assert len(output.profiles) < 6


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "has no identity"), (b"\r\n \n\t\n", "has no identity"), (b"\xe9\xff", "not UTF-8")],
)
def test_a_file_without_identities_is_refused_before_anything_is_read(
    read, emulator, content, reason
):
    output = read(content)
    assert (output.status, output.records) == (1, {})
    assert reason in output.log
    assert emulator.requests()["requests"] == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("x" * 1024, id="1024"),
        pytest.param("x" * (1 << 20), id="a megabyte"),
        pytest.param("ü" * (1 << 20), id="two megabytes"),
        pytest.param(" " * (1 << 20), id="spaces"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_identity_that_is_too_long_is_refused_with_its_line(read, emulator, line, encoding):
    output = read(f"anna\n\n{line}\nberta".encode(encoding))
    assert (output.status, output.records) == (1, {})
    assert re.search(r"known_users_file: line 3 of `.*` has more than the 1023 char", output.log)
    assert emulator.requests()["requests"] == []


def test_the_longest_identity_is_asked_for(read):
    longest = "ü" * 1023
    assert identities(read(f"  {longest}\n", uploaded=[longest])) == [longest]


def test_what_is_not_a_file_is_refused(read, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, reason in [
        (tmp_path / "none.txt", "cannot be read (No such file or directory); fix the path"),
        (tmp_path, "is not a file"),
        (pipe, "is not a file"),
    ]:
        output = read("x", known_users_file=str(path))
        assert output.status == 1
        assert f"known_users_file: `{path}` {reason}" in output.log


def test_the_bookmark_is_the_one_of_the_events(read, known):
    with_file = read(known[0], profile_events=["Charged"]).state
    without = read(known[1], profile_events=["Charged"]).state
    assert with_file == without
    assert with_file["bookmarks"]["profiles"]["replication_key_value"]
    assert "replication_key_value" not in read(known[0]).state["bookmarks"]["profiles"]
