"""The command `rejects`: looking at rejects, and sending chosen ones again without losing any."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.plugin_process import BIN
from tests.support.reports import check_report
from tests.support.run_output import clean_environment
from tests.support.target_process import (
    ORDER_COLUMNS,
    USER_COLUMNS,
    TargetProcess,
    lines,
    order,
    record,
    schema,
    until_it_reads,
)

PROGRAM = Path(__file__).with_name("killed_taking_out.py")
NOW = dt.datetime.now(dt.timezone.utc)
PERSONAL = ("ada@example.org", "Lovelace", "4915112345678")
SECRET = [
    schema("orders", {**ORDER_COLUMNS, "phone": {}, "name": {}}),
    order(1, email=None, name="Lovelace", phone="4915112345678"),
    order(2, created_at="ada@example.org"),
]


def reject(message, code=515, minutes=1, **notes):
    """Return a reject of so many minutes ago."""
    moment = (NOW - dt.timedelta(minutes=minutes)).isoformat(timespec="seconds")
    return {**message, "code": code, "reason": "ada@example.org", "rejected_at": moment, **notes}


MIXED = [
    schema("orders", ORDER_COLUMNS),
    *[reject(order(n), 515) for n in range(3)],
    *[reject(order(n), "uncertain") for n in range(3, 5)],
    schema("users", USER_COLUMNS, ["email"], []),
    reject(record("users", email="a@example.org", plan="x"), 516),
    reject(order(5), "unmatched"),
]


@pytest.fixture
def target(emulator, tmp_path):
    target = TargetProcess(emulator, tmp_path)
    target.rejects.write_bytes(lines(MIXED))
    return target


def command(target, *words, **settings):
    options = [*words, "--config", str(target.config(**settings))]
    return [str(BIN / "target-clevertap"), "rejects", *options]


def run(target, *words, **settings):
    target.report.unlink(missing_ok=True)
    ended = subprocess.run(
        command(target, *words, **settings),
        capture_output=True,
        cwd=target.folder,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    log = ended.stderr.decode()
    if target.report.exists():
        check_report(json.loads(target.report.read_text()), ended.returncode, log)
    return ended.returncode, ended.stdout.decode(), log


def rejects_in(path):
    """Return code and id of each reject; a SCHEMA of its stream has to come before it."""
    found, schemas = [], set()
    for line in path.read_text().splitlines():
        message = json.loads(line)
        if message["type"] == "SCHEMA":
            schemas.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] in schemas
            found.append((message["code"], message["record"].get("id")))
    return found


def asides(target):
    return sorted(target.folder.glob("rejects.jsonl.replayed-*"))


def ids_delivered(target):
    return sorted(each["evtData"]["id"] for each in target.delivered() if "evtData" in each)


def test_the_summary_counts_by_stream_code_and_reason_without_a_value(target):
    target.rejects.unlink()
    assert target.run(SECRET).status == 3
    status, text, log = run(target, "summary")
    assert status == 0, log
    assert "stream orders, code identity_missing: 1 records, rejected 20" in text
    assert "stream orders, code date_invalid: 1 records" in text
    assert "2 rejects of 1 streams" in text
    assert '"Xxxxxxxx"' in text
    assert [each for each in PERSONAL if each in text + log] == []


def test_the_summary_has_the_first_and_last_moment_and_the_meaning_of_codes(target):
    early, late = reject(order(1), 515, minutes=90), reject(order(2), 515, minutes=2)
    target.rejects.write_bytes(lines([MIXED[0], late, early]))
    status, text, _ = run(target, "summary")
    assert status == 0
    assert f"2 records, rejected {early['rejected_at']} to {late['rejected_at']}" in text
    assert "Email is not valid" in text
    assert "ada@example.org" not in text
    assert "ada@example.org" in run(target, "summary", "--values")[1]


def test_records_are_shown_masked_unless_values_are_asked_for(target):
    status, text, _ = run(target, "show", "--code", "515", "--code", "516")
    assert status == 0
    shown = [json.loads(line) for line in text.splitlines()]
    assert [each["code"] for each in shown] == ["515", "515", "515", "516"]
    assert [each["line"] for each in shown] == [2, 3, 4, 8]
    assert shown[0]["record"]["email"] == "xxxx9@xxxxxxx.xxx"
    assert "example.org" not in text
    with_values = run(target, "show", "--code", "515", "--values")[1]
    assert json.loads(with_values.splitlines()[0])["record"]["email"] == "user0@example.org"


ODD = [
    b'{"type":"RECORD","stream":"orders","record":{"id":NaN},"code":515,"reason":"x"}',
    b'{"type":"RECORD","stream":"orders","record":{"id":"\\ud800"},"code":515}',
    b'{"type":"RECORD","stream":"orders","record":{"id":"\\u001b[2J\xc2\x9b\xe2\x80\xae"},"code":515}',
    b'{"type":"RECORD","stream":"orders","record":{"id":"\xff"},"code":515}',
    b'{"type":"RECORD","stream":"orders","record":{"id":'
    + b"[" * 5000
    + b"]" * 5000
    + b'},"code":1}',
    b'{"type":"RECORD","stream":"orders","record":{"id":1e999999},"code":515}',
    b'{"type":"RECORD","stream":"orders","record":[1],"code":515}',
    b'{"type":"RECORD","stream":"orders","record":{},"code":"a\\u001b[31m","rejected_at":5}',
]


@pytest.mark.parametrize(
    "words", [["summary"], ["summary", "--values"], ["show"], ["show", "--values"]]
)
def test_odd_records_are_shown_safely(target, words):
    target.rejects.write_bytes(lines(MIXED[:1]) + b"\n".join(ODD) + b"\n")
    status, text, log = run(target, *words)
    assert status == 0, log
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    if words[0] == "show":
        assert len(text.splitlines()) == len(ODD)


@pytest.mark.parametrize("words", ["summary", "show", "replay"])
def test_a_file_that_is_not_there_and_codes_that_it_lacks_are_named(target, words):
    status, _, log = run(target, words, "--code", "999")
    assert status == 1
    assert "`999`; name one of those it has: `515`, `516`, `uncertain`, `unmatched`" in log
    target.rejects.unlink()
    status, _, log = run(target, words)
    assert status == 1
    assert f"there is no file {target.rejects}" in log
    assert asides(target) == []


def test_all_but_what_clevertap_may_have_is_sent_again_and_the_rest_stays(target):
    status, text, log = run(target, "replay")
    assert status == 0, log
    assert text == ""  # no state
    assert ids_delivered(target) == [0, 1, 2]
    assert rejects_in(target.rejects) == [("uncertain", 3), ("uncertain", 4), ("unmatched", 5)]
    (aside,) = asides(target)
    assert rejects_in(aside) == [(515, 0), (515, 1), (515, 2), (516, None)]
    assert {path.stat().st_mode & 0o777 for path in (aside, target.rejects)} == {0o600}
    assert sorted(path.name for path in target.folder.glob(".clevertap*")) == []


def test_uncertain_ones_are_sent_by_name_alone(target):
    status, _, log = run(target, "replay", "--code", "uncertain")
    assert status == 0, log
    assert ids_delivered(target) == [3, 4]
    assert [code for code, _ in rejects_in(target.rejects)] == [515, 515, 515, 516, "unmatched"]


def test_what_is_refused_again_is_appended_again(target):
    target.rejects.write_bytes(lines([MIXED[0], reject(order(1, email=None)), *MIXED[4:6]]))
    status, _, log = run(target, "replay")
    assert status == 3, log
    assert rejects_in(target.rejects) == [
        ("uncertain", 3),
        ("uncertain", 4),
        ("identity_missing", 1),
    ]


def test_a_file_of_which_nothing_stays_is_renamed_and_a_renamed_one_is_read_in_place(target):
    target.rejects.write_bytes(lines(MIXED[:4]))
    before = target.rejects.read_bytes()
    assert run(target, "replay")[0] == 0
    (aside,) = asides(target)
    assert (aside.read_bytes(), target.rejects.exists()) == (before, False)
    status, _, log = run(target, "replay", str(aside))
    assert (status, asides(target)) == (0, [aside]), log
    assert ids_delivered(target) == [0, 1, 2]  # once, by the ledger


def test_of_a_renamed_file_the_rest_stays_there_and_the_present_one_is_untouched(target):
    earlier = target.folder / "rejects.jsonl.replayed-20260101T000000.000000Z"
    earlier.write_bytes(lines(MIXED))
    before = target.rejects.read_bytes()
    assert run(target, "replay", str(earlier), "--code", "515")[0] == 0
    assert target.rejects.read_bytes() == before
    assert len(rejects_in(earlier)) == 4
    (aside,) = [path for path in asides(target) if path != earlier]
    assert aside.name.count("replayed") == 1
    assert rejects_in(aside) == [(515, 0), (515, 1), (515, 2)]


def test_lines_that_are_no_rejects_are_named_and_kept(target):
    odd = [b'{"type":"RECORD","stre\n', b'{"type":"STATE","value":{}}\n', b"\n", b"hello\n"]
    homeless = lines([reject(record("nobody", id=1))])
    plain = lines([order(9)])
    target.rejects.write_bytes(homeless + lines(MIXED[:4]) + b"".join(odd) + plain)
    status, text, log = run(target, "replay")
    assert (status, text) == (0, ""), log
    assert "lines 1, 6, 7, 9, 10 are not rejects, or have no SCHEMA before them" in log
    assert ids_delivered(target) == [0, 1, 2]
    assert target.rejects.read_bytes() == homeless + odd[0] + odd[1] + odd[3] + plain


@pytest.mark.parametrize("dry_run", ["local", "vendor"])
def test_a_dry_run_leaves_all_files_as_they_are(target, dry_run):
    before = target.rejects.read_bytes()
    status, _, log = run(target, "replay", dry_run=dry_run)
    assert status == 0, log
    assert "4 records came, 4 would be delivered" in log
    assert target.rejects.read_bytes() == before
    assert asides(target) == []
    assert [*target.folder.glob(".clevertap*")] == []
    assert target.delivered() == []


def test_wrong_settings_leave_the_file_where_it_is(target):
    before = target.rejects.read_bytes()
    for wrong in ({"max_in_flight": 99}, {"streams": {"orders": {"type": "event"}}}):
        status, _, log = run(target, "replay", **wrong)
        assert status == 1, log
        assert (target.rejects.read_bytes(), asides(target)) == (before, [])


def test_a_run_that_ends_early_says_where_the_rest_is(target):
    status, _, log = run(target, "replay", streams={})
    assert status == 1
    (aside,) = asides(target)
    assert f"what was not sent is in {aside}" in log
    assert len(rejects_in(aside)) == 4


def test_another_run_may_append_meanwhile(target):
    with target.rejects.open("r+b") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        replaying = subprocess.Popen(
            command(target, "replay"), cwd=target.folder, stderr=subprocess.PIPE
        )
        with pytest.raises(subprocess.TimeoutExpired):
            replaying.wait(3)
        writing.seek(0, os.SEEK_END)
        writing.write(lines([reject(order(7), "uncertain"), reject(order(8), 515)]))
    _, log = replaying.communicate(timeout=60)
    assert replaying.returncode == 0, log
    assert ids_delivered(target) == [0, 1, 2, 8]
    assert ("uncertain", 7) in rejects_in(target.rejects)


def test_a_run_that_had_the_file_open_appends_to_the_new_one(target):
    settings = {"all_rejected": "continue", "ledger_path": ""}
    waiting = target.start(**settings)
    waiting.stdin.write(lines([MIXED[0], order(20, email=None)]))
    waiting.stdin.flush()
    deadline = time.monotonic() + 30
    while ("identity_missing", 20) not in rejects_in(target.rejects):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    status, _, log = run(target, "replay", "--code", "515", **settings)
    assert status == 0, log
    waiting.communicate(lines([order(21, email=None)]), timeout=60)
    assert ("identity_missing", 21) in rejects_in(target.rejects)
    assert ("identity_missing", 20) in rejects_in(target.rejects)


def test_while_another_run_uses_the_ledger_nothing_is_taken_out(target):
    before = target.rejects.read_bytes()
    other = target.start()
    until_it_reads(other)
    status, _, log = run(target, "replay")
    other.communicate(b"", timeout=60)
    assert status == 1
    assert "is in use by another run" in log
    assert (target.rejects.read_bytes(), asides(target)) == (before, [])


def test_profiles_that_may_be_older_than_clevertaps_are_counted(target):
    columns = {**USER_COLUMNS, "at": {}}
    shape = schema("users", columns, ["email"], ["at"])

    def user(name, at, code=515, minutes=1):
        return reject(record("users", email=name, plan="x", at=at), code, minutes)

    target.rejects.write_bytes(
        lines(
            [
                shape,
                user("a", "2026-01-02", minutes=90),
                user("b", "2026-01-05"),
                user("b", "2026-01-03"),  # older than the one before it
                user("c", "2026-01-01"),  # and a newer one stays
                user("c", "2026-01-02", "uncertain"),
                user("d", "2026-01-01"),
                user("d", "2026-01-02"),  # in their order
            ]
        )
    )
    status, _, log = run(target, "replay")
    assert status == 0, log
    assert "1 profiles were rejected more than an hour ago" in log
    assert "2 profiles are older than another of their user in the file" in log


TEXT = {"type": "string"}
OLDER = {
    "a preset": (
        schema("customers", {"id": {}, "displayName": {}, "updatedAt": {}}, ["id"], ["updatedAt"]),
        lambda at: record("customers", id="7", displayName="Ada", updatedAt=at),
        {"streams": {"customers": {"preset": "shopify"}}},
    ),
    "a stream map": (
        schema("people", {"document": {"type": "object"}, "at": {}}, ["document"], ["at"]),
        lambda at: record("people", document={"_id": "7"}, at=at),
        {
            "streams": {"people": {"type": "profile", "identity": "customer_id"}},
            "stream_maps": {
                "people": {
                    "customer_id": "str(document['_id'])",
                    "document": None,
                    "__key_properties__": ["customer_id"],
                }
            },
        },
    ),
    "capitals": (
        schema(
            "profiles",
            {
                **dict.fromkeys(("PROFILE_KEY", "IDENTITY", "SEEN_THROUGH"), TEXT),
                "OBJECT_IDS": {"type": "array"},
                "PROFILE_DATA": {"type": "object"},
            },
            ["PROFILE_KEY"],
            ["SEEN_THROUGH"],
        ),
        lambda at: record(
            "profiles",
            PROFILE_KEY="7",
            IDENTITY=None,
            OBJECT_IDS=["__7"],
            PROFILE_DATA={"Plan": "x"},
            SEEN_THROUGH=at,
        ),
        {"streams": {}},
    ),
}


@pytest.mark.parametrize("shape", OLDER)
def test_the_user_of_an_older_profile_is_found_as_a_run_finds_it(target, shape):
    head, row, settings = OLDER[shape]
    rows = [reject(row("2026-01-05"), minutes=90), reject(row("2026-01-03"))]
    target.rejects.write_bytes(lines([head, *rows]))
    status, _, log = run(target, "replay", **settings)
    assert status == 0, log
    assert "1 profiles were rejected more than an hour ago" in log
    assert "1 profiles are older than another of their user in the file" in log


def test_events_are_never_called_old(target):
    target.rejects.write_bytes(lines([MIXED[0], reject(order(1), minutes=9000)]))
    status, _, log = run(target, "replay")
    assert status == 0, log
    assert "profiles" not in log


def kill_at(path, step):
    return subprocess.run(
        [sys.executable, str(PROGRAM), str(path), str(step)], capture_output=True, check=False
    )


def test_a_kill_before_any_step_loses_no_reject(target):
    everything = Counter(rejects_in(target.rejects))
    content = target.rejects.read_bytes()
    steps, places = 0, Counter()
    while True:
        steps += 1
        for path in asides(target):
            path.unlink()
        target.rejects.write_bytes(content)
        ended = kill_at(target.rejects, steps)
        found = Counter()
        for path in (target.rejects, *asides(target)):
            found += Counter(rejects_in(path))
        assert not everything - found, steps
        places[len(asides(target))] += 1
        if ended.returncode == 0:
            break
    assert found == everything
    assert steps > 5
    assert places[0]
    assert places[1] > 1


def test_a_replay_that_is_killed_again_and_again_delivers_each_event_once(target):
    many = [MIXED[0], *[reject(order(n), 515) for n in range(400)]]
    target.rejects.write_bytes(lines([*many, *MIXED[4:6]]))
    target.emulator.faults([{"match": {"path": "/1/upload"}, "action": {"delay": 0.05}}])
    settings = {"batch_size_rows": 10, "max_in_flight": 2, "uncertain": "skip"}
    for seconds in (0.6, 0.9, 1.2, 1.5):
        for path in [*asides(target), target.rejects]:
            replaying = subprocess.Popen(
                command(target, "replay", str(path), **settings),
                cwd=target.folder,
                stderr=subprocess.DEVNULL,
            )
            try:
                replaying.wait(seconds)
            except subprocess.TimeoutExpired:
                replaying.kill()
                replaying.wait()
    for path in [*asides(target), target.rejects]:
        run(target, "replay", str(path), **settings)
    delivered = Counter(ids_delivered(target))
    assert set(delivered.values()) == {1}
    uncertain = {number for code, number in rejects_in(target.rejects) if code == "uncertain"}
    assert set(range(400)) <= set(delivered) | uncertain


@pytest.mark.parametrize("word", ["summary", "show", "replay", "import"])
def test_a_path_that_the_system_refuses_is_named(target, word):
    status, _, log = run(target, word, "x" * 300)
    assert status == 1
    assert "cannot be used: File name too long; choose another path" in log
    assert "Traceback" not in log


def test_a_replay_that_sends_nothing_makes_no_ledger(target):
    target.rejects.write_bytes(lines([MIXED[0], MIXED[4]]))  # an uncertain one
    status, _, log = run(target, "replay")
    assert status == 0, log
    assert "nothing" in log
    assert not target.ledger.exists()
