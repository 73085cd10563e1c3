"""Rejects of users who were deleted since: a replay leaves them in the file."""

from __future__ import annotations

import pytest

from tests.integration.target.rejects.test_rejects_command import reject, rejects_in, run
from tests.support.target_process import (
    ORDER_COLUMNS,
    TargetProcess,
    lines,
    order,
    record,
    schema,
)

GONE, KEPT = "gone1", "kept1"
TIME = "2026-01-01T00:00:00Z"
TEXT, OBJECT, LIST = {"type": "string"}, {"type": "object"}, {"type": "array"}
DELETED = "are of users who were deleted since, and stay there"
UNKNOWN = "have no user by the settings as they are now, and stay there"


@pytest.fixture
def target(emulator, tmp_path):
    return TargetProcess(emulator, tmp_path)


@pytest.fixture
def delete(target):
    """Return what deletes users in a run of its own."""

    def delete(*users, kind="identity"):
        erased = [schema("erased", {"user": TEXT}, ["user"], [])]
        erased += [record("erased", user=user) for user in users]
        rules = {"erased": {"type": "delete", "identity": "user", "identity_type": kind}}
        ended = target.run(erased, streams=rules, confirm_deletes=True)
        assert ended.status == 0, ended.log

    return delete


def text(*columns):
    return dict.fromkeys(columns, TEXT)


def in_capitals(message):
    columns = message["record"]
    return {**message, "record": {name.upper(): value for name, value in columns.items()}}


TAP_EVENT = {
    **text("event_key", "event_name", "event_time", "object_id", "identity"),
    "event_props": OBJECT,
}
TAP_PROFILE = {
    **text("profile_key", "identity", "seen_through"),
    "object_ids": LIST,
    "profile_data": OBJECT,
}


def tap_event(user, object_id="__other"):
    return record(
        "events",
        event_key=user,
        event_name="Ordered",
        event_time=TIME,
        object_id=object_id,
        identity=user,
        event_props={},
    )


def tap_profile(*object_ids):
    return record(
        "profiles",
        profile_key=object_ids[0],
        identity=None,
        object_ids=[*object_ids],
        profile_data={"Plan": "x"},
        seen_through=None,
    )


def people_map(**columns):
    keys = {"__else__": "__NULL__", "__key_properties__": ["customer_id"]}
    return {"people": {"customer_id": "str(document['_id'])", **columns, **keys}}


PEOPLE = schema("people", {"key": TEXT, "document": OBJECT}, ["key"], [])
PEOPLE_RULE = {"people": {"type": "profile", "identity": "customer_id"}}


def person(user):
    return record("people", key=user, document={"_id": user, "plan": "x"})


