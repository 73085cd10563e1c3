"""Each run leaves a report, however it ends; all of it is true, and none of it is personal."""

from __future__ import annotations

import json
import signal
import stat
import subprocess

import pytest

from tests.support.plugin_process import BIN
from tests.support.reports import check_report
from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    USER_COLUMNS,
    finish,
    lines,
    next_state,
    order,
    orders,
    record,
    schema,
)

KEYS = {
    "version",
    "status",
    "dry_run",
    "already_delivered",
    "account_id",
    "host",
    "region",
    "started_at",
    "finished_at",
    "seconds",
    "total",
    "streams",
    "requests",
}
MIXED = [
    schema("orders", {**ORDER_COLUMNS, "_sdc_deleted_at": {"type": ["string", "null"]}}),
    *[order(number) for number in range(20)],
    order(20, email=None),
    order(21, email="not sent", _sdc_deleted_at="2026-01-01T00:00:00Z"),
    schema("users", USER_COLUMNS, ["email"], []),
    record("users", email="user1@example.org", plan="free"),
    record("users", email="not an address", plan="free"),
]


def report_of(target):
    report = json.loads(target.report.read_text())
    assert set(report) == KEYS
    assert report["version"] == 1
    return report


def test_a_report_has_what_became_of_each_streams_records(target):
    finished = target.run(MIXED, max_rejects=-1)
    assert finished.status == 0, finished.log
    again = target.run(MIXED, max_rejects=-1)
    assert again.status == 0, again.log
    report = report_of(target)
    assert (report["status"], report["dry_run"], report["region"]) == ("complete", "off", None)
    assert report["account_id"] == target.emulator.account_id
    assert report["host"] == target.emulator.url.partition("://")[2]
    counts = {each.pop("stream"): each for each in report["streams"]}
    assert [*counts] == ["orders", "users"]
    assert counts["orders"]["received"] == 22
    assert counts["orders"]["already_delivered"] == 20
    assert counts["orders"]["rejected"] == {"identity_missing": 1}
    assert counts["orders"]["not_sent"] == {"deleted": 1}
    assert counts["users"]["delivered"] + sum(counts["users"]["rejected"].values()) == 2
    sent = [each for each in target.requests() if each["path"] == "/1/upload"]
    assert 0 < report["requests"]["uploads"] < len(sent)
    assert 0 < report["requests"]["latency_seconds"]["max"] < report["seconds"]


@pytest.mark.parametrize(("status", "cause"), [(429, "throttled"), (503, "unknown")])
def test_requests_and_their_retries_are_counted_by_cause(target, status, cause):
    target.faults({"match": {"path": "/1/upload", "times": 2}, "action": {"status": status}})
    assert target.run(orders(100), max_in_flight=1).status == 0
    requests = report_of(target)["requests"]
    assert requests["retries"] == {cause: 2}
    assert (requests["throttled"], requests["other"]) == (2 * (status == 429), 0)
    assert requests["uploads"] == len(target.requests()) == 3
    assert requests["most_in_flight"] == 1


def test_calls_that_are_not_uploads_are_counted_apart(target):
    rule = {"type": "delete", "identity": "email"}
    more = {"confirm_deletes": True, "deletes_path": str(target.folder / "deletes.jsonl")}
    streams = {"users": rule}
    finished = target.run(MIXED[-3:-1], streams=streams, **more)
    assert finished.status == 0, finished.log
    requests = report_of(target)["requests"]
    assert (requests["uploads"], requests["other"]) == (0, 1)
    nobody = [order(number, user=200 + number) for number in range(30)]
    assert target.run([MIXED[0], *nobody], new_profile_limit=0.9).status == 1
    requests = report_of(target)["requests"]
    asked = [each for each in target.requests() if each["path"] == "/1/profile.json"]
    assert (requests["uploads"], requests["other"]) == (0, len(asked))
    assert len(asked) >= 30


def test_only_its_owner_reads_it_and_it_has_no_personal_data(target):
    target.report.write_text("of an earlier run")
    target.report.chmod(0o644)
    for path in (target.report, target.report.with_suffix(".html")):
        finished = target.run(MIXED, max_rejects=-1, report_path=str(path))
        assert finished.status == 0, finished.log
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text()
        assert "@example.org" not in text
        assert "not an address" not in text
        assert target.emulator.passcode not in text


def test_a_run_with_too_many_rejects_says_so(target):
    assert target.run(MIXED).status == 3
    assert report_of(target)["status"] == "rejects"


def test_a_run_that_fails_leaves_a_report_of_what_it_did(target):
    messages = [*orders(10), record("nobody", id=1)]
    assert target.run(messages).status == 1
    report = report_of(target)
    assert (report["status"], report["total"]["delivered"]) == ("failed", 10)


