"""Bad input: a clear error or a reject, nothing lost, and no one's data in the log."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from target_clevertap.singer.whole_lines import LONGEST_LINE_BYTES
from tests.support.plugin_process import BIN
from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    finish,
    lines,
    next_state,
    order,
    orders,
    record,
    schema,
    state,
)

TAP_EVENTS = {
    key: {}
    for key in ("event_key", "event_name", "event_time", "object_id", "identity", "event_props")
}
GOOD = orders(20, states_every=20)


def ids(target):
    return sorted(each["evtData"]["id"] for each in target.delivered())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (b'{"type":"RECORD","stream":"orders","record":{"email":"ada@exam', ["line 23", "column"]),
        ({"type": "RECORD", "stream": "orders", "record": "ada@exam"}, ["line 23", "no object"]),
        ({"type": "RECORD", "stream": "others", "record": {}}, ["line 23", "before its SCHEMA"]),
        ({"type": "SCHEMA", "stream": "others", "schema": {}}, ["`others`", "it has no rule"]),
        (
            {"type": "SCHEMA", "stream": "others", "schema": {"properties": []}},
            ["line 23", "`others`"],
        ),
        (
            schema("others", ORDER_COLUMNS),
            ["`others`", "it has no rule", "type: event", "identity: email"],
        ),
        (schema("orders", {"id": {}, "mail": {}}), ["no column `created_at`"]),
        (schema("orders", {**ORDER_COLUMNS, "price.net": {}}), ["price.net", "others: drop"]),
        (schema("orders", ORDER_COLUMNS, keys=[]), ["ledger_key", "orders"]),
        ({"type": "BATCH", "stream": "orders", "manifest": []}, ["line 23", "`encoding`"]),
        ({"type": "STATE"}, ["line 23", "no `value`"]),
        (schema("\ud800", TAP_EVENTS), ["line 23", "surrogate"]),
        ({"type": "HELLO"}, ["line 23", "none of"]),
        (record("orders", email="ada@exam", created_at="2026-01-01"), ["line 23", "lacks `id`"]),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value)[:40],
)
def test_what_came_before_a_fault_is_delivered_and_its_state_written(target, fault, words):
    extra = fault if isinstance(fault, bytes) else lines([fault])
    finished = target.run(lines(GOOD) + extra)
    assert finished.status == 1
    assert finished.states == [{"orders": 20}]
    assert ids(target) == list(range(20))
    assert all(word in finished.log for word in words), finished.log
    assert "Traceback" not in finished.log
    assert "ada@exam" not in finished.log


def test_records_clevertap_cannot_take_are_rejects_as_they_came(target):
    raw = [
        b'{"id":20,"email":null,"created_at":"2026-01-01"}',
        b'{"id":21,"email":"a@b.c","created_at":"2026-01-01","total":NaN}',
        b'{"id":22,"email":"a@b.c","created_at":"2026-01-01","total":-Infinity}',
        b'{"id":23,"email":"a@b.c","created_at":"not yet"}',
        b'{"id":24,"email":"a@b.c","created_at":"2026-01-01","note":"\\ud800"}',
        b'{"id":25,"email":"a@b.c","created_at":"2026-01-01","a$b":1}',
        b'{"id":26,"email":"a@b.c","created_at":1767225600000}',
        b'{"id":27,"email":"a@b.c","created_at":null,"exact":1.10,"big":123456789012345678901234567890}',
    ]
    text = b"".join(b'{"type":"RECORD","stream":"orders","record":' + each + b"}\n" for each in raw)
    finished = target.run(lines(GOOD) + text + lines([state("end")]))
    assert finished.status == 3
    assert finished.states[-1] == "end"
    assert ids(target) == list(range(20))
    assert dict(target.rejected_codes()) == {
        "identity_missing": 1,
        "not_a_number": 2,
        "date_invalid": 2,
        "text_invalid": 1,
        "name_forbidden": 1,
        "time_missing": 1,
    }
    kept = target.rejects.read_bytes()
    assert all(each in kept for each in raw)


def test_a_record_that_no_reader_of_json_takes_is_a_reject_as_often_as_it_comes(target):
    head = b'{"id":7,"email":"a@b.c","created_at":"2026-01-01",'
    raw = [
        head + b'"note":"Z\xfcrich"}',
        head + b'"all":' + b"[" * 5000 + b"]" * 5000 + b"}",
        head + b'"digits":' + b"9" * 5000 + b"}",
        head + b'"digits":' + b"9" * 5000 + b".0}",
    ]
    text = [b'{"type":"RECORD","stream":"orders","record":' + each + b"}\n" for each in raw]
    many = [*orders(400), *text, *orders(400, first=400)[1:], state("end")]
    finished = target.run(lines(many))  # with lines that can be read at once
    assert finished.status == 3, finished.log
    assert finished.states[-1] == "end"
    assert ids(target) == [*range(800)]
    words = "rejected 4 (not_a_number: 2, text_invalid: 1, too_deep: 1)"
    assert words in finished.log
    assert words in target.replay().log
    assert all(each in target.rejects.read_bytes() for each in raw)
    assert len(target.delivered()) == 800


def test_a_record_of_ten_megabytes_is_a_reject(target):
    big = order(20, note="x" * 10_000_000)
    finished = target.run([*GOOD, big, order(21), state("end")])
    assert finished.status == 3
    assert finished.states[-1] == "end"
    assert ids(target) == [*range(20), 21]
    assert [rejected["id"] for rejected, _ in target.rejected()] == [20]


def test_ten_megabytes_of_properties_are_too_large(target):
    big = order(20, **{f"c{number}": "x" * 1000 for number in range(200)})
    finished = target.run([*GOOD, big], max_request_bytes=100_000)
    assert target.rejected_codes() == {"too_large": 1}
    assert finished.status == 3


def test_a_full_disk_for_rejects_stops_the_run_before_the_state(target):
    finished = target.run(
        [*orders(20), order(20, email=None), state("end")], rejects_path="/dev/full"
    )
    assert finished.status == 1
    assert finished.states == []
    assert "No space left on device" in finished.log
    assert "rejects_path" in finished.log
    assert "Traceback" not in finished.log


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"region": "xx1"}, ["region", "xx1"]),
        ({"api_url": "http://api.example.org"}, ["api_url", "https"]),
        ({"api_url": "https://user:secret@api.example.org"}, ["api_url", "remove credentials"]),
        ({"api_url": "https://api.example.org/1/upload"}, ["api_url", "path"]),
        ({"api_url": "api.example.org"}, ["api_url"]),
        ({"batch_size_rows": 1001}, ["batch_size_rows"]),
        ({"max_in_flight": 0}, ["max_in_flight"]),
        ({"passcode": 123456789}, ["passcode", "quotes"]),
        ({"passcode": "123456789\n"}, ["passcode", "printable ASCII without spaces"]),
        ({"account_id": ""}, ["account_id", "empty"]),
        ({"rejects_path": "none/rejects.jsonl"}, ["rejects_path", "no folder"]),
        ({"streams": {"orders": {**ORDERS_RULE, "tiem": "x"}}}, ["streams.orders", "tiem", "time"]),
        ({"streams": {"orders": {"type": "evnet", "identity": "x"}}}, ["orders", "evnet"]),
        ({"flush_seconds": 1e300}, ["flush_seconds"]),
        ({"rejects_path": "x" * 300}, ["rejects_path", "name too long"]),
        ({"rejects_path": "/dev/null/x"}, ["rejects_path", "Not a directory"]),
        ({"rejects_path": "/"}, ["rejects_path", "not a file"]),
        ({"rejects_path": "\ud800"}, ["rejects_path", "surrogate"]),
        ({"ledger_path": "\ud800"}, ["ledger_path", "surrogate"]),
        ({"rejects_path": "a\0b"}, ["rejects_path", "NUL"]),
        ({"ledger_path": "a\0b"}, ["ledger_path", "NUL"]),
        ({"rejects_path": "l.db", "ledger_path": "./l.db"}, ["rejects_path", "their own"]),
        ({"rejects_path": "l.db-wal", "ledger_path": "l.db"}, ["rejects_path", "their own"]),
        ({"ledger_path": "none/ledger.sqlite"}, ["ledger_path"]),
        ({"ledger_path": "", "streams": {"orders": ORDERS_RULE}}, ["repeat: allow"]),
        ({"stream_maps": {"orders": {"email": "no_such(email)"}}}, ["stream map", "orders"]),
    ],
    ids=lambda value: None if isinstance(value, list) else str(value)[:40],
)
def test_settings_that_cannot_work_are_named(target, settings, words):
    messages = [schema("orders", ORDER_COLUMNS, bookmarks=()), order(1)]
    finished = target.run(messages, **settings)
    assert finished.status == 1
    assert all(word in finished.log for word in words), finished.log
    assert "Traceback" not in finished.log
    assert "123456789" not in finished.log
    assert "secret" not in finished.log
    assert target.delivered() == []


@pytest.mark.parametrize("name", ["rejects_path", "ledger_path"])
def test_links_in_a_circle_are_said(target, name):
    (target.folder / "one").symlink_to("other")
    (target.folder / "other").symlink_to("one")
    finished = target.run(GOOD, **{name: "one"})
    assert finished.status == 1
    assert name in finished.log
    assert "symbolic links" in finished.log
    assert "Traceback" not in finished.log


def test_null_is_the_default_and_seconds_may_have_fractions(target):
    nothing = dict.fromkeys(("region", "max_request_bytes", "max_rejects", "max_in_flight"))
    finished = target.run(GOOD, **nothing, request_timeout=20.5, flush_seconds=0.5)
    assert finished.status == 0, finished.log
    assert ids(target) == list(range(20))


def test_a_ledger_in_use_is_reported(target):
    process = target.start(flush_seconds=0)
    process.stdin.write(lines(GOOD))
    process.stdin.flush()
    assert next_state(process) == {"orders": 20}
    second = target.run(GOOD)
    assert second.status == 1
    assert "in use by another run" in second.log
    process.communicate()


def test_a_value_a_stream_map_stumbles_upon_is_not_in_the_log(target):
    finished = target.run(GOOD, stream_maps={"orders": {"total": "int(email)"}})
    assert finished.status == 1
    assert "line 2 of the input: a stream map of `orders` fails" in finished.log
    assert "@example.org" not in finished.log
    assert "Traceback" not in finished.log


def test_nobodys_data_is_in_the_log_at_any_level(target):
    target.faults(
        {"match": {"path": "/1/upload", "number": 2}, "action": {"status": 503}},
        {"match": {"path": "/1/upload", "number": 3}, "action": {"cut": "after"}},
        {"match": {"path": "/1/upload", "number": 5}, "action": {"processed": -1}},
    )
    messages = [*orders(300), order(300, email=None), state({"person": "user1@example.org"})]
    for more in (b'{"type":"RECORD","stream":"orders","record":{"email":"user1@exa', b""):
        finished = target.run(
            lines(messages) + more,
            environment={"TARGET_CLEVERTAP_LOGLEVEL": "DEBUG"},
            batch_size_rows=10,
        )
        assert "DEBUG" in finished.log
        assert "@exa" not in finished.log
        assert target.emulator.passcode not in finished.log.replace("clevertap-emulator", "")


@pytest.mark.parametrize(
    ("closed", "words"), [("<&-", "standard input"), (">&-", "standard output")]
)
def test_a_closed_standard_stream_is_reported_in_a_line(target, closed, words):
    command = f'"$0" --config "$1" {closed}'
    shell = ["/bin/sh", "-c", command, BIN / "target-clevertap", target.config()]
    ended = subprocess.run(shell, capture_output=True, cwd=target.folder, timeout=20, check=False)
    assert ended.returncode == 1
    assert words in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()
    assert not target.ledger.exists()


def test_an_input_that_cannot_be_read_is_reported(target):
    with (target.folder / "given").open("wb") as unreadable:
        finished = finish(target.start(stdin=unreadable))
    assert finished.status == 1
    assert "the input: it cannot be read (Bad file descriptor)" in finished.log
    assert "Traceback" not in finished.log


def test_a_named_pipe_as_input_is_read_as_it_comes(target):
    given = target.folder / "given"
    os.mkfifo(given)
    with given.open("r+b", buffering=0) as pipe:
        process = target.start("--input", given, flush_seconds=0.1)
        pipe.write(lines(GOOD))
        assert next_state(process, seconds=30) == {"orders": 20}
        process.send_signal(signal.SIGTERM)
        finished = finish(process)
    assert finished.status == 128 + signal.SIGTERM
    assert ids(target) == list(range(20))


def test_a_line_too_long_for_any_record_is_not_read_from_a_file_either(target):
    given = target.folder / "given"
    with given.open("wb") as file:
        file.write(lines(GOOD))
        file.truncate(LONGEST_LINE_BYTES + (1 << 20))
    finished = finish(target.start("--input", given))
    assert finished.status == 1
    assert "line 23 of the input: it cannot be read (it is longer than 64 MB)" in finished.log
    assert finished.states == [{"orders": 20}]
