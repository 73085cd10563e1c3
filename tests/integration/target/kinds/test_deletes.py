"""Deletions: confirmed, a hundred a call, in order, once, and with a receipt for each call."""

from __future__ import annotations

import fcntl
import hashlib
import json
import stat
import subprocess

import pytest

from tests.support.plugin_process import BIN
from tests.support.record_paths import batches
from tests.support.target_process import record, schema, state, wait_for_log

DELETE = {"type": "delete", "identity": "email"}
USERS = {"type": "profile", "identity": "email"}
COLUMNS = {
    "id": {"type": "integer"},
    "email": {"type": ["string", "null"]},
    "updated_at": {"type": "string"},
}


def gone(*emails, first=0, bookmarks=("updated_at",), at="2026-01-01"):
    rows = [
        record("gone", id=number, email=email, updated_at=at)
        for number, email in enumerate(emails, first)
    ]
    return [schema("gone", COLUMNS, bookmarks=bookmarks), *rows]


def users(*emails, **columns):
    known = {"email": {"type": "string"}, "plan": {}, "_sdc_deleted_at": {}}
    return [
        schema("users", known, ["email"]),
        *(record("users", email=email, **columns) for email in emails),
    ]


@pytest.fixture
def deleting(target, tmp_path):
    """Run with rules that delete, and a file of deletions next to the rejects."""
    target.deletes = tmp_path / "deletes.jsonl"

    def run(messages, **settings):
        given = {
            "streams": {"gone": DELETE, "users": USERS},
            "confirm_deletes": True,
            "deletes_path": str(target.deletes),
        }
        return target.run(messages, **{**given, **settings})

    return run


def receipts(target):
    return [json.loads(line) for line in target.deletes.read_text().splitlines()]


def deleted(emulator):
    return [each["value"] for each in emulator.calls()["deleted"]]


def is_there(emulator, identity):
    return emulator.api("GET", f"/1/profile.json?identity={identity}").status_code == 200


def test_a_thousand_take_ten_calls_of_which_three_are_in_flight(target, emulator, deleting):
    target.faults({"match": {"kind": "delete"}, "action": {"delay": 0.2}})
    emails = [f"u{number}@example.org" for number in range(1000)]
    done = deleting([*gone(*emails), state(1000)])
    assert (done.status, done.states) == (0, [1000])
    assert sorted(deleted(emulator)) == sorted(emails)
    asked = emulator.requests()
    assert [each["records"] for each in asked["requests"]] == [100] * 10
    assert asked["max_in_flight"]["calls"] == 3


def test_each_accepted_call_is_a_line_that_names_nobody(target, deleting):
    emails = [f"u{number}@example.org" for number in range(101)]
    done = deleting(gone(*emails))
    assert f"receipts of deletions go to {target.deletes}" in done.log
    lines = receipts(target)
    assert sorted(line["count"] for line in lines) == [1, 100]
    assert len({line["request"] for line in lines}) == len({line["salt"] for line in lines}) == 2
    hashes = {each for line in lines for each in line["identities"]}
    assert (
        hashes
        == {
            hashlib.sha256((line["salt"] + email).encode()).hexdigest()
            for line in lines
            for email in emails
        }
        & hashes
    )
    assert len(hashes) == 101
    assert "example.org" not in target.deletes.read_text()
    assert stat.S_IMODE(target.deletes.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "rules",
    [{"gone": DELETE}, {"gone": {**USERS, "on_deleted": "delete"}}],
    ids=["type", "on_deleted"],
)
def test_without_confirmation_the_run_ends_before_anything_of_the_stream(
    target, emulator, deleting, rules
):
    messages = [*users("anna"), state(1), *gone("ben"), state(2)]
    streams = {"users": USERS, **rules}
    done = deleting(messages, confirm_deletes=False, streams=streams)
    assert done.status not in {0, 3}
    assert "set `confirm_deletes: true`" in done.log
    assert "streams.gone" in done.log
    assert done.states == [1]
    assert is_there(emulator, "anna")
    assert emulator.calls()["deleted"] == []
    assert not target.deletes.exists()


def test_a_user_who_came_back_is_not_deleted_by_the_same_row(target, emulator, deleting):
    assert deleting([*users("anna"), *gone("anna")]).status == 0
    assert not is_there(emulator, "anna")
    assert deleting([*users("anna", plan="gold"), *gone("anna")]).status == 0
    assert is_there(emulator, "anna")
    assert len(receipts(target)) == 1
    again = gone("anna", at="2026-02-01")
    assert deleting(again).status == 0
    assert not is_there(emulator, "anna")


