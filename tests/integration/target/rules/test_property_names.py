"""Which columns are sent and under which names: CleverTap's folding, user keys, forbidden ones."""

from __future__ import annotations

import json

import pytest

from target_clevertap.config.rules import read_rules
from target_clevertap.errors import SettingError
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.names import folded, is_loader_column
from target_clevertap.singer.columns import read_columns
from target_clevertap.singer.stream_mapping import build_mapping
from tests.support.record_paths import MESSAGE_PATHS, PATHS, delivered, sent_by
from tests.support.target_process import record, schema

EVENT = {"type": "event", "event": "Cart Filled", "identity": "u"}
PROFILE = {"type": "profile", "identity": "u"}
STREAMS = {"carts": EVENT, "people": PROFILE}
SCHEMAS = [
    schema("carts", {"id": {}, "u": {}, "total": {}}, ["id"], ["at"]),
    schema("people", {"u": {}, "plan": {}}, ["u"], ["at"]),
]
TAP_EVENT = {
    "event_key": "k",
    "event_name": "Viewed",
    "event_time": "2026-03-01T12:00:00Z",
    "object_id": "__g1",
    "identity": "i-1",
}
TAP_PROFILE = {
    "profile_key": "k",
    "identity": "i-1",
    "object_ids": ["__g1"],
    "name": "Ada",
    "email": "ada@example.org",
    "phone": 919800000001,
    "seen_through": "2026-03-01",
}
TAP_SCHEMAS = [
    schema(
        "events", {key: {} for key in [*TAP_EVENT, "event_props"]}, ["event_key"], ["event_time"]
    ),
    schema(
        "profiles", {key: {} for key in [*TAP_PROFILE, "profile_data"]}, ["profile_key"], ["seen"]
    ),
]


def planned(rule, *columns, **more):
    """Return the mapping of a stream of these columns by a rule."""
    rules, wrong = read_rules({"carts": {**rule, **more}})
    if wrong:
        raise SettingError(*wrong)
    return build_mapping("carts", rules["carts"], read_columns(_listing(columns)), ["id"])


def _listing(columns):
    return {"properties": {key: {} for key in ("id", "u", *columns)}}


def reasons(target):
    """Return the rejects' reasons by the number of their record."""
    text = target.rejects.read_text() if target.rejects.exists() else ""
    found = [json.loads(line) for line in text.splitlines()]
    return {each["record"]["id"]: each["reason"] for each in found if each.get("code")}


@pytest.mark.parametrize(
    ("columns", "properties", "named"),
    [
        (["Total Price", "totalPrice"], {}, ["`Total Price`", "`totalPrice`"]),
        (["plan", "PLAN "], {}, ["`plan`", "`PLAN `"]),
        (["shop", "storename"], {"Store Name": "shop"}, ["`Store Name`", "`storename`"]),
        (["a", "b"], {"Plan": "a", "plan": "b"}, ["`Plan`", "`plan`"]),
        (["Plan", "tier"], {"Plan": "tier"}, ["`Plan`", "`tier`"]),
        (["Name", "name"], {}, ["`Name`", "`name`"]),
        (["e-mail", "email", "Email"], {"EMAIL": "e-mail"}, ["`EMAIL`", "`email`", "`Email`"]),
    ],
)
@pytest.mark.parametrize("rule", [EVENT, PROFILE], ids=["event", "profile"])
def test_two_columns_that_are_one_name_for_clevertap_end_the_run_at_schema(
    rule, columns, properties, named
):
    with pytest.raises(SettingError) as error:
        planned(rule, *columns, properties=properties)
    assert "streams.carts" in error.value.message
    assert all(name in error.value.message for name in [*named, "others: drop", "`properties`"])
    assert "\n" not in error.value.message


def test_names_meet_only_where_both_are_sent():
    planned(EVENT, "Plan", "plan", others="drop", properties={"Plan": "Plan"})
    planned(EVENT, "Plan", "plan", properties={"Old Plan": "plan"})
    planned(EVENT, "U ", "_sdc_u", "_SDC_U")
    planned(EVENT, "first name", "first_name", "first-name")