def test_a_run_whose_settings_are_wrong_leaves_a_report(target):
    wrong = {"orders": {**ORDERS_RULE, "event": ""}}
    assert target.run(orders(1), streams=wrong).status == 1
    assert report_of(target)["status"] == "failed"
    target.report.unlink()
    assert target.run(orders(1), max_in_flight=99).status == 1
    assert report_of(target)["streams"] == []


def test_records_that_a_stopped_run_did_not_settle_are_counted(target):
    refused = [schema("orders", ORDER_COLUMNS), *[order(n, email=None) for n in range(40)]]
    finished = target.run(refused, batch_size_rows=10)
    assert finished.status == 1, finished.log
    report = report_of(target)
    assert report["status"] == "failed"
    assert report["total"]["not_settled"] == report["total"]["received"] > 0
    assert "not settled" in finished.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_ended_by_a_signal_leaves_a_report(target, number):
    run = target.start(flush_seconds=0)
    run.stdin.write(lines(orders(500)))
    run.stdin.flush()
    next_state(run)
    run.send_signal(number)
    ended = finish(run)
    assert ended.status == 128 + number
    report = report_of(target)
    check_report(report, ended.status, ended.log)
    assert (report["status"], report["total"]["delivered"]) == ("interrupted", 500)


def test_a_killed_run_leaves_the_former_report_whole(target):
    assert target.run(orders(5)).status == 0
    before = target.report.read_bytes()
    run = target.start()
    run.stdin.write(lines(orders(500)))
    run.stdin.flush()
    next_state(run)
    run.kill()
    run.communicate()
    assert target.report.read_bytes() == before
    assert [*target.report.parent.iterdir()] == [target.report]


@pytest.mark.parametrize("dry_run", ["local", "vendor"])
def test_a_dry_run_leaves_a_report_that_says_so(target, dry_run):
    finished = target.run(MIXED, max_rejects=-1, dry_run=dry_run)
    assert finished.status == 0, finished.log
    report = report_of(target)
    assert (report["status"], report["dry_run"]) == ("complete", dry_run)
    assert bool(report["requests"]["uploads"]) is (dry_run == "vendor")
    assert report["total"]["not_sent"] == {"deleted": 1}


@pytest.mark.parametrize("other", ["rejects_path", "deletes_path", "ledger_path"])
def test_a_path_of_another_file_ends_the_run_before_anything_is_sent(target, other):
    path = str(target.folder / "shared")
    declared = {} if other == "deletes_path" else {other: path}
    if other == "deletes_path":
        path = str(target.folder / "clevertap-deletes.jsonl")
    finished = target.run(orders(5), report_path=path, **declared)
    assert finished.status == 1
    assert f"report_path: `{path}` cannot be written (it is the file of {other})" in finished.log
    assert target.delivered() == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (" ", "is a blank path"),
        ("none/report.json", "there is no folder"),
        (".", "it is a folder"),
        ("/dev/full", "it is not a file"),
        ("a\0b", "cannot be written"),
        ("config.json", "it is the file of --config"),
    ],
)
def test_a_path_that_cannot_be_written_ends_the_run_before_anything_is_sent(target, path, why):
    config = target.config(report_path=path).rename(target.folder / "config.json")
    before = config.read_bytes()
    command = [BIN / "target-clevertap", "--config", str(config)]
    ended = subprocess.run(
        command, input=lines(orders(5)), capture_output=True, cwd=target.folder, check=False
    )
    assert ended.returncode == 1
    assert "report_path: " in ended.stderr.decode()
    assert why in ended.stderr.decode()
    assert target.delivered() == []
    assert config.read_bytes() == before


def test_the_input_is_not_replaced(target):
    path = target.folder / "input.jsonl"
    path.write_bytes(lines(orders(5)))
    finished = target.run_file(path, report_path=str(path))
    assert finished.status == 1
    assert "it is the file of the input" in finished.log
    assert path.read_bytes() == lines(orders(5))


def test_the_states_are_not_replaced(target):
    path = target.folder / "states.jsonl"
    path.write_text("earlier\n")
    config = target.config(report_path=str(path))
    command = [BIN / "target-clevertap", "--config", str(config)]
    with path.open("ab") as states:
        ended = subprocess.run(
            command,
            input=lines(orders(5)),
            stdout=states,
            stderr=subprocess.PIPE,
            cwd=target.folder,
            check=False,
        )
    assert ended.returncode == 1
    assert "it is the file of the output" in ended.stderr.decode()
    assert path.read_text() == "earlier\n"


def test_a_disk_that_is_full_at_the_end_does_not_change_the_exit_status(target):
    folder = target.folder / "reports"
    folder.mkdir()
    run = target.start(report_path=str(folder / "report.json"), flush_seconds=0)
    run.stdin.write(lines(orders(500)))
    run.stdin.flush()
    next_state(run)
    folder.rename(target.folder / "moved")  # as a full disk, it does not take the file
    ended = finish(run)
    assert ended.status == 0
    assert "report_path: " in ended.log
    assert "so this run has no report" in ended.log