def test_object_ids_are_deleted_as_guids(target, emulator, deleting):
    deleting(gone("__d4"), streams={"gone": {**DELETE, "identity_type": "objectId"}})
    assert emulator.calls()["deleted"] == [{"request": 1, "key": "guid", "value": "__d4"}]
    assert receipts(target)[0]["key"] == "guid"


def test_records_of_a_user_keep_their_order_around_a_deletion(target, emulator, deleting):
    target.faults({"match": {"kind": "upload"}, "action": {"delay_effect": 0.2}})
    messages = [
        *users("anna", plan="old"),
        *gone("anna", "ben"),
        *users("anna", plan="new")[1:],
        *gone("carla", first=5)[1:],
        *users("carla", "ben", plan="new")[1:],
    ]
    assert deleting(messages).status == 0
    for name in ("anna", "ben", "carla"):
        found = emulator.api("GET", f"/1/profile.json?identity={name}").json()["record"]
        assert found["profileData"] == {"plan": "new"}


def test_a_late_upload_does_not_bring_a_deleted_user_back(target, emulator, deleting):
    target.faults({"match": {"kind": "upload"}, "action": {"delay_effect": 0.5}})
    names = [f"u{number}" for number in range(60)]
    assert deleting([*users(*names), *gone(*names)]).status == 0
    assert len(deleted(emulator)) == 60
    assert not any(is_there(emulator, name) for name in names)


def test_few_deletions_among_many_uploads_make_few_calls(emulator, deleting):
    messages = [*users(), *gone()]
    for number in range(4000):
        messages += users(f"u{number}")[1:]
        if number % 100 == 99:
            messages += gone(f"g{number}", first=number)[1:]
    assert deleting(messages).status == 0
    kinds = [each["kind"] for each in emulator.requests()["requests"]]
    assert kinds.count("delete") == 1
    assert kinds.count("upload") <= 40


def test_calls_in_flight_are_halved_after_a_429(target, emulator, deleting):
    target.faults({"match": {"kind": "delete", "number": [1, 2]}, "action": {"status": 429}})
    emails = [f"u{number}" for number in range(500)]
    assert deleting(gone(*emails)).status == 0
    assert sorted(deleted(emulator)) == sorted(emails)
    assert sum(line["count"] for line in receipts(target)) == 500


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_an_unknown_outcome_is_sent_again_or_becomes_a_reject(
    target, emulator, deleting, uncertain
):
    target.faults({"match": {"kind": "delete", "number": 1}, "action": {"cut": "after"}})
    done = deleting(gone("anna", "ben"), uncertain=uncertain, max_rejects=-1)
    assert done.status == 0
    if uncertain == "resend":
        assert deleted(emulator) == ["anna", "ben"] * 2
        assert [line["count"] for line in receipts(target)] == [2]
        assert target.rejected() == []
    else:
        assert deleted(emulator) == ["anna", "ben"]
        assert target.rejected_codes() == {"uncertain": 2}
        assert not target.deletes.exists()


def test_a_bad_user_is_found_by_halves_and_all_others_are_deleted(target, emulator, deleting):
    ids = [f"__{number}" for number in range(50)]
    ids[17] = "a b"  # what only CleverTap refuses
    rule = {**DELETE, "identity_type": "objectId"}
    done = deleting(gone(*ids), streams={"gone": rule}, max_rejects=1)
    assert done.status == 0
    assert sorted(deleted(emulator)) == sorted(each for each in ids if each != "a b")
    ((reject, code),) = target.rejected()
    assert (reject["email"], code) == ("a b", "malformed")
    assert sum(line["count"] for line in receipts(target)) == 49


def test_users_that_cannot_be_are_rejects(target, emulator, deleting):
    done = deleting(gone("anna", None, "n/a", "x" * 1024, "x" * 1023), max_rejects=3)
    assert done.status == 0
    assert deleted(emulator) == ["anna", "x" * 1023]
    assert target.rejected_codes() == {"identity_missing": 1, "identity_invalid": 2}