@pytest.mark.parametrize("path", MESSAGE_PATHS)
def test_names_that_meet_only_in_a_record_refuse_it_and_name_both(target, path):
    both = {"Store Name": "North", "storename": "South"}
    props = {"Total Price": 10, "totalPrice": 20}
    records = [
        record("carts", id=1, u="u-1", total=1, **both),
        record("carts", id=2, u="u-1", **{**both, "storename": None}),
        record("people", id=3, u="u-1", **both),
        record("events", id=4, **TAP_EVENT, event_props=props),
        record("events", id=5, **TAP_EVENT, event_props={**props, "totalPrice": None}),
        record("profiles", id=6, **TAP_PROFILE, profile_data=props),
        record("profiles", id=7, **TAP_PROFILE, profile_data={"E mail": "other@example.org"}),
        record("profiles", id=8, **TAP_PROFILE, profile_data={"PHONE": "+919800000001"}),
    ]
    finished = sent_by(path, target, [*SCHEMAS, *TAP_SCHEMAS], records, streams=STREAMS)
    assert finished.status == 3, finished.log
    found = reasons(target)
    assert set(found) == {1, 3, 4, 6, 7}
    assert all("`Store Name`" in found[number] for number in (1, 3))
    assert all("`storename`" in found[number] for number in (1, 3))
    assert all("`Total Price`" in found[number] for number in (4, 6))
    assert all("`totalPrice`" in found[number] for number in (4, 6))
    assert "`email`" in found[7]
    assert "`E mail`" in found[7]
    assert len(delivered(target)) == 3


@pytest.mark.parametrize(
    "column", ["identity", "Identity", "IDENTITY ", "objectId", "object id", "FBID", "GPID"]
)
def test_a_column_that_would_be_a_users_key_ends_the_run_unless_it_is_named_or_dropped(column):
    with pytest.raises(SettingError) as error:
        planned(PROFILE, column)
    for words in (f"`{column}`", "`properties`", "others: drop", "join two users"):
        assert words in error.value.message
    assert planned(PROFILE, column, properties={column: column})({"u": "a", column: "b"}).body[
        "profileData"
    ] == {column: "b"}
    assert (
        planned(PROFILE, column, others="drop")({"u": "a", column: "b"}).body["profileData"] == {}
    )
    assert planned(PROFILE, column, properties={"No": column})({"u": "a", column: "b"}).body[
        "profileData"
    ] == {"No": "b"}
    assert planned(EVENT, column)({"u": "a", column: "b"}).body["evtData"] == {column: "b"}
    assert planned(PROFILE | {"identity": column}, column)({column: "b"}).body["profileData"] == {}


@pytest.mark.parametrize("path", MESSAGE_PATHS)
def test_a_users_key_that_only_a_record_brings_refuses_it(target, path):
    anonymous = {**TAP_PROFILE, "identity": None}
    records = [
        record("people", id=1, u="u-1", identity="u-2"),
        record("people", id=2, u="u-1", identity=None),
        record("profiles", id=3, **TAP_PROFILE, profile_data={"identity": "i-2"}),
        record("profiles", id=4, **TAP_PROFILE, profile_data={"Identity": "i-1", "Plan": "x"}),
        record("profiles", id=5, **anonymous, profile_data={"identity": "i-1"}),
        record("profiles", id=6, **TAP_PROFILE, profile_data={"FBID": "f"}),
        record("profiles", id=7, **TAP_PROFILE, profile_data={"objectId": "__g1"}),
        record("events", id=8, **TAP_EVENT, event_props={"identity": "i-2"}),
    ]
    finished = sent_by(path, target, [*SCHEMAS, *TAP_SCHEMAS], records, streams=STREAMS)
    assert finished.status == 3, finished.log
    assert {*reasons(target)} == {1, 3, 5, 6}
    assert "`identity`" in reasons(target)[1]
    assert {code for _, code in target.rejected()} == {"user_key_forbidden"}
    sent = [each["profileData"] for each in delivered(target) if "profileData" in each]
    assert all("identity" not in {*map(folded, each)} for each in sent)
    assert any(each.get("Plan") == "x" for each in sent)


CLOSED = {"type": "object", "additionalProperties": False}
FORBIDDING = {
    "closed": {**CLOSED, "properties": {"id": {}, "u": {}, "plan": {}}},
    "false columns": {"properties": {"id": {}, "u": {}, "plan": {}, "pin": False, "a.b": False}},
    "patterns": {**CLOSED, "patternProperties": {"^(id|u|plan)$": {}}, "properties": {"id": {}}},
    "unevaluated": {"properties": {"id": {}, "u": {}, "plan": {}}, "unevaluatedProperties": False},
}


