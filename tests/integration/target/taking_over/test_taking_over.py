"""Taking over from another tool: what it delivered is not sent again, and nothing is lost."""

from __future__ import annotations

import json

import pytest

from tests.support.plugin_process import BIN, run_command
from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    lines,
    order,
    orders,
    record,
    schema,
    state,
)

NEW = {"__filter__": "created_at < '2026-01-01T00:00:30Z'"}
CHANGED_ONLY = {"type": "profile", "identity": "email", "changes_only": True}


def people(*plans):
    rows = [record("users", email=f"user{at}@example.org", plan=plan) for at, plan in plans]
    return [schema("users", {"email": {}, "plan": {}}, ["email"], []), *rows]


def numbers(target):
    return sorted(each["evtData"]["id"] for each in target.delivered())


def test_what_another_tool_delivered_is_noted_and_not_sent(target):
    ran = target.run(orders(1200), already_delivered=True, batch_size_rows=100)
    assert (ran.status, ran.states) == (0, [])
    assert target.requests() == []
    assert "1200 records came, 1200 are noted as delivered, 0 were known, 0 refused" in ran.log
    assert json.loads(target.report.read_text())["already_delivered"] is True
    ran = target.run(orders(1205))
    assert ran.status == 0
    assert numbers(target) == [1200, 1201, 1202, 1203, 1204]
    assert ran.states[-1] == {"orders": 1000}


def test_rows_that_a_filter_leaves_out_are_sent_by_the_next_run(target):
    messages = [*orders(60), state({"orders": 60})]
    ran = target.run(messages, already_delivered=True, stream_maps={"orders": NEW})
    assert (ran.status, ran.states, target.delivered()) == (0, [], [])
    assert "60 records came, 30 are noted as delivered" in ran.log
    assert target.run(messages).states[-1] == {"orders": 60}
    assert numbers(target) == list(range(30, 60))


def test_it_may_be_repeated_and_interrupted_runs_continued(target):
    target.run(orders(40), already_delivered=True)
    ran = target.run(orders(50), already_delivered=True)
    assert "50 records came, 10 are noted as delivered, 40 were known" in ran.log
    target.run(orders(50))
    assert target.delivered() == []


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_what_a_killed_run_left_on_its_way_is_noted_too(target, uncertain):
    target.faults({"match": {"kind": "upload"}, "action": {"delay_effect": 30}})
    process = target.start(uncertain=uncertain)
    process.stdin.write(lines(orders(20)))
    process.stdin.close()
    target.until_requests(1)
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    target.faults()
    ran = target.run(orders(20), already_delivered=True, uncertain=uncertain)
    assert "20 records came, 20 are noted as delivered" in ran.log
    ran = target.run(orders(20), uncertain=uncertain)
    assert ran.status == 0
    assert target.delivered() == []
    assert not target.rejects.exists()


def test_no_file_is_made_where_records_go_into_files(target):
    files = {"method": "files", "files_for": "dashboard", "files_path": str(target.folder / "out")}
    assert target.run(orders(20), already_delivered=True, **files).status == 0
    assert not (target.folder / "out").exists()
    ran = target.run(orders(23), **files)
    assert ran.status == 0
    assert "delivered 3, already delivered 20" in ran.log


def test_only_profiles_that_changed_since_are_sent(target):
    rules = {"users": CHANGED_ONLY}
    target.run(people((1, "free"), (2, "free")), already_delivered=True, streams=rules)
    ran = target.run(people((1, "free"), (2, "gold"), (3, "free")), streams=rules)
    assert "unchanged 1 (not sent)" in ran.log
    sent = {each["identity"]: each["profileData"]["plan"] for each in target.delivered()}
    assert sent == {"user2@example.org": "gold", "user3@example.org": "free"}


def test_profiles_that_the_ledger_cannot_know_are_named(target):
    ran = target.run(people((1, "free"), (2, "free")), already_delivered=True)
    assert ran.status == 0
    assert "2 of them have no name in the ledger, and come again" in ran.log
    assert "`changes_only: true`" in ran.log


def test_what_our_checks_refuse_is_counted_and_comes_again(target):
    ran = target.run([*orders(2), order(7, email=None)], already_delivered=True)
    assert ran.status == 3
    assert "1 records would be refused" in ran.log
    assert "orders: 1 records refused, identity_missing" in ran.log
    assert not target.rejects.exists()
    assert target.run([*orders(2), order(7, email=None)]).status == 3
    assert target.rejected_codes() == {"identity_missing": 1}


def test_deletions_of_another_tool_are_noted_without_a_call(target):
    rules = {"erased": {"type": "delete", "identity": "email"}}
    columns = {"email": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}
    rows = [record("erased", email="a@example.org", at="2026-01-01T00:00:00Z")]
    messages = [schema("erased", columns, ["email"], ["at"]), *rows]
    ran = target.run(messages, already_delivered=True, streams=rules)
    assert (ran.status, target.emulator.calls()["deleted"]) == (0, [])
    assert not (target.folder / "clevertap-deletes.jsonl").exists()
    paths = {"deletes_path": str(target.folder / "deletes.jsonl")}
    assert target.run(messages, streams=rules, confirm_deletes=True, **paths).status == 0
    assert target.emulator.calls()["deleted"] == []


def test_rows_without_time_or_bookmark_are_known_again(target):
    rule = {**ORDERS_RULE, "repeat": "allow"}
    del rule["time"]
    messages = [schema("orders", ORDER_COLUMNS, bookmarks=()), order(1), order(2)]
    target.run(messages, already_delivered=True, streams={"orders": rule})
    target.run([*messages, order(3)], streams={"orders": rule})
    assert numbers(target) == [3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ledger_path": ""}, "already_delivered: the ledger is where deliveries are noted"),
        ({"dry_run": "local"}, "already_delivered: a dry run notes nothing in the ledger"),
        (
            {"streams": {"orders": {**ORDERS_RULE, "equal_rows": "new"}}},
            "`equal_rows: new` under streams.orders makes each equal row a new one",
        ),
    ],
)
def test_what_cannot_be_taken_over_ends_the_run_at_once(target, settings, message):
    ran = target.run(orders(3), already_delivered=True, **settings)
    assert ran.status == 1
    assert message in ran.log
    assert target.requests() == []
    assert not target.ledger.exists()


@pytest.mark.parametrize("wanted", ["true", "1", "yes", "on", "True"])
def test_a_run_ends_where_the_variable_is_not_heard(target, wanted):
    environment = {"TARGET_CLEVERTAP_ALREADY_DELIVERED": wanted}
    ran = target.run(orders(3), environment=environment)
    assert ran.status == 1
    assert "add `{name: already_delivered}` to the settings of the plugin in meltano.yml" in ran.log
    assert target.requests() == []


def test_rejects_are_not_taken_for_delivered(target):
    target.run([*orders(2), order(7, email="none")])
    (rejected,) = target.rejected()
    config = str(target.config(already_delivered=True))
    ran = run_command([str(BIN / "target-clevertap"), "rejects", "replay", "--config", config])
    assert ran.returncode == 1
    assert "already_delivered: it is on" in ran.stderr
    assert target.rejected() == [rejected]


def test_rejects_that_are_sent_again_are_not_noted(target):
    target.run([*orders(2), order(7, email=None)])
    ran = target.replay(already_delivered=True)
    assert ran.status == 1
    assert "already_delivered: it is on, and would note rejects as delivered" in ran.log
    assert target.rejected_codes() == {"identity_missing": 1}
