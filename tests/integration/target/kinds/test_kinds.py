"""Tokens, subscriptions and other kinds of records: their rules, and what CleverTap stores."""

from __future__ import annotations

import json

import pytest

from tests.support.target_process import record, schema, state

TOKEN = {"type": "token", "identity": "device", "token": "token"}
OPT_OUTS = {"type": "subscription", "identity": "phone", "identity_type": "phone"}
DELETE = {"type": "delete", "identity": "email"}
CONFIRMED = {"confirm_deletes": True}


def text(*names):
    return {name: {"type": ["string", "null"]} for name in names}


def rejects(target):
    lines = target.rejects.read_text().splitlines() if target.rejects.exists() else []
    return [each for each in map(json.loads, lines) if each["type"] == "RECORD"]


def tokens(*rows):
    columns = text("id", "device", "token", "kind", "p256dh", "auth")
    return [
        schema("devices", columns),
        *(record("devices", id=n, **row) for n, row in enumerate(rows)),
    ]


def test_tokens_of_all_types_are_stored(target, emulator):
    devices = {
        "fcm": "__a1",
        "gcm": "__a2",
        "apns": "-a3",
        "wns": "~a4",
        "mpns": "~a5",
        "chrome": "a6",
    }
    rows = [
        {"device": device, "token": f"t{kind}", "kind": kind.upper()}
        for kind, device in devices.items()
    ]
    rows[-1] |= {"p256dh": "key", "auth": "secret"}
    rule = {**TOKEN, "token_type_field": "kind", "token_keys": {"p256dh": "p256dh", "auth": "auth"}}
    done = target.run([*tokens(*rows), state(1)], streams={"devices": rule})
    assert (done.status, done.states) == (0, [1])
    assert emulator.calls()["tokens"] == {
        device: f"{kind}:t{kind}" for kind, device in devices.items()
    }
    (browser,) = [
        each["record"]["tokenData"]
        for each in emulator.uploads()["tokens"]
        if each["record"]["tokenData"]["type"] == "chrome"
    ]
    assert browser["keys"] == {"p256dh": "key", "auth": "secret"}


def test_tokens_that_cannot_be_are_rejects_with_clevertaps_codes(target):
    rows = [
        {"device": "__a1", "token": "good", "kind": "fcm"},
        {"device": None, "token": "t", "kind": "fcm"},
        {"device": "__a1", "token": None, "kind": "fcm"},
        {"device": "__a1", "token": "t", "kind": None},
        {"device": "__a1", "token": "t", "kind": "pager"},
        {"device": "-a1", "token": "t", "kind": "fcm"},
    ]
    rule = {**TOKEN, "token_type_field": "kind"}
    done = target.run(tokens(*rows), streams={"devices": rule})
    assert done.status == 3
    codes = sorted((each["record"]["id"], each["code"]) for each in rejects(target))
    assert codes == [(1, "identity_missing"), (2, 532), (3, 533), (4, 535), (5, 534)]


def subscriptions(*rows, bookmarks=("updated_at",), **columns):
    known = {"id": {"type": "integer"}, **text("phone", "updated_at"), "wants": {}} | columns
    return [
        schema("opt_outs", known, bookmarks=bookmarks),
        *(record("opt_outs", id=n, **row) for n, row in enumerate(rows)),
    ]


STATUSES = {
    "Unsubscribe": ["Unsubscribe", "unsubscribed", "OPT-OUT", "opted out", False, "false", "no", 0],
    "Resubscribe": ["Resubscribe", "subscribed", "opt_in", " Subscribe ", True, "t", "yes", 1],
}


def test_words_and_booleans_say_the_status(target, emulator):
    words = [(each, word) for each, found in STATUSES.items() for word in found]
    rows = [{"phone": f"+49151{n:07}", "wants": word} for n, (_, word) in enumerate(words)]
    odd = [
        {"phone": f"+49152{n:07}", "wants": word}
        for n, word in enumerate((None, "maybe", 2, [], ""))
    ]
    rule = {**OPT_OUTS, "status_field": "wants"}
    done = target.run(subscriptions(*rows, *odd), streams={"opt_outs": rule}, max_rejects=5)
    assert done.status == 0
    assert emulator.calls()["subscribed"] == {
        f"phone:+49151{n:07}": each for n, (each, _) in enumerate(words)
    }
    assert [each["code"] for each in rejects(target)] == ["status_invalid"] * 5


