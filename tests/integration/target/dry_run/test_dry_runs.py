"""Dry runs: what a run would send and refuse, while nothing is delivered and no file is touched."""

from __future__ import annotations

import hashlib
import os
import signal

import pytest

from tests.support.dry_runs import by_stream, refusals
from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    USERS_RULE,
    finish,
    lines,
    order,
    orders,
    record,
    schema,
    state,
    until_it_reads,
    wait_for_log,
)

MODES = ("local", "vendor")
BOTH = pytest.mark.parametrize("mode", MODES)
USER_COLUMNS = {"email": {}, "Email": {}, "Gender": {}, "Age": {}, "points": {}}


def users(*rows):
    return [schema("users", USER_COLUMNS, ["email"], []), *(record("users", **row) for row in rows)]


def files_of(folder):
    """Return the content, mode and time of each file but the settings."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
        if not path.name.startswith("config")
    }


@BOTH
def test_it_delivers_nothing_writes_no_state_and_makes_no_file(target, mode):
    before = files_of(target.folder)
    ran = target.run(orders(1200), dry_run=mode, batch_size_rows=100)
    assert (ran.status, ran.states) == (0, [])
    assert target.stored() == []
    assert files_of(target.folder) == before
    assert by_stream(ran.log)["orders"]["to send"] == "events: 1200"
    assert "1200 records came, 1200 would be delivered, 0 refused, 0 not sent" in ran.log
    assert "stream orders: the first 10 of 1200\n" in ran.log
    assert ran.log.count(" source   {") == ran.log.count("     payload  {") == 10


def test_local_sends_no_request_and_vendor_only_dry_ones(target):
    target.run(orders(30), dry_run="local")
    assert target.requests() == []
    target.run(orders(30), dry_run="vendor")
    sent = target.requests()
    assert sent
    assert {each["flags"].get("dryRun") for each in sent} == {"1"}
    assert target.stored() == []


def test_local_needs_neither_network_nor_credentials(target):
    settings = {"account_id": None, "passcode": None, "api_url": "http://127.0.0.1:9"}
    assert target.run(orders(3), dry_run="local", **settings).status == 0
    ran = target.run(orders(3), dry_run="vendor", account_id=None, passcode=None)
    assert ran.status == 1
    assert "account_id: it is missing" in ran.log


@BOTH
def test_files_of_earlier_runs_stay_byte_by_byte(target, mode):
    bad = order(5, email=None)
    assert target.run([*orders(5), bad]).status == 3
    before = files_of(target.folder)
    assert set(before) == {"ledger.sqlite", "rejects.jsonl"}
    ran = target.run([*orders(20), bad], dry_run=mode)
    assert ran.status == 3
    assert files_of(target.folder) == before
    replayed = target.run_file(target.rejects, dry_run=mode)
    assert replayed.status == 3
    assert files_of(target.folder) == before


@BOTH
def test_what_was_delivered_before_is_known_by_a_copy_of_the_ledger(target, mode):
    rules = {"orders": ORDERS_RULE, "users": {**USERS_RULE, "changes_only": True}}
    profiles = [{"email": f"user{number}", "points": number} for number in range(20)]
    assert target.run([*orders(100), *users(*profiles)], streams=rules).status == 0
    before, stored = files_of(target.folder), len(target.stored())
    more = [*orders(130), *users(*profiles[:19], {**profiles[19], "points": 0})]
    temporary = target.folder / "config-temporary"
    temporary.mkdir()
    place = {"TMPDIR": str(temporary)}
    ran = target.run(more, dry_run=mode, streams=rules, environment=place)
    assert (ran.status, list(temporary.iterdir())) == (0, [])
    found = by_stream(ran.log)
    assert found["orders"]["to send"] == "events: 30"
    assert found["orders"]["not sent"] == "delivered before, or equal to others: 100"
    assert found["users"]["to send"] == "profiles: 1"
    assert found["users"]["not sent"] == "unchanged: 19"
    assert (files_of(target.folder), len(target.stored())) == (before, stored)
    changed = {**rules, "orders": {**ORDERS_RULE, "event": "Bought"}}
    ran = target.run(more, dry_run=mode, streams=changed)
    assert "its rule" in ran.log
    assert by_stream(ran.log)["orders"]["to send"] == "events: 130"
    assert target.run(more, streams=rules).status == 0
    assert len(target.stored()) == stored + 31


@BOTH
def test_a_ledger_in_use_after_a_kill_or_damaged(target, mode):
    process = target.start()
    process.stdin.write(lines(orders(40)))
    process.stdin.flush()
    until_it_reads(process)
    assert by_stream(target.run(orders(40), dry_run=mode).log)["orders"]["received"] == "40"
    process.kill()
    process.communicate()
    before = files_of(target.folder)
    assert target.run(orders(40), dry_run=mode).status == 0
    assert files_of(target.folder) == before
    target.ledger.write_bytes(b"no database" * 1000)
    ran = target.run(orders(40), dry_run=mode)
    assert ran.status == 1
    assert str(target.ledger) in ran.log


@BOTH
def test_the_exit_status_is_that_of_a_run_with_these_rejects(target, mode):
    given = [*orders(3), order(4, email=None), order(5, email=None)]
    ran = target.run(given, dry_run=mode)
    assert ran.status == 3
    assert "dry run: 2 records would be refused, more than max_rejects (0); correct" in ran.log
    assert str(target.rejects) not in ran.log
    assert target.run(given, dry_run=mode, max_rejects=2).status == 0


@BOTH
def test_it_goes_on_where_all_is_refused(target, mode):
    given = [schema("orders", ORDER_COLUMNS), *(order(n, email=None) for n in range(50))]
    ran = target.run(given, dry_run=mode, batch_size_rows=2)
    assert ran.status == 3
    assert refusals(ran.log) == {("orders", "identity_missing"): 50}
    bad = users(*({"email": f"u{n}@x.org", "Gender": "?"} for n in range(50)))
    ran = target.run(bad, dry_run=mode, batch_size_rows=2)
    assert ran.status == 3
    assert refusals(ran.log) == {("users", "514"): 50}


@BOTH
def test_rules_are_checked_as_with_a_ledger(target, mode):
    keyless = [schema("orders", ORDER_COLUMNS, keys=[]), order(1)]
    ran = target.run(keyless, dry_run=mode)
    assert ran.status == 1
    assert "ledger_key" in ran.log
    assert target.run(keyless, dry_run=mode, ledger_path="").status == 0
    whole = [schema("orders", ORDER_COLUMNS, bookmarks=[]), order(1)]
    ran = target.run(whole, dry_run=mode, ledger_path="")
    assert ran.status == 1
    assert "repeat: allow" in ran.log
    assert target.run(whole, dry_run=mode).status == 0


@BOTH
def test_each_reason_for_not_sending_is_counted(target, mode):
    given = [*orders(10), order(3), order(11, _sdc_deleted_at="2026-01-01T00:00:00Z")]
    ran = target.run(given, dry_run=mode)
    assert by_stream(ran.log)["orders"] == {
        "stream": "orders",
        "received": "12",
        "to send": "events: 10",
        "not sent": "deleted at the source: 1, delivered before, or equal to others: 1",
        "refused": "0",
    }


@BOTH
def test_deletions_and_other_calls_are_counted_and_never_sent(target, mode):
    rules = {
        "gone": {"type": "delete", "identity": "id"},
        "users": {"type": "profile", "identity": "email", "on_deleted": "delete"},
    }
    given = [
        schema("gone", {"id": {}}, ["id"], ["at"]),
        *(record("gone", id=f"jane{number}@example.org", at=number) for number in range(250)),
        *users({"email": "a1"}, {"email": "a2", "_sdc_deleted_at": "2026-01-01"}),
    ]
    ran = target.run(given, dry_run=mode, streams=rules)
    assert (ran.status, ran.states) == (0, [])
    found = by_stream(ran.log)
    assert found["gone"]["to send"] == "deletions: 250"
    assert found["users"]["to send"] == "profiles: 1, deletions: 1"
    assert "252 would be delivered, 0 refused" in ran.log
    assert "jane1" not in ran.log
    assert {each["kind"] for each in target.requests()} <= {"upload"}
    assert files_of(target.folder) == {}


def test_a_wrong_identity_is_found_by_vendor_and_local_looks_nobody_up(target):
    given = users(*({"email": f"nobody{number}"} for number in range(40)))
    ran = target.run(given, dry_run="local", new_profile_limit=0.5)
    assert (ran.status, target.requests()) == (0, [])
    ran = target.run(given, dry_run="vendor", new_profile_limit=0.5)
    assert ran.status == 1
    assert "`email`" in ran.log
    assert {each["kind"] for each in target.requests()} == {"profile"}


@BOTH
def test_every_path_of_a_record_is_previewed(target, mode):
    maps = {"stream_maps": {"orders": {"total": "total * 2", "twice": "str(id)"}}}
    plain = target.run(orders(20), dry_run=mode, dry_run_values="shown")
    assert '"evtData":{"id":7,"total":1.75}' in plain.log
    mapped = target.run(orders(20), dry_run=mode, dry_run_values="shown", **maps)
    assert '"evtData":{"id":7,"total":3.5,"twice":"7"}' in mapped.log
    assert '"total":1.75}' in mapped.log  # the source record is the one that came in
    lenient = lines(orders(3)).replace(b'"total": 0.5', b'"total": 0.5, "note": NaN')
    read = target.run(lenient, dry_run=mode, dry_run_values="shown")
    assert by_stream(read.log)["orders"]["received"] == "3"


@BOTH
def test_values_are_masked_unless_they_are_asked_for(target, mode):
    secrets = ["jane.doe@example.org", "Geheim", "4917012345", "2001-02-03", "x" * 900]
    row = {
        "email": secrets[0],
        "Email": secrets[0],
        "name": secrets[1],
        "number": int(secrets[2]),
        "born": secrets[3],
        "note": secrets[4],
        "nested": {"jane.doe@example.org": secrets[1], "kept": [secrets[1], None, True]},
    }
    ran = target.run(users(row), dry_run=mode)
    assert not [secret for secret in secrets if secret in ran.log]
    assert '"name":"Xxxxxx","number":9999999999,"born":"9999-99-99"' in ran.log
    assert f'"note":"{"x" * 24}… (513 to 1024 characters)"' in ran.log
    assert '"xxxx.xxx@xxxxxxx.xxx":"Xxxxxx","kept":["Xxxxxx",null,true]' in ran.log
    shown = target.run(users(row), dry_run=mode, dry_run_values="shown")
    assert [secret for secret in secrets if secret in shown.log] == secrets


def test_words_of_clevertap_that_may_hold_values_are_not_shown(target):
    refused = [{"code": 515, "error": "jane@x.org is bad. Skipped record number : 1"}]
    answer = {"status": "fail", "processed": 0, "unprocessed": refused}
    target.faults({"match": {"kind": "upload"}, "action": {"status": 200, "body": answer}})
    ran = target.run(users({"email": "a1"}), dry_run="vendor")
    assert refusals(ran.log) == {("users", "515"): 1}
    assert "jane@x.org" not in ran.log
    shown = target.run(users({"email": "a1"}), dry_run="vendor", dry_run_values="shown")
    assert "jane@x.org" in shown.log


def test_vendor_retries_as_a_run_does(target):
    target.faults(
        {"match": {"kind": "upload", "number": [1, 2]}, "action": {"status": 429}},
        {"match": {"kind": "upload", "number": 4}, "action": {"record_code": {"2": 555}}},
        {"match": {"kind": "upload", "number": 6}, "action": {"status": 503}},
    )
    ran = target.run(orders(60), dry_run="vendor", batch_size_rows=10, uncertain="skip")
    assert ran.status == 0
    assert "60 would be delivered, 0 refused" in ran.log
    assert target.stored() == []


@BOTH
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_nothing(target, mode, number):
    process = target.start(dry_run=mode, flush_seconds=0.1)
    process.stdin.write(lines([*orders(40), state({"done": True})]))
    process.stdin.flush()
    wait_for_log(process, b"dry run: ")
    if mode == "vendor":
        target.until_requests(1)
    os.kill(process.pid, number)
    process.stdin.close()
    process.stdin = None
    ended = finish(process)
    assert ended.status == (128 + number if number == signal.SIGTERM else -number)
    assert ended.states == []
    assert files_of(target.folder) == {}
    if number == signal.SIGTERM:
        assert "dry run: " in ended.log
        assert "stream  received" in ended.log


def test_a_ledger_path_that_the_system_refuses_is_named(target):
    ran = target.run(orders(2), dry_run="local", ledger_path="x" * 300)
    assert ran.status == 1
    assert "ledger_path: " in ran.log
    assert "cannot be used: File name too long" in ran.log
    assert "Traceback" not in ran.log
