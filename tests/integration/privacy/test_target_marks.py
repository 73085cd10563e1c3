"""Nothing that is secret or about a person is in what the target leaves, but for its rejects."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import pytest

from tests.integration.privacy import marks
from tests.support.target_process import ORDER_COLUMNS, lines, record, schema, state

SIZE = {
    "days": 1, "users": 10, "events_per_day": 1,
    "account_id": marks.ACCOUNT, "passcode": marks.PASSCODE,
}  # fmt: skip
SETTINGS = {
    "rejects_path": "rejects.jsonl",
    "ledger_path": "ledger.sqlite",
    "max_rejects": -1,
    "batch_size_rows": 20,
    "request_timeout": 30,
    "streams": {
        "orders": {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"},
        "users": {"type": "profile", "identity": "email", "operations": {"points": "$incr"}},
    },
}
RECORDS = 100
MOMENT = "2026-01-01T00:00:00Z"
SCHEMAS = [
    schema("orders", {**ORDER_COLUMNS, "note": {}}),
    schema("users", {"email": {}, "Phone": {}, "Name": {}, "points": {}}, ["email"]),
]
ODD = [
    {"email": None},
    {"created_at": "zq7"},
    {"note": "zq7" * 400},
    {"zq7": "zq7", "zq7.forbidden": 1},
    {"note": float("nan")},
    {"note": "zq7 \ud83d"},
    {"note": ["zq7", {"zq7": "zq7"}]},
]


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(**SIZE)


@pytest.fixture
def target(emulator, target_launcher, tmp_path):
    emulator.reset()
    return marks.Place(target_launcher, emulator, tmp_path, own=("rejects",), given=SETTINGS)


def order(number, **change):
    known = {"id": number, "email": f"zq7-{number}@example.org", "created_at": MOMENT}
    return record("orders", **{**known, "note": "zq7 note", **change})


def user(number, **change):
    known = {"email": f"zq7-{number}@example.org", "Phone": marks.PHONE, "Name": "Zq7 Name"}
    return record("users", **{**known, "points": number, **change})


def whole_input():
    """Return marked records, some of which are refused, enough for several requests."""
    messages = list(SCHEMAS)
    for number in range(RECORDS):
        messages += [order(number), user(number)]
    messages += [order(1000 + number, **change) for number, change in enumerate(ODD)]
    messages += [user(2000, Phone="zq7"), user(2001, points="zq7"), state({"id": RECORDS})]
    return messages


def run(target, messages, *, until=None, **settings):
    given = target.folder.parent / f"{target.folder.name}-input"
    given.write_bytes(messages if isinstance(messages, bytes) else lines(messages))
    return target.run("--config", target.config(**settings), stdin=str(given), until=until)


def fault(**action):
    return {"match": {"kind": "upload", "number": 2}, "action": action}


def error_body(**more):
    return {"status": "fail", "error": "zq7 zq7@example.org", **more}


RECOVERED = {
    "nothing": [],
    "503": [fault(status=503, body=error_body())],
    "429": [fault(status=429, body=error_body())],
    "400": [fault(status=400, body=error_body())],
    "413": [fault(status=413, body=error_body())],
    "cut": [fault(cut="after")],
    "a page": [fault(html=True)],
    "an answer cut short": [fault(truncate=20)],
    "an answer that is none": [fault(clip=30)],
    "a code nobody knows": [fault(record_code={"1": 9999, "2": 515})],
    "555": [{"match": {"kind": "upload", "times": 2}, "action": {"record_code": {"1": 555}}}],
    "numbers left out": [fault(record_code={"1": 512}, drop_unprocessed_number=True)],
    "no response in time": [fault(delay=2)],
}


@pytest.mark.parametrize("faults", RECOVERED.values(), ids=RECOVERED)
def test_a_run_that_ends_well_tells_nothing(target, faults):
    target.emulator.faults(faults)
    status, log = run(target, whole_input())
    assert status == 0, log
    assert "DEBUG" in log
    assert sum(target.emulator.fired()) >= len(faults)
    assert len(target.emulator.uploads()["events"]) >= RECORDS - 20
    assert marks.found((target.folder / "work" / "rejects.jsonl").read_bytes())
    assert (target.folder / "work" / "ledger.sqlite").stat().st_size > 0
    assert target.leaks() == []


STOPPED = {
    "401": [{"match": {"kind": "upload"}, "action": {"status": 401, "body": error_body(code=401)}}],
    "403": [{"match": {"kind": "upload"}, "action": {"status": 403, "body": error_body()}}],
    "404": [{"match": {"kind": "upload"}, "action": {"status": 404, "body": error_body()}}],
    "a redirect": [fault(status=307, headers={"Location": "http://zq7:zq7@localhost/zq7"})],
    "everything refused": [
        {
            "match": {"kind": "upload"},
            "action": {"record_code": {str(number): 515 for number in range(1, 21)}},
        }
    ],
}


@pytest.mark.parametrize("faults", STOPPED.values(), ids=STOPPED)
def test_a_run_that_stops_tells_nothing(target, faults):
    target.emulator.faults(faults)
    status, log = run(target, whole_input())
    assert status == 1, log
    assert target.leaks() == []


BAD_LINES = {
    "no JSON": b'{"type": "RECORD", "stream": "orders", "record": {"zq7": "zq7"',
    "half a text": b'{"type": "RECORD", "record": {"zq7": "zq7',
    "no UTF-8": b'{"type": "RECORD", "stream": "orders", "record": {"zq7": "zq7 \xff"}}',
    "no message": b'["zq7"]',
    "no type": b'{"zq7": "zq7"}',
    "another type": b'{"type": "zq7", "record": {"zq7": 1}}',
    "no schema": b'{"type": "RECORD", "stream": "others", "record": {"zq7": "zq7"}}',
    "record of another type": b'{"type": "RECORD", "stream": "orders", "record": "zq7"}',
    "no primary key": b'{"type": "RECORD", "stream": "orders", "record": {"email": "zq7"}}',
    "nested too deeply": b'{"zq7":' * 5000,
    "an endless number": b'{"type":"RECORD","stream":"orders","record":{"zq7":1e9999999999}}',
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES)
def test_a_line_that_cannot_be_read_is_reported_by_its_number(target, line):
    before = [*SCHEMAS, order(1)]
    status, log = run(target, lines(before) + line + b"\n")
    assert status in {0, 1}, log
    assert f"line {len(before) + 1} of the input" in log
    assert target.leaks() == []


WRONG = {
    "passcode": {"passcode": "zq7-wrong"},
    "passcode's type": {"passcode": {"zq7": "zq7"}},
    "account's type": {"account_id": ["zq7"]},
    "passcode's letters": {"passcode": "zq7 zq7\n"},
    "credentials in the address": {"api_url": "https://zq7:zq7@api.clevertap.com/zq7"},
    "address's type": {"api_url": ["https://zq7:zq7@api.clevertap.com"]},
    "a stream map on a value": {"stream_maps": {"orders": {"id": "int(email)"}}},
    "rejects where there is no room": {"rejects_path": "/dev/full"},
    "a ledger that is none": {"ledger_path": "/dev/full"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_reported_without_what_it_holds(target, wrong):
    status, log = run(target, whole_input(), **wrong)
    assert status == 1, log
    assert target.leaks() == []


def test_a_ledger_that_holds_something_else_is_reported_without_it(target):
    (target.folder / "work" / "rejects-no-ledger").write_bytes(b"zq7 zq7\n" * 1000)
    status, log = run(target, whole_input(), ledger_path="rejects-no-ledger")
    assert status == 1, log
    assert target.leaks() == []


def test_files_that_are_none_are_reported_without_what_they_hold(target):
    broken = target.folder.parent / "broken.json"
    broken.write_text('{"passcode": "zq7-passcode", "streams": {"zq7"')
    status, _ = target.run("--config", str(broken))
    assert status == 1
    assert target.leaks() == []


def test_a_replay_tells_nothing_and_keeps_a_torn_line_where_rejects_are(target):
    run(target, whole_input())
    rejects = target.folder / "work" / "rejects.jsonl"
    with rejects.open("ab") as file:
        file.write(b'{"type":"RECORD","record":{"zq7":"zq7')
    status, log = target.run("--config", target.config(), stdin=str(rejects))
    assert status == 0, log
    assert len(list(rejects.parent.glob("rejects.jsonl.*"))) == 2
    assert target.leaks() == []


def stop(pid, *, signum, emulator):
    until = time.monotonic() + 60
    while not emulator.uploads()["events"]:
        assert time.monotonic() < until, "nothing was uploaded"
        time.sleep(0.02)
    os.kill(pid, signum)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_leaves_nothing_behind(target, signum):
    target.emulator.faults([{"match": {"kind": "upload"}, "action": {"delay": 0.6}}])
    until = partial(stop, signum=signum, emulator=target.emulator)
    status, log = run(target, whole_input(), until=until)
    assert status == (-signum if signum == signal.SIGKILL else 128 + signum), log
    assert target.leaks() == []