def test_deleted_rows_delete_their_users_where_the_rule_says_so(emulator, deleting):
    rule = {**USERS, "on_deleted": "delete"}
    moment = "2026-03-01T00:00:00Z"
    messages = [*users("anna", "ben"), *users("anna", _sdc_deleted_at=moment)[1:]]
    messages += users("carla")[1:]
    for _ in range(2):
        assert deleting(messages, streams={"users": rule}).status == 0
    assert deleted(emulator) == ["anna"]
    assert is_there(emulator, "ben")
    assert is_there(emulator, "carla")
    later = users("anna", _sdc_deleted_at="2026-04-01T00:00:00Z")
    assert deleting(later, streams={"users": rule}).status == 0
    assert deleted(emulator) == ["anna", "anna"]


@pytest.mark.parametrize("mark", ["_sdc_deleted_at", "_ab_cdc_deleted_at", "_fivetran_deleted"])
def test_all_marks_of_deleted_rows_count(emulator, deleting, mark):
    columns = {"email": {"type": "string"}, mark: {}}
    value = True if mark == "_fivetran_deleted" else "2026-03-01"
    messages = [
        schema("users", columns, ["email"]),
        *(record("users", email=f"u{number}", **{mark: None}) for number in range(20)),
        record("users", email="anna", **{mark: value}),
        *(record("users", email=f"v{number}", **{mark: None}) for number in range(20)),
    ]
    done = deleting(messages, streams={"users": {**USERS, "on_deleted": "delete"}})
    assert done.status == 0
    assert deleted(emulator) == ["anna"]
    assert len(emulator.uploads()["profiles"]) == 40


def test_deleted_rows_are_left_out_by_default(emulator, deleting):
    done = deleting(
        users("anna", _sdc_deleted_at="2026-03-01"), confirm_deletes=False, streams={"users": USERS}
    )
    assert done.status == 0
    assert emulator.requests()["requests"] == []
    assert "deleted at the source 1 (not sent)" in done.log


@pytest.mark.parametrize("invalid", ["reject", "send", "fix"])
def test_a_placeholder_for_no_user_is_never_deleted(emulator, deleting, invalid):
    rows = users("null", "anna", _sdc_deleted_at="2026-03-01")
    rule = {**USERS, "on_deleted": "delete", "invalid": invalid}
    done = deleting(rows, streams={"users": rule}, max_rejects=1)
    assert done.status == 0, done.log
    assert "identity_invalid: 1" in done.log
    assert deleted(emulator) == ["anna"]


def test_a_stream_map_that_sets_the_mark_deletes_and_one_that_fails_does_not_hide_it(
    emulator, deleting
):
    columns = {"email": {"type": "string"}, "left": {}, "plan": {}, "_sdc_deleted_at": {}}
    messages = [
        schema("users", columns, ["email"]),
        record("users", email="anna", left="2026-03-01", plan="gold"),
        record("users", email="ben", left=None, plan="gold"),
        record("users", email="carla", left=None, plan=None, _sdc_deleted_at="2026-03-01"),
    ]
    maps = {"users": {"email": "email", "plan": "plan.upper()", "_sdc_deleted_at": "left"}}
    done = deleting(
        messages, stream_maps=maps, streams={"users": {**USERS, "on_deleted": "delete"}}
    )
    assert done.status == 0
    assert sorted(deleted(emulator)) == ["anna", "carla"]


@pytest.mark.parametrize(
    "more", [{"email": "'shop-' + email"}, {"__filter__": "plan.upper() == 'GOLD'"}]
)
def test_where_a_failing_stream_map_may_hide_the_user_nobody_is_deleted(emulator, deleting, more):
    gone_row = users("anna", plan=None, _sdc_deleted_at="2026-03-01")
    maps = {"users": {"plan": "plan.upper()", **more}}
    done = deleting(
        [*gone_row, state(1)],
        stream_maps=maps,
        streams={"users": {**USERS, "on_deleted": "delete"}},
    )
    assert done.status not in {0, 3}
    assert done.states == []
    assert "a stream map of `users` fails" in done.log
    assert deleted(emulator) == []


def test_only_if_holds_back_requests_of_which_the_row_is_deleted(emulator, deleting):
    columns = {"email": {}, "approved": {}, "_sdc_deleted_at": {}}
    rule = {**DELETE, "on_deleted": "delete", "only_if": "approved"}
    moment = "2026-03-01T00:00:00Z"
    rows = [
        record("gone", email=email, approved=email == "anna", _sdc_deleted_at=moment)
        for email in ("anna", "ben")
    ]
    done = deleting([schema("gone", columns, ["email"], []), *rows], streams={"gone": rule})
    assert done.status == 0
    assert deleted(emulator) == ["anna"]