def test_a_status_says_what_true_means(target, emulator):
    rows = [
        {"phone": "+4915100000001", "unsubscribed": True},
        {"phone": "+4915100000002", "unsubscribed": False},
        {"phone": "+4915100000003", "unsubscribed": "unsubscribed"},
    ]
    rule = {**OPT_OUTS, "status_field": "unsubscribed", "status": "Unsubscribe"}
    columns = {"unsubscribed": {}}
    assert target.run(subscriptions(*rows, **columns), streams={"opt_outs": rule}).status == 0
    assert [*emulator.calls()["subscribed"].values()] == [
        "Unsubscribe",
        "Resubscribe",
        "Unsubscribe",
    ]


@pytest.mark.parametrize("kind", ["phone", "email", "whatsapp"])
def test_a_fixed_status_goes_to_each_kind_of_address(target, emulator, kind):
    value = "anna@example.org" if kind == "email" else "+4915112345678"
    rule = {**OPT_OUTS, "identity_type": kind, "status": "Unsubscribe"}
    rows = [{"phone": value}, {"phone": "nobody"}, {"phone": None}, {"phone": " "}]
    done = target.run(subscriptions(*rows), streams={"opt_outs": rule}, max_rejects=-1)
    assert done.status == 0
    assert emulator.calls()["subscribed"] == {f"{kind}:{value}": "Unsubscribe"}
    codes = sorted(str(each["code"]) for each in rejects(target))
    assert codes == ["515" if kind == "email" else "516", "address_missing", "address_missing"]


def test_a_number_of_digits_gets_its_sign(target, emulator):
    rule = {**OPT_OUTS, "status": "Unsubscribe"}
    rows = [{"phone": 4915112345678}, {"phone": 15112345678}]
    messages = subscriptions(*rows, phone={"type": "integer"})
    assert target.run(messages, streams={"opt_outs": rule}, max_rejects=1).status == 0
    assert [*emulator.calls()["subscribed"]] == ["phone:+4915112345678"]