@pytest.mark.parametrize("path", PATHS)
def test_columns_that_the_schema_forbids_are_left_out_with_one_warning(target, path):
    shapes, records, rules = [], [], {}
    for number, (name, shape) in enumerate(FORBIDDING.items()):
        stream = f"s{number}"
        shapes.append(schema(stream, {}, ["id"], ["at"]) | {"schema": shape})
        rules[stream] = PROFILE if number % 2 else EVENT
        if name == "patterns":
            rules[stream] = {**rules[stream], "properties": {"Plan": "plan"}}
        for row in (1, 2):
            secret = {"pin": "1234", "a.b": "x"}
            records.append(record(stream, id=row, u=f"u-{number}", plan="gold", **secret))
    finished = sent_by(path, target, shapes, records, streams=rules)
    assert finished.status == 0, finished.log
    sent = [each.get("evtData", each.get("profileData")) for each in delivered(target)]
    assert len(sent) == 2 * len(FORBIDDING)
    assert all({*map(folded, each)} <= {"id", "plan"} for each in sent), sent
    assert all("gold" in each.values() for each in sent)
    for number in range(len(FORBIDDING)):
        (warning,) = [
            line
            for line in finished.log.splitlines()
            if f"stream `s{number}`" in line and "does not allow" in line
        ]
        assert "`pin`" in warning
        assert "`a.b`" in warning
        assert "1234" not in warning


@pytest.mark.parametrize(
    "change",
    [
        {"identity": "gone"},
        {"time": "gone"},
        {"event": None, "event_field": "gone"},
        {"properties": {"Gone": "gone"}},
        {"ledger_key": ["gone"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", ["closed", "false"])
def test_a_rule_that_names_a_forbidden_column_ends_the_run_at_schema(change, shape):
    columns = {"id": {}, "u": {}, **({"gone": False} if shape == "false" else {})}
    rule = {key: value for key, value in {**EVENT, **change}.items() if value is not None}
    with pytest.raises(SettingError) as error:
        build_mapping(
            "carts",
            read_rules({"carts": rule})[0]["carts"],
            read_columns({"properties": columns, "additionalProperties": shape != "closed"}),
            [],
        )
    (key,) = {"identity", "time", "event_field", "properties", "ledger_key"} & {*change}
    assert f"streams.carts.{key}" in error.value.message
    assert "`gone`" in error.value.message
    assert "select it in the tap" in error.value.message


def test_a_column_that_is_not_listed_and_not_forbidden_is_sent():
    mapped = planned(EVENT)({"u": "a", "id": 1, "more": 2})
    assert mapped.body["evtData"] == {"id": 1, "more": 2}


def test_the_reject_of_a_forbidden_name_names_the_column():
    for mapped in (planned(EVENT), planned(PROFILE)):
        with pytest.raises(RecordRefusedError) as refusal:
            mapped({"u": "a", "id": 1, "device.ip": 2})
        assert refusal.value.code == "name_forbidden"
        assert "`device.ip`" in refusal.value.reason


@pytest.mark.parametrize(
    "column",
    ["_sdc_lsn", "_SDC_BATCHED_AT", "_Sdc_x", "__sdc_primary_key", "_smart_source_file"],
)
def test_columns_of_loaders_never_become_properties(column):
    assert is_loader_column(column)
    for rule, data in ((EVENT, "evtData"), (PROFILE, "profileData")):
        mapped = planned(rule, column, "plan")
        assert mapped({"u": "a", column: 1, "plan": 2}).body[data] == {"plan": 2}
        assert planned(rule, "plan")({"u": "a", column: 1, "plan": 2}).body[data] == {"plan": 2}


@pytest.mark.parametrize("column", ["sdc_lsn", "_sdcx", "smart_source_file", "x_sdc_y"])
def test_columns_of_ones_own_do(column):
    assert planned(EVENT, column)({"u": "a", column: 1}).body["evtData"] == {column: 1}


def test_a_rule_cannot_send_a_column_of_a_loader_but_may_read_it():
    for column in ("_sdc_lsn", "_SDC_LSN"):
        with pytest.raises(SettingError, match="never sent"):
            planned(EVENT, column, properties={"Lsn": column})
    mapped = planned(EVENT, "_SDC_BATCHED_AT", time="_SDC_BATCHED_AT")
    assert mapped({"u": "a", "_SDC_BATCHED_AT": "2026-03-01"}).body["ts"] == 1772323200
    file = planned(EVENT, "_smart_source_file", properties={"File": "_smart_source_file"})
    assert file({"u": "a", "_smart_source_file": "x.csv"}).body["evtData"] == {"File": "x.csv"}
