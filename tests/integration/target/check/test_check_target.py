"""`target-clevertap check` finds what keeps a run from delivering, and changes nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from target_clevertap.check import files
from target_clevertap.check.findings import CODES
from target_clevertap.check.ledger import ledger_finding
from target_clevertap.config.settings import RunSettings
from tests.integration.faults.target.test_target_proxies import after_an_answer
from tests.support.certificates import Certificates
from tests.support.checked import run_check
from tests.support.raw_server import RawServer, hang_up, read_head
from tests.support.regions import regions
from tests.support.target_process import (
    ORDERS_RULE,
    lines,
    order,
    orders,
    until_it_reads,
)

FORMER = Path(__file__).parents[3] / "upgrades" / "first"
SECRET = "wrong" + "-secret"
UNAUTHORIZED = {"status": "fail", "code": 401}
ALL = ["settings", "rules", "rejects", "ledger", "disk", "host", "credentials", "upload"]
ALL += ["in_flight", "clock"]


WRONG_RULES = {
    "a": {"type": "event", "identity": "id"},
    "b": {"type": "profile", "identity": "id", "event": "Seen", "properties": {"a%b": "c"}},
    "c": ORDERS_RULE,
}


@pytest.fixture
def settings(target):
    return {
        "account_id": target.emulator.account_id,
        "passcode": target.emulator.passcode,
        "api_url": target.emulator.url,
        "rejects_path": str(target.rejects),
        "ledger_path": str(target.ledger),
        "streams": {"orders": ORDERS_RULE},
    }


@pytest.fixture
def check(target_launcher, settings):
    def run(*, environment=None, **changed):
        given = {**settings, **changed}
        kept = {name: value for name, value in given.items() if value is not None}
        found = run_check(target_launcher, kept, codes=CODES, **(environment or {}))
        assert SECRET not in found.log + str(found.findings)
        return found

    return run


def files_in(folder):
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
    }


def test_all_is_well_and_nothing_is_made(check, target):
    found = check()
    assert (found.codes, list(found.findings)) == ({}, ALL)
    assert found.findings["ledger"]["code"] == "new"
    assert list(target.folder.iterdir()) == []
    assert target.stored() == []
    assert [each["flags"] for each in target.requests()] == [{"dryRun": "1"}]


def test_files_of_a_run_stay_as_they_are(check, target):
    assert target.run([*orders(5), order(6, email=None)]).status == 3
    before = files_in(target.folder)
    found = check()
    assert found.codes == {}
    assert found.findings["ledger"]["code"] == "ok"
    assert "rejects of earlier runs" in found.text("rejects")
    assert files_in(target.folder) == before


# Settings and rules


def test_every_fault_of_every_rule_is_listed_and_the_rest_is_checked(check):
    found = check(streams=WRONG_RULES, passcode=SECRET)
    assert found.codes == {"rules": "wrong_rule", "credentials": "wrong_passcode"}
    first, second = found.findings["rules"]["all"]
    assert first.startswith("streams.a")
    assert second.startswith("streams.b")
    assert "event" in first


def test_a_run_names_all_wrong_rules_too(target):
    ran = target.run([], streams=WRONG_RULES)
    assert ran.status == 1
    assert "streams.a" in ran.log
    assert "streams.b" in ran.log


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"region": "eu9"}, "region"),
        ({"max_in_flight": 16}, "max_in_flight"),
        ({"passcode": None}, "passcode"),
        ({"api_url": "http://example.org"}, "api_url"),
        ({"ledger_path": " "}, "ledger_path"),
    ],
)
def test_a_wrong_setting_ends_it(check, changed, named):
    found = check(**changed)
    assert found.codes == {"settings": "wrong_settings"}
    assert named in found.text("settings")


# Files


def test_paths_that_cannot_be_written(check, target):
    missing = str(target.folder / "missing" / "file")
    assert check(rejects_path=missing).codes == {"rejects": "not_usable"}
    assert check(ledger_path=missing).codes == {"ledger": "not_usable"}
    assert check(ledger_path=str(target.folder)).codes == {"ledger": "not_usable"}
    assert check(rejects_path=str(target.ledger)).codes == {"rejects": "not_usable"}
    assert check(rejects_path=f"{target.ledger}-wal").codes == {"rejects": "not_usable"}
    assert check(ledger_path="").findings["ledger"]["code"] == "off"


def test_deletes_are_confirmed_and_leave_receipts(check, target):
    rules = {"gone": {"type": "delete", "identity": "id"}}
    assert check(streams=rules).codes == {"deletes": "unconfirmed"}
    confirmed = {"streams": rules, "confirm_deletes": True}
    path = str(target.folder / "deletes.jsonl")
    assert check(**confirmed, deletes_path=path).codes == {}
    assert list(target.folder.iterdir()) == []
    missing = str(target.folder / "missing" / "file")
    for wrong in (missing, str(target.rejects), str(target.ledger)):
        assert check(**confirmed, deletes_path=wrong).codes == {"deletes": "not_usable"}


def test_a_run_that_would_send_nothing_is_named(check):
    found = check(already_delivered=True)
    assert found.codes == {"already_delivered": "on"}
    assert "sends nothing" in found.text("already_delivered")


def test_a_file_that_is_no_ledger(check, target):
    target.ledger.write_bytes(b"some text that is no database at all" * 100)
    assert check().codes == {"ledger": "damaged"}
    target.ledger.unlink()
    with closing(sqlite3.connect(target.ledger)) as database:
        database.execute("CREATE TABLE other (a)")
    assert check().codes == {"ledger": "damaged"}
    assert "not a ledger" in check().text("ledger")


def test_a_ledger_of_another_account_format_or_release(check, target):
    target.run(orders(5))
    found = check(account_id="TEST-000-0001")
    assert found.codes["ledger"] == "other_account"
    with closing(sqlite3.connect(target.ledger)) as database:
        database.execute("PRAGMA user_version = 99")
    assert check().codes == {"ledger": "newer_format"}
    target.ledger.unlink()
    for suffix in ("", "-wal"):
        shutil.copy(FORMER / f"ledger-3.sqlite{suffix}", f"{target.ledger}{suffix}")
    found = check()
    assert (found.codes, found.findings["ledger"]["code"]) == ({}, "older_format")


def test_a_ledger_in_use_and_one_after_a_kill(check, target):
    process = target.start()
    process.stdin.write(lines(orders(3)))
    process.stdin.flush()
    until_it_reads(process)
    before = files_in(target.folder).keys()
    assert check().findings["ledger"]["code"] == "in_use"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert check().findings["ledger"]["code"] == "ok"
    assert files_in(target.folder).keys() == before
    assert target.run(orders(3)).status == 0


def a_run_that_was_killed(target):
    process = target.start()
    process.stdin.write(lines(orders(3)))
    process.stdin.flush()
    until_it_reads(process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_ledger_that_a_run_would_refuse(check, target):
    log = target.ledger.with_name(f"{target.ledger.name}-wal")
    a_run_that_was_killed(target)
    log.rename(target.folder / "moved")
    found = check()
    assert found.codes == {"ledger": "damaged"}
    assert f"{log.name}, which holds its last entries, is not next to it" in found.text("ledger")
    assert not log.exists()
    (target.folder / "moved").rename(log)
    assert target.run(orders(3)).status == 0

    other = target.folder / "other"
    os.link(target.ledger, other)
    found = check()
    assert found.codes == {"ledger": "damaged"}
    assert "2 names (hard links)" in found.text("ledger")
    other.unlink()

    whole = target.ledger.read_bytes()
    target.ledger.write_bytes(whole[: len(whole) - 4096])
    found = check()
    assert found.codes == {"ledger": "damaged"}
    assert "its end is missing" in found.text("ledger")
    target.ledger.write_bytes(whole)
    assert check().codes == {}


def test_a_ledger_whose_folder_cannot_be_written(monkeypatch, target):
    assert target.run(orders(3)).status == 0
    may = os.access
    # the tests may run as root, whom no mode keeps out
    monkeypatch.setattr(os, "access", lambda path, mode: path != target.folder and may(path, mode))
    found = ledger_finding(str(target.ledger), "any")
    assert (found.code, found.ok) == ("not_usable", False)
    assert f"may not write to {target.folder}" in found.message


def test_a_disk_with_little_space(monkeypatch, target):
    config = {"account_id": "a", "passcode": "b", "rejects_path": str(target.rejects)}
    settings = RunSettings(
        **{
            **dict.fromkeys(RunSettings.__dataclass_fields__),
            **config,
            "url": "https://example.org",
            "rules": {},
        }
    )
    found = {}
    for free in (99_999_999, 100_000_000):
        usage = shutil._ntuple_diskusage(1 << 40, 0, free)
        monkeypatch.setattr(files.shutil, "disk_usage", lambda _, usage=usage: usage)
        found[free] = [each.code for each in files.file_findings(settings)]
    assert [*found.values()] == [["ok", "off", "little_space"], ["ok", "off", "ok"]]


# Host, credentials, clock


def test_wrong_credentials(check):
    assert check(passcode=SECRET).codes == {"credentials": "wrong_passcode"}
    found = check(account_id="TEST-000-0001")
    assert found.codes == {"credentials": "wrong_account_id"}


def test_hosts_that_are_none(check):
    assert check(api_url="http://127.0.0.1:9").codes == {"host": "refused"}
    assert check(api_url="https://clevertap.invalid").codes == {"host": "unknown_name"}
    with closing(RawServer(hang_up)) as server:
        assert check(api_url=f"http://{server.host}").codes == {"host": "unreachable"}
        assert check(api_url=f"https://{server.host}").codes == {"tls": "no_tls"}
    with closing(RawServer(lambda connection: (read_head(connection), time.sleep(20)))) as server:
        assert check(api_url=f"http://{server.host}").codes == {"host": "timeout"}
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<br>"
    with closing(RawServer(after_an_answer(page))) as server:
        assert check(api_url=f"http://{server.host}").codes == {"api": "not_clevertap"}
    proxy = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    assert check(api_url="https://api.invalid", environment=proxy).codes == {"proxy": "failed"}


def test_a_certificate_that_is_refused(check, start_emulator, tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    certificates = Certificates(folder)
    emulator = start_emulator(days=1, users=5, events_per_day=1, **certificates.expired)
    trusted = {"REQUESTS_CA_BUNDLE": certificates.trusted}
    found = check(api_url=emulator.url, environment=trusted)
    assert found.codes == {"tls": "certificate_refused"}
    assert "certificate has expired" in found.text("tls")


@pytest.mark.parametrize(
    ("action", "codes"),
    [
        ({"status": 503}, {"api": "failing"}),
        ({"status": 429}, {"in_flight": "shared"}),
        ({"status": 200, "body": {"status": "fail", "code": 1}}, {"in_flight": "shared"}),
        ({"status": 302, "headers": {"Location": "/"}}, {"api": "refused"}),
        ({"empty": True}, {"api": "not_clevertap"}),
        ({"html": True}, {"api": "not_clevertap"}),
        ({"status": 403, "body": {"status": "fail", "code": 403}}, {"upload": "refused"}),
        ({"record_code": {"1": 526}}, {"upload": "record_refused"}),
        ({"status": 200, "body": UNAUTHORIZED}, {"credentials": "wrong_passcode"}),
    ],
)
def test_answers_to_the_upload(check, target, action, codes):
    target.faults({"match": {"kind": "upload"}, "action": action})
    assert check().codes == codes


def test_answers_that_pass(check, target):
    target.faults({"match": {"kind": "upload", "number": [1, 2]}, "action": {"status": 503}})
    assert check().codes == {}


@pytest.mark.parametrize(("minutes", "codes"), [(4, {}), (6, {"clock": "apart"})])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_that_is_wrong(check, minutes, codes, sign):
    moment = time.gmtime(time.time() + sign * minutes * 60)
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", moment).encode()
    body = b'{"status":"success","processed":1,"unprocessed":[]}'
    head = b"HTTP/1.1 200 OK\r\nDate: %b\r\nContent-Length: %d\r\n\r\n" % (date, len(body))
    with closing(RawServer(after_an_answer(head + body))) as server:
        found = check(api_url=f"http://{server.host}")
    assert found.codes == codes
    if codes:
        assert f"6 min {'behind' if sign > 0 else 'ahead of'}" in found.text("clock")


def test_the_region_of_the_project_is_found(check, start_emulator, tmp_path):
    folder = tmp_path / "regions"
    folder.mkdir()
    sized = {"days": 1, "users": 5, "events_per_day": 1}
    started, environment = regions(lambda **given: start_emulator(**sized, **given), folder)
    with closing(RawServer(started(eu1={"wrong_region": True}, sg1={}))) as proxy:
        environment |= {"HTTPS_PROXY": f"http://{proxy.host}", "speed": 1}
        found = check(api_url=None, region="eu1", environment=environment)
        assert found.codes == {"region": "wrong_region"}
        assert "set region to sg1" in found.text("region")
        assert check(api_url=None, region="sg1", environment=environment).codes == {}