def test_a_row_at_the_boundary_does_not_undo_a_later_choice(target, emulator):
    rule = {**OPT_OUTS, "status_field": "wants"}
    row = {"phone": "+4915112345678", "wants": True, "updated_at": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        assert target.run(subscriptions(row), streams={"opt_outs": rule}).status == 0
    assert len(emulator.calls()["subscriptions"]) == 1
    later = {**row, "updated_at": "2026-01-02T00:00:00Z"}
    target.run(subscriptions(row, later), streams={"opt_outs": rule})
    assert len(emulator.calls()["subscriptions"]) == 2


def test_a_status_that_is_sent_again_does_not_undo_a_later_one(target, emulator):
    phone = "+4915100000001"
    target.faults({"match": {"number": 1}, "action": {"record_code": {1: 555}}})
    columns = {**text("id", "phone", "updated_at"), "wants": {}}
    rows = [
        record("opt_outs", id="1", phone=phone, wants=True, updated_at="2026-01-01"),
        record("opt_outs", id="2", phone=phone, wants=False, updated_at="2026-01-02"),
    ]
    messages = [schema("opt_outs", columns, bookmarks=["updated_at"]), *rows]
    rule = {**OPT_OUTS, "status_field": "wants"}
    done = target.run(messages, streams={"opt_outs": rule})
    assert done.status == 0
    statuses = [each["status"] for each in emulator.calls()["subscriptions"]]
    assert statuses == ["Unsubscribe", "Resubscribe", "Unsubscribe"]


def test_without_a_bookmark_the_whole_table_is_sent_again(target, emulator):
    rule = {**OPT_OUTS, "status_field": "wants"}
    for wants in (True, False, True):
        row = {"phone": "+4915112345678", "wants": wants}
        finished = target.run(subscriptions(row, bookmarks=()), streams={"opt_outs": rule})
        assert finished.status == 0, finished.log
        (note,) = (line for line in finished.log.splitlines() if "no bookmark" in line)
        assert "WARNING" in note
        assert "sets every status again" in note
    statuses = [each["status"] for each in emulator.calls()["subscriptions"]]
    assert statuses == ["Resubscribe", "Unsubscribe", "Resubscribe"]


def test_numbers_are_disassociated(target, emulator):
    rule = {"type": "disassociate", "identity": "phone"}
    done = target.run(subscriptions({"phone": "+4915112345678"}), streams={"opt_outs": rule})
    assert done.status == 0
    assert [each["value"] for each in emulator.calls()["disassociated"]] == ["+4915112345678"]


def test_groups_and_flags_go_in_profiles(target, emulator):
    rule = {"type": "profile", "identity": "email"}
    columns = {
        "email": {"type": "string"},
        "MSG-email": {"type": "boolean"},
        "category-unsubscribe": {"type": "object"},
    }
    row = {"email": "anna", "MSG-email": False, "category-unsubscribe": {"email": ["news"]}}
    messages = [schema("users", columns, ["email"]), record("users", **row)]
    done = target.run(messages, streams={"users": rule})
    assert done.status == 0
    (stored,) = emulator.uploads()["profiles"]
    assert stored["record"]["profileData"]["MSG-email"] is False
    assert stored["record"]["profileData"]["category-unsubscribe"] == {"email": ["news"]}


FAULTS = [
    ({**TOKEN}, "token_type_field"),
    ({**TOKEN, "token_type": "fcm", "token_type_field": "kind"}, "set one of them"),
    ({"type": "token", "identity": "device", "token_type": "fcm"}, "set `token`"),
    ({**TOKEN, "token_type": "fcm", "identity_type": "identity"}, "set `objectId`"),
    ({**TOKEN, "token_type": "fcm", "time": "at"}, "a token has no `time`; remove it"),
    ({**TOKEN, "token_type": "fcm", "token": "tokn"}, "the stream has no column `tokn`"),
    ({"type": "subscription", "identity": "phone", "status": "Unsubscribe"}, "say what column"),
    ({**OPT_OUTS}, "status_field"),
    ({**OPT_OUTS, "status_field": "is_unsubscribed"}, "may mean unsubscribed"),
    ({**OPT_OUTS, "status_field": "email_disabled"}, "may mean unsubscribed"),
    ({**OPT_OUTS, "status_field": "Consent Withdrawn"}, "may mean unsubscribed"),
    ({**OPT_OUTS, "status_field": "wnts"}, "the stream has no column `wnts`"),
    ({**OPT_OUTS, "status": "Unsubscribe", "token": "x"}, "a subscription has no `token`"),
    ({"type": "disassociate", "identity": "phone", "identity_type": "email"}, "set `phone`"),
    ({**DELETE, "identity_type": "FBID"}, "set `identity` or `objectId`"),
    ({**DELETE, "properties": {"A": "b"}}, "a delete has no `properties`"),
    (
        {"type": "event", "event": "X", "identity": "email", "status": "Unsubscribe"},
        "an event has no",
    ),
    ({"type": "event", "event": "X", "identity": "email", "on_deleted": "delete"}, "does not mean"),
    (
        {"type": "profile", "identity": "email", "identity_type": "FBID", "on_deleted": "delete"},
        "FBID",
    ),
    ({"type": "profile", "identity": "email", "identity_type": "phone"}, "not known by `phone`"),
]


@pytest.mark.parametrize(("rule", "words"), FAULTS, ids=range(len(FAULTS)))
def test_the_faults_of_a_rule_are_named_before_anything_is_sent(target, emulator, rule, words):
    columns = text(
        *("id", "device", "token", "kind", "phone", "wants", "is_unsubscribed", "email", "b"),
        *("email_disabled", "Consent Withdrawn"),
    )
    messages = [
        schema("things", columns),
        record("things", id="1", email="a", phone="+491511234567"),
    ]
    done = target.run(messages, streams={"things": rule}, **CONFIRMED)
    assert done.status not in {0, 3}
    assert "streams.things" in done.log
    assert words in done.log
    assert emulator.requests()["requests"] == []
