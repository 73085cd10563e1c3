"""Nothing that is secret or about a person is in what the tap leaves, but for its records."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import pytest

from tests.integration.privacy import marks

SIZE = {
    "timezone": "UTC", "days": 1, "users": 10, "events_per_day": 20, "preparing": 0,
    "account_id": marks.ACCOUNT, "passcode": marks.PASSCODE,
}  # fmt: skip
SETTINGS = {
    "timezone": "UTC", "events": ["Bought"], "profile_events": ["Bought"], "page_size": 23,
    "max_in_flight": 1,
}  # fmt: skip
PAGE, OPEN = {"kind": "page"}, {"kind": "open"}


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(**SIZE)


@pytest.fixture
def tap(emulator, tap_launcher, tmp_path):
    emulator.reset()
    marks.upload(emulator)
    return marks.Place(tap_launcher, emulator, tmp_path, own=("batch-",), given=SETTINGS)


def fault(match, **action):
    return {"match": match, "action": action}


def answering(body, match=None, status=200):
    return fault({**(match or PAGE), "times": 1}, status=status, body=body)


def error_body(**error):
    return {"status": "fail", "error": "zq7 zq7@example.org", **error}


RECOVERED = {
    "nothing": [],
    "faults of pages": [
        fault({**PAGE, "number": 2}, status=503),
        fault({**PAGE, "number": 3}, cut="after"),
        fault({**PAGE, "number": 4}, expire_cursor=True),
        fault({**PAGE, "number": 5}, html=True),
        fault({**PAGE, "number": 6}, truncate=3000),
        fault({**PAGE, "number": 7}, clip=3000),
        fault({**PAGE, "number": 8}, delay=4),
        fault({**PAGE, "number": 9}, repeat_cursor=True),
    ],
    "a cursor that is none": [answering({"status": "success", "cursor": "zq7%2Bzq7"}, OPEN)],
    "a row of marks": [answering(marks.marked_rows())],
    "an odd row": [answering(marks.marked_rows(event_props="zq7", profile={"name": ["zq7"]}))],
}
STOPPED = {
    "403": [answering(error_body(), status=403)],
    "401": [answering(error_body(code=401), status=401)],
    "400": [answering(error_body(), status=400)],
    "a code nobody knows": [answering(error_body(code=9999))],
    "a ts that is none": [answering(marks.marked_rows(ts="zq7"))],
    "records that are none": [answering({"status": "success", "records": ["zq7"]})],
    "a redirect": [fault(PAGE, status=302, headers={"Location": "http://zq7:zq7@localhost/zq7"})],
    "an event it does not know": [answering(error_body(error="Invalid event zq7"), OPEN)],
}


@pytest.mark.parametrize("faults", RECOVERED.values(), ids=RECOVERED)
def test_a_run_that_ends_well_tells_nothing(tap, faults):
    tap.emulator.faults(faults)
    status, log = tap.run("--config", tap.config(request_timeout=30))
    assert status == 0, log
    assert "DEBUG" in log
    assert tap.emulator.fired() == [1] * len(faults)
    assert marks.found((tap.folder / "work" / "stdout").read_bytes())
    assert tap.leaks() == []


@pytest.mark.parametrize("faults", STOPPED.values(), ids=STOPPED)
def test_a_run_that_stops_tells_nothing(tap, faults):
    tap.emulator.faults(faults)
    status, log = tap.run("--config", tap.config())
    assert status == 1, log
    assert tap.leaks() == []


WRONG = {
    "passcode": {"passcode": "zq7-wrong"},
    "account": {"account_id": "ZQ7-wrong"},
    "passcode's type": {"passcode": {"zq7": "zq7"}},
    "account's type": {"account_id": ["zq7"]},
    "passcode's letters": {"passcode": "zq7 zq7\n"},
    "credentials in the address": {"api_url": "https://zq7:zq7@api.clevertap.com/zq7"},
    "address's type": {"api_url": ["https://zq7:zq7@api.clevertap.com"]},
    "a stream map on a value": {"stream_maps": {"events": {"amount": "int(identity)"}}},
    "batches nowhere": {
        "batch_config": {
            "encoding": {"format": "jsonl"},
            "storage": {"root": "s3://zq7:zq7@bucket/zq7"},
        }
    },
    "batches of a wrong type": {"batch_config": {"storage": {"root": ["zq7"]}}},
    "a host that is none": {"api_url": "http://127.0.0.1:9"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_reported_without_what_it_holds(tap, wrong):
    status, log = tap.run("--config", tap.config(**wrong))
    assert status == 1, log
    assert tap.leaks() == []


@pytest.mark.parametrize("argument", ["--about", "--discover", "--test"])
def test_what_the_tap_says_of_itself_holds_no_secret(tap, argument):
    status, log = tap.run("--config", tap.config(), argument)
    assert status == 0, log
    assert tap.leaks() == []


def test_files_that_are_none_are_reported_without_what_they_hold(tap):
    broken = tap.folder.parent / "broken.json"
    broken.write_text('{"passcode": "zq7-passcode", "bookmarks": {"zq7"')
    good = tap.config()
    for arguments in (
        ("--config", str(broken)),
        ("--config", good, "--state", str(broken)),
        ("--config", good, "--catalog", str(broken)),
    ):
        status, _ = tap.run(*arguments)
        assert status == 1
        assert tap.leaks() == []


def test_batches_are_named_and_nothing_else_of_them_is_reported(tap):
    root = f"file://{tap.folder}/work"
    storage = {"encoding": {"format": "jsonl"}, "storage": {"root": root, "prefix": "batch-"}}
    status, log = tap.run("--config", tap.config(batch_config=storage))
    assert status == 0, log
    assert list(tap.folder.glob("work/batch-*"))
    assert tap.leaks() == []


def kill(pid, *, signum, emulator):
    until = time.monotonic() + 60
    while not any(each["kind"] == "page" for each in emulator.requests()["requests"]):
        assert time.monotonic() < until, "no page was asked for"
        time.sleep(0.02)
    os.kill(pid, signum)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_leaves_nothing_behind(tap, signum):
    tap.emulator.faults([fault({**PAGE, "number": [3, 4, 5]}, delay=2)])
    until = partial(kill, signum=signum, emulator=tap.emulator)
    status, log = tap.run("--config", tap.config(), until=until)
    assert status == (-signum if signum == signal.SIGKILL else 128 + signum), log
    assert tap.leaks() == []


def test_an_output_that_is_full_is_reported_and_nothing_else(tap):
    status, log = tap.run("--config", tap.config(), stdout="/dev/full")
    assert status == 1
    assert "No space left" in log
    assert tap.leaks() == []


CHECKED = {
    "all is well": ({}, []),
    "a wrong passcode": ({"passcode": "zq7-wrong"}, []),
    "a wrong account": ({"account_id": "ZQ7-wrong"}, []),
    "a type that is wrong": ({"passcode": {"zq7": "zq7"}}, []),
    "an address with credentials": ({"api_url": "https://zq7:zq7@api.clevertap.com/zq7"}, []),
    "words of CleverTap": ({}, [fault({}, status=400, body=error_body(code=400))]),
    "a cursor that is lost": ({}, [fault(PAGE, expire_cursor=True)]),
    "rows of marks": ({}, [answering(marks.marked_rows(ts="zq7"))]),
    "rows that are none": ({}, [answering({"status": "success", "records": ["zq7"]})]),
    "a count of marks": (
        {}, [fault({"kind": "count"}, status=200, body={"status": "success", "count": "zq7"})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("output_format", ["text", "json"])
@pytest.mark.parametrize(("changed", "faults"), CHECKED.values(), ids=CHECKED)
def test_a_check_shows_nothing_but_names(tap, changed, faults, output_format):
    tap.emulator.faults(faults)
    given = tap.config(**changed)
    status, log = tap.run("check", "--config", given, "--format", output_format)
    assert status in {0, 1}, log
    assert "Traceback" not in log
    assert (tap.folder / "work" / "stdout").read_bytes()
    assert tap.leaks() == []