SHAPES = {
    "a path of a preset": (
        schema("orders", {**text("id", "createdAt"), "customer": OBJECT}, ["id"], ["createdAt"]),
        lambda user: record("orders", id="1001", createdAt=TIME, customer={"id": user}),
        {"streams": {"orders": {"preset": "shopify"}}},
    ),
    "a further column of a preset": (
        schema("track", {**text("id", "event", "timestamp"), "properties": OBJECT}, ["id"]),
        lambda user: record(
            "track", id=user, event="Viewed", timestamp=TIME, properties={"email": user}
        ),
        {"streams": {"track": {"preset": "datafly"}}},
    ),
    "a column of a stream map": (
        PEOPLE,
        person,
        {
            "streams": PEOPLE_RULE,
            "stream_maps": people_map(plan="document['plan']"),
        },
    ),
    "columns that were flattened": (
        schema("people", {"user": {**OBJECT, "properties": text("id")}}, [], []),
        lambda user: record("people", user={"id": user}),
        {
            "streams": {"people": {"type": "profile", "identity": "user__id"}},
            "flattening_enabled": True,
            "flattening_max_depth": 2,
        },
    ),
    "capitals of a warehouse": (
        schema("events", {name.upper(): kind for name, kind in TAP_EVENT.items()}, ["EVENT_KEY"]),
        lambda user: in_capitals(tap_event(user)),
        {"streams": {}},
    ),
    "a number": (
        schema("people", {"n": {"type": "number"}, "plan": TEXT}, ["n"], []),
        lambda user: record("people", n=700.0 if user == GONE else 800.0, plan="x"),
        {"streams": {"people": {"type": "profile", "identity": "n"}}},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_user_is_found_as_a_run_finds_it(target, delete, shape):
    head, row, settings = SHAPES[shape]
    target.rejects.write_bytes(lines([head, reject(row(GONE)), reject(row(KEPT))]))
    gone, kept = ("700", "800") if shape == "a number" else (GONE, KEPT)
    delete(gone)
    status, _, log = run(target, "replay", **settings)
    assert status == 0, log
    assert [each["identity"] for each in target.delivered()] == [kept]
    assert f"1 rejects {DELETED}" in log
    assert len(rejects_in(target.rejects)) == 1
    assert gone in target.rejects.read_text()


@pytest.mark.parametrize("gone", ["__a", "__b"])
def test_a_user_without_an_identity_is_known_by_any_object_id(target, delete, gone):
    head = schema("profiles", TAP_PROFILE, ["profile_key"], [])
    rows = [reject(tap_profile(*ids)) for ids in (["__b", "__a"], ["__c"])]
    target.rejects.write_bytes(lines([head, *rows]))
    delete(gone, kind="objectId")
    status, _, log = run(target, "replay", streams={})
    assert status == 0, log
    assert [each["objectId"] for each in target.delivered()] == ["__c"]
    assert f"1 rejects {DELETED}" in log


def test_a_user_with_an_identity_is_known_by_the_object_id_too(target, delete):
    head = schema("events", TAP_EVENT, ["event_key"])
    rows = [reject(tap_event("a", "__a")), reject(tap_event("b", "__b"))]
    target.rejects.write_bytes(lines([head, *rows]))
    delete("__a", kind="objectId")
    status, _, log = run(target, "replay", streams={})
    assert status == 0, log
    assert [each["identity"] for each in target.delivered()] == ["b"]


def test_an_anonymous_user_of_a_preset_is_known_next_to_the_identity(target, delete):
    columns = text("id", "user_id", "anonymous_id", "plan", "received_at")
    rows = [
        reject(record("identifies", id=user, user_id=user, anonymous_id=f"__{user}", plan="x"))
        for user in (GONE, KEPT)
    ]
    target.rejects.write_bytes(lines([schema("identifies", columns, ["id"]), *rows]))
    delete(f"__{GONE}", kind="objectId")
    status, _, log = run(target, "replay", streams={"identifies": {"preset": "segment"}})
    assert status == 0, log
    assert [each["identity"] for each in target.delivered()] == [KEPT]


@pytest.mark.parametrize(
    "maps",
    [
        people_map(points="document['points'] + 1"),
        people_map(customer_id="document['no']['_id']"),
    ],
)
def test_rejects_whose_user_cannot_be_found_stay(target, delete, maps):
    target.rejects.write_bytes(lines([PEOPLE, reject(person(GONE))]))
    before = target.rejects.read_bytes()
    delete("somebody")
    status, _, log = run(target, "replay", streams=PEOPLE_RULE, stream_maps=maps)
    assert status == 0, log
    assert f"1 rejects {UNKNOWN}" in log
    assert (target.delivered(), target.rejects.read_bytes()) == ([], before)


def test_without_a_deletion_since_a_user_need_not_be_found(target, delete):
    delete("somebody")
    later = {"rejected_at": "2999-01-01T00:00:00+00:00"}
    target.rejects.write_bytes(
        lines([schema("orders", ORDER_COLUMNS), {**reject(order(1, email=None)), **later}])
    )
    status, _, log = run(target, "replay")
    assert status == 3, log
    assert rejects_in(target.rejects) == [("identity_missing", 1)]


def test_a_stream_without_a_rule_ends_the_run(target, delete):
    target.rejects.write_bytes(lines([schema("orders", ORDER_COLUMNS), reject(order(1))]))
    delete("somebody")
    status, _, log = run(target, "replay", streams={})
    assert status == 1
    assert "stream `orders`: it has no rule" in log
    assert target.delivered() == []


def test_a_record_that_is_refused_again_stays_too(target, delete):
    bad = reject(order(1, email=GONE, created_at="never"), "date_invalid")
    target.rejects.write_bytes(lines([schema("orders", ORDER_COLUMNS), bad]))
    before = target.rejects.read_bytes()
    delete(GONE)
    status, _, log = run(target, "replay")
    assert status == 0, log
    assert f"1 rejects {DELETED}" in log
    assert target.rejects.read_bytes() == before  # with the moment from before the deletion


def test_rejects_that_create_no_user_are_sent(target, delete, emulator):
    columns = text("user", "_sdc_deleted_at")
    head = schema("people", columns, ["user"], [])
    row = reject(record("people", user=GONE, _sdc_deleted_at=TIME))
    target.rejects.write_bytes(lines([head, row]))
    delete(GONE)
    rules = {"people": {"type": "profile", "identity": "user", "on_deleted": "delete"}}
    status, _, log = run(target, "replay", streams=rules, confirm_deletes=True)
    assert status == 0, log
    assert [each["value"] for each in emulator.calls()["deleted"]] == [GONE, GONE]


def test_only_rejects_from_before_the_deletion_stay(target, delete):
    rows = [reject(order(n, email=user), 515) for n, user in enumerate((GONE, KEPT, GONE))]
    rows[2]["rejected_at"] = "2999-01-01T00:00:00+00:00"
    target.rejects.write_bytes(lines([schema("orders", ORDER_COLUMNS), *rows]))
    delete(GONE)
    status, _, log = run(target, "replay")
    assert status == 0, log
    assert f"1 rejects {DELETED}" in log
    assert sorted(each["evtData"]["id"] for each in target.delivered()) == [1, 2]
    assert rejects_in(target.rejects) == [(515, 0)]