def test_without_a_ledger_deletions_need_repeat(emulator, deleting):
    done = deleting(gone("anna"), ledger_path="")
    assert done.status not in {0, 3}
    assert "repeat: allow" in done.log
    allowed = {"gone": {**DELETE, "repeat": "allow"}}
    for _ in range(2):
        assert deleting(gone("anna"), ledger_path="", streams=allowed).status == 0
    assert deleted(emulator) == ["anna", "anna"]


def test_a_file_that_cannot_be_written_ends_the_run_without_state(target, emulator, deleting):
    target.deletes.mkdir()
    done = deleting([*gone("anna"), state(1)])
    assert done.status not in {0, 3}
    assert "deletes_path" in done.log
    assert (done.states, emulator.calls()["deleted"]) == ([], [])


def test_rejected_deletions_can_be_sent_again(target, emulator, deleting):
    target.faults({"match": {"kind": "delete", "number": 1}, "action": {"cut": "after"}})
    deleting(gone("anna", "ben"), uncertain="skip", max_rejects=-1)
    settings = {"streams": {"gone": DELETE}, "confirm_deletes": True}
    again = target.replay(**settings, deletes_path=str(target.deletes))
    assert again.status == 0
    assert deleted(emulator) == ["anna", "ben"] * 2
    assert [line["count"] for line in receipts(target)] == [2]


@pytest.mark.parametrize("mode", ["local", "vendor"])
def test_a_dry_run_counts_deletions_and_deletes_nobody(target, emulator, deleting, mode):
    messages = [*users("anna"), *gone("anna", "ben", None)]
    done = deleting(messages, dry_run=mode, confirm_deletes=False)
    assert "deletions: 2" in done.log
    assert emulator.calls()["deleted"] == []
    assert not target.deletes.exists()


def verify(target, *users, given=""):
    config = target.config(deletes_path=str(target.deletes), streams={"gone": DELETE})
    command = [BIN / "target-clevertap", "deletes", "verify", *users, "--config", config]
    return subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_whoever_knows_a_user_can_see_that_it_was_deleted(target, deleting):
    deleting(gone("anna", "ben"))
    (line,) = receipts(target)
    when = f"deleted at {line['at']}, request {line['request']}"
    found = verify(target, "ben")
    assert (found.returncode, found.stdout) == (0, f"`ben`: {when}\n")
    found = verify(target, given="anna\nnobody\n")
    assert found.returncode == 1
    assert found.stdout == f"`anna`: {when}\n`nobody`: not in {target.deletes}\n"
    target.deletes.write_text("{}\n")
    found = verify(target, "ben")
    assert found.returncode == 1
    assert "line 1" in found.stderr
    assert "is not a receipt" in found.stderr


def test_a_last_line_that_a_kill_cut_short_is_left_out(target, deleting):
    for user in ("anna", "ben"):
        deleting(gone(user))
    first, second = target.deletes.read_bytes().splitlines(keepends=True)
    for cut in (1, 10, len(second) // 2, len(second) - 2):
        target.deletes.write_bytes(first + second[:cut])
        found = verify(target, "anna", "ben")
        assert found.returncode == 1
        assert found.stdout.splitlines()[1] == f"`ben`: not in {target.deletes}"
        assert f"line 2 of {target.deletes} was cut short" in found.stderr
    target.deletes.write_bytes(first + second[:-1])  # as an editor may leave it
    assert verify(target, "anna", "ben").returncode == 0


@pytest.mark.parametrize(
    "content", [b'{"at":"2026-\n{}\n', b'{"at":"2026"}', b"hello", b"", b'{"count":1']
)
def test_another_file_is_not_taken_for_one_that_was_cut_short(target, content):
    target.deletes = target.folder / "deletes.jsonl"
    target.deletes.write_bytes(content)
    found = verify(target, "anna")
    assert found.returncode == 1
    assert "cut short" not in found.stderr
    assert ("line 1 of" in found.stderr) == bool(content)


def test_a_receipt_that_is_being_written_is_waited_for(target, deleting):
    deleting(gone("anna"))
    line = target.deletes.read_bytes()
    target.deletes.write_bytes(b"")
    config = target.config(deletes_path=str(target.deletes))
    with target.deletes.open("ab", buffering=0) as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        writing.write(line[:20])
        reading = subprocess.Popen(
            [BIN / "target-clevertap", "deletes", "verify", "anna", "--config", config],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        wait_for_log(reading, b"another process has locked it")
        writing.write(line[20:])
    _, log = reading.communicate(timeout=60)
    assert reading.returncode == 0, log


def test_users_that_are_not_utf_8_are_not_in_the_file(target, deleting):
    deleting(gone("anna"))
    command = ["deletes", "verify", "--config", target.config(deletes_path=str(target.deletes))]
    for given, words in ((b"anna\n\xff\n", "`\\udcff`: not in"), (None, "it is closed")):
        ended = subprocess.run(
            [*([] if given else ["sh", "-c", '"$0" "$@" <&-']), BIN / "target-clevertap", *command],
            input=given,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1
        assert words in (ended.stdout + ended.stderr).decode()
        assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("by", ["stream", "deleted row"])
def test_a_deleted_user_counts_as_changed(emulator, deleting, by):
    rule = {**USERS, "changes_only": True, "on_deleted": "delete"}
    streams = {"users": rule, "gone": DELETE}
    deletion = gone("anna") if by == "stream" else users("anna", _sdc_deleted_at="2026-03-01")
    for messages in (users("anna", plan="gold"), deletion, users("anna", plan="gold")):
        assert deleting(messages, streams=streams).status == 0
    assert is_there(emulator, "anna")
    assert len(emulator.uploads()["profiles"]) == 2
    assert deleting(users("anna", plan="gold"), streams=streams).status == 0
    assert len(emulator.uploads()["profiles"]) == 2


def test_deletions_without_a_key_need_a_ledger_key(emulator, deleting):
    messages = [{**gone()[0], "key_properties": []}, *gone("anna")[1:]]
    done = deleting(messages)
    assert done.status not in {0, 3}
    assert "streams.gone.ledger_key" in done.log
    assert emulator.requests()["requests"] == []
    rule = {**DELETE, "ledger_key": ["id"]}
    for _ in range(2):
        assert deleting(messages, streams={"gone": rule}).status == 0
    assert deleted(emulator) == ["anna"]


def test_the_guard_against_wrong_identities_leaves_deletions_alone(emulator, deleting):
    names = [f"u{number}" for number in range(250)]
    assert deleting(gone(*names), new_profile_limit=0.1).status == 0
    assert sorted(deleted(emulator)) == sorted(names)


ODD_ANSWERS = {
    "500": {"status": 500},
    "503 with effect": {"status": 503, "effect": True},
    "408": {"status": 408},
    "unreadable": {"html": True, "effect": True},
    "empty": {"empty": True},
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
    "truncated": {"truncate": 5},
    "code 1 in a 200": {"status": 200, "body": {"status": "fail", "error": "busy", "code": 1}},
}


@pytest.mark.parametrize("action", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_after_an_odd_answer_all_are_deleted_and_have_a_receipt(target, emulator, deleting, action):
    target.faults({"match": {"kind": "delete", "number": [2]}, "action": action})
    emails = [f"u{number}" for number in range(300)]
    done = deleting([*gone(*emails), state(1)])
    assert (done.status, done.states) == (0, [1])
    assert {*deleted(emulator)} == {*emails}
    assert len(deleted(emulator)) in {300, 400}
    assert sum(line["count"] for line in receipts(target)) == 300


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"status": 401}, "credentials"),
        ({"status": 403}, "does not allow"),
        ({"status": 404}, "api_url"),
        ({"status": 400}, "malformed"),
    ],
    ids=["401", "403", "404", "400"],
)
def test_a_call_that_is_always_refused_ends_the_run_without_state(
    target, emulator, deleting, action, words
):
    target.faults({"match": {"kind": "delete"}, "action": action})
    done = deleting([*gone("anna", "ben"), state(1)])
    assert (done.status, done.states) == (1, [])
    assert words in done.log
    assert deleted(emulator) == []
    assert not target.deletes.exists()


def test_rows_of_batch_files_are_deleted_as_records_are(target, emulator, deleting):
    streams = {"gone": DELETE, "users": {**USERS, "on_deleted": "delete"}}
    rows = [
        *users("anna", "ben", "carla"),
        *users("ben", _sdc_deleted_at="2026-03-01")[1:],
        *users("dora")[1:],
        *gone("anna", "carla"),
    ]
    schemas = [each for each in rows if each["type"] == "SCHEMA"]
    records = [each for each in rows if each["type"] == "RECORD"]
    for _ in range(2):
        done = deleting([*schemas, *batches(target.folder, records), state(1)], streams=streams)
        assert (done.status, done.states) == (0, [1])
        assert sorted(deleted(emulator)) == ["anna", "ben", "carla"]
    assert is_there(emulator, "dora")
