"""Records of a stream become events and profiles by a rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from target_clevertap.config.rules import read_rules
from target_clevertap.errors import SettingError
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.singer.columns import read_columns
from target_clevertap.singer.stream_mapping import build_mapping

NEW_YEAR = 1767225600
ORDERS = {
    "properties": {
        "id": {"type": "integer"},
        "email": {"type": ["string", "null"]},
        "created_at": {"type": "string", "format": "date-time"},
        "due": {"type": ["string", "null"], "format": "date"},
        "total": {"type": "number"},
        "lines": {"type": "array"},
        "_sdc_batched_at": {"type": "string"},
    }
}
ORDER = {
    "id": 7,
    "email": "ada@example.org",
    "created_at": "2026-01-01T00:00:00Z",
    "due": "2026-01-01",
    "total": Decimal("19.90"),
    "lines": [{"sku": "a"}],
    "_sdc_batched_at": "x",
}


def mapping(rule, schema=ORDERS, stream="orders"):
    rules, wrong = read_rules({stream: rule} if rule else {})
    if wrong:
        raise SettingError(*wrong)
    return build_mapping(stream, rules.get(stream), read_columns(schema), ["id"])


def event_rule(**more):
    return {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at", **more}


def test_an_event_by_its_rule():
    mapped = mapping(event_rule())(ORDER)
    assert mapped.body == {
        "type": "event",
        "identity": "ada@example.org",
        "ts": NEW_YEAR,
        "evtName": "Ordered",
        "evtData": {
            "id": 7,
            "due": f"$D_{NEW_YEAR}",
            "total": Decimal("19.90"),
            "lines": '[{"sku":"a"}]',
        },
    }
    assert mapped.counts_again


def test_without_a_time_column_there_is_no_ts():
    rule = event_rule()
    del rule["time"]
    assert "ts" not in mapping(rule)(ORDER).body


def test_charged_keeps_its_items():
    rule = event_rule(
        event="Charged", properties={"Amount": "total", "Items": "lines"}, others="drop"
    )
    data = mapping(rule)(ORDER).body["evtData"]
    assert data == {"Amount": Decimal("19.90"), "Items": [{"sku": "a"}]}


def test_items_of_other_events_are_text():
    data = mapping(event_rule(properties={"Items": "lines"}))(ORDER).body["evtData"]
    assert data["Items"] == '[{"sku":"a"}]'


def test_an_event_may_take_its_name_from_a_column():
    rule = {"type": "event", "event_field": "kind", "identity": "email"}
    schema = {"properties": {"kind": {}, "email": {}}}
    convert = mapping(rule, schema)
    assert convert({"kind": "Signed Up", "email": "a"}).body["evtName"] == "Signed Up"
    assert convert({"kind": "Signed Up", "email": "a"}).body["evtData"] == {}
    with pytest.raises(RecordRefusedError) as refusal:
        convert({"kind": "app  launched", "email": "a"})
    assert refusal.value.code == 513
    with pytest.raises(RecordRefusedError) as refusal:
        convert({"email": "a"})
    assert refusal.value.code == 509


def test_identity_and_time_are_properties_only_when_named():
    data = mapping(event_rule(properties={"Mail": "email", "At": "created_at"}))(ORDER).body[
        "evtData"
    ]
    assert data["Mail"] == "ada@example.org"
    assert data["At"] == f"$D_{NEW_YEAR}"


def test_a_named_column_is_not_kept_under_its_own_name_too():
    data = mapping(event_rule(properties={"Amount": "total"}))(ORDER).body["evtData"]
    assert "total" not in data


@pytest.mark.parametrize("late", [{"Late": 1, "total": 2}, {"total": 2, "Late": 1}])
def test_a_column_that_meets_a_named_one_and_no_schema_told_of_refuses_its_record(late):
    record = {key: value for key, value in ORDER.items() if key != "total"}
    mapped = mapping(event_rule(properties={"Late": "total"}))
    with pytest.raises(RecordRefusedError, match=r"`Late` and `total`|`total` .*and `Late`"):
        mapped({**record, **late})
    assert mapped({**record, **late, "Late": None}).body["evtData"]["Late"] == 2


def test_two_columns_under_one_name_are_fine_when_one_is_not_sent():
    swapped = {"id": "total", "total": "id"}
    assert mapping(event_rule(properties=swapped))(ORDER).body["evtData"]["id"] == ORDER["total"]
    dropped = event_rule(properties={"id": "total"}, others="drop")
    assert mapping(dropped)(ORDER).body["evtData"] == {"id": ORDER["total"]}


def test_nulls_are_left_out():
    assert "due" not in mapping(event_rule())({**ORDER, "due": None}).body["evtData"]


def test_a_profile_with_operations():
    rule = {
        "type": "profile",
        "identity": "id",
        "properties": {"Tags": "tags"},
        "operations": {"Tags": "$add", "points": "$incr"},
    }
    schema = {"properties": {"id": {}, "tags": {}, "points": {}, "old": {}, "name": {}}}
    mapped = mapping(rule, schema, "people")(
        {"id": 5, "tags": ["a"], "points": 3, "old": {"$delete": 1}, "name": {"first": "Ada"}}
    )
    assert mapped.body == {
        "type": "profile",
        "identity": "5",
        "profileData": {
            "Tags": {"$add": ["a"]},
            "points": {"$incr": 3},
            "old": {"$delete": 1},
            "name": '{"first":"Ada"}',
        },
    }
    assert mapped.counts_again


def test_a_profile_without_increments_may_be_sent_twice():
    schema = {"properties": {"id": {}, "tags": {}}}
    mapped = mapping({"type": "profile", "identity": "id"}, schema)({"id": "5", "tags": "x"})
    assert not mapped.counts_again


def test_users_of_different_key_types_are_different_users():
    schema = {"properties": {"id": {}}}
    one = mapping({"type": "profile", "identity": "id"}, schema)({"id": "5"})
    other = mapping({"type": "profile", "identity": "id", "identity_type": "FBID"}, schema)(
        {"id": "5"}
    )
    assert other.body["FBID"] == "5"
    assert one.user != other.user


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity")])
def test_a_number_that_nothing_holds_is_not_called_a_placeholder(value):
    plan = mapping({"type": "profile", "identity": "id"}, {"properties": {"id": {}}})
    with pytest.raises(RecordRefusedError) as refused:
        plan({"id": value})
    assert refused.value.code == "identity_invalid"
    assert "`id` holds NaN, an infinity or a number that is too large" in refused.value.reason


DECIMAL = {"type": ["null", "string"], "format": "singer.decimal"}


@pytest.mark.parametrize(
    ("schema", "value", "user"),
    [
        (DECIMAL, "1001.00", "1001"),
        (DECIMAL, " 1e3 ", "1000"),
        (DECIMAL, "1001.50", "1001.5"),
        (DECIMAL, "12345678901234567890123.0", "12345678901234567890123"),
        ({"type": "integer"}, "01001", "1001"),
        ({"type": ["integer", "string"]}, "01001", "01001"),
        ({}, "1001.00", "1001.00"),
        (DECIMAL, "u-1", "u-1"),
    ],
    ids=repr,
)
def test_a_user_has_one_key_however_its_column_of_numbers_writes_it(schema, value, user):
    sent = mapping({"type": "profile", "identity": "id"}, {"properties": {"id": schema}})(
        {"id": value}
    )
    assert sent.body["identity"] == user


@pytest.mark.parametrize("value", ["[]", ' {"a": 1} '])
@pytest.mark.parametrize(
    "schema", [{"type": "boolean"}, DECIMAL, {"type": "string", "format": "date"}], ids=repr
)
def test_json_text_of_flattening_is_not_a_user_key(schema, value):
    plan = mapping({"type": "profile", "identity": "id"}, {"properties": {"id": schema}})
    with pytest.raises(RecordRefusedError) as refused:
        plan({"id": value})
    assert refused.value.code == "identity_invalid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": None}, "identity_missing"),
        ({"email": "  "}, "identity_missing"),
        ({"email": "NULL"}, "identity_invalid"),
        ({"email": "x" * 1024}, "identity_invalid"),
        ({"email": {"a": 1}}, "identity_invalid"),
        ({"email": Decimal("NaN")}, "identity_invalid"),
        ({"created_at": None}, "time_missing"),
        ({"created_at": "soon"}, "date_invalid"),
        ({"due": "31.12.2025"}, "date_invalid"),
        ({"total": Decimal("Infinity")}, "not_a_number"),
        ({"note": "x" * 1025}, "value_too_long"),
        ({f"c{number}": 1 for number in range(257)}, 522),
        ({"price$": 1}, "name_forbidden"),
        ({"n" * 121: 1}, "name_forbidden"),
    ],
)
def test_what_clevertap_would_refuse_is_refused_here(change, code):
    with pytest.raises(RecordRefusedError) as refusal:
        mapping(event_rule())({**ORDER, **change})
    assert refusal.value.code == code


def test_at_the_loosest_limits_clevertap_decides():
    change = {"note": "x" * 1024, "email": "y" * 1023, "n" * 120: 1}
    mapping(event_rule())({**ORDER, **change})
    mapping(event_rule(others="drop", properties={"A": "total"}))({**ORDER, "price$": 1})


def test_too_many_items_are_refused():
    rule = event_rule(event="Charged", properties={"Items": "lines"})
    with pytest.raises(RecordRefusedError) as refusal:
        mapping(rule)({**ORDER, "lines": [{"a": 1}] * 257})
    assert refusal.value.code == "too_many_items"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (event_rule(identity="mail"), ["no column `mail`", "`email`"]),
        (event_rule(event="Notification Sent"), ["Notification Sent", "513"]),
        (event_rule(idenity="x"), ["idenity", "identity"]),
        ({"type": "event", "identity": "email"}, ["event_field"]),
        (event_rule(event_field="id"), ["event_field"]),
        (event_rule(operations={"id": "$incr"}), ["operations"]),
        ({"type": "profile", "identity": "email", "event": "x"}, ["event"]),
        ({"type": "profile", "identity": "email", "operations": {"tgs": "$add"}}, ["tgs"]),
        (event_rule(properties={"id": "total"}), ["`id`", "`total`", "others: drop"]),
        (event_rule(properties={"Total.": "total"}), ["Total.", "forbids ."]),
    ],
)
def test_a_rule_that_cannot_work_says_why_before_anything_is_sent(rule, words):
    with pytest.raises(SettingError) as error:
        mapping(rule)
    assert all(word in error.value.message for word in words), error.value.message


def test_a_forbidden_column_name_is_reported_at_schema_unless_the_column_is_renamed_or_dropped():
    schema = {"properties": {**ORDERS["properties"], "price.net": {}}}
    with pytest.raises(SettingError) as error:
        mapping(event_rule(), schema)
    assert "price.net" in error.value.message
    mapping(event_rule(properties={"Net": "price.net"}), schema)
    mapping(event_rule(others="drop"), schema)


def test_a_profile_forbids_one_character_more():
    schema = {"properties": {"id": {}, "no#": {}}}
    with pytest.raises(SettingError):
        mapping({"type": "profile", "identity": "id"}, schema)
    mapping({"type": "event", "event": "x", "identity": "id"}, schema)


def test_a_stream_without_a_rule_gets_one_to_paste():
    with pytest.raises(SettingError) as error:
        mapping(None)
    assert (
        "stream `orders`: it has no rule and nothing of it was sent; add one" in error.value.message
    )


EVENT_COLUMNS = ["event_key", "event_name", "event_time", "object_id", "identity", "event_props"]
PROFILE_COLUMNS = [
    "profile_key",
    "identity",
    "object_ids",
    "profile_data",
    "seen_through",
    "name",
    "phone",
]
TAP_EVENTS = {"properties": {column: {} for column in EVENT_COLUMNS}}
TAP_PROFILES = {"properties": {column: {} for column in PROFILE_COLUMNS}}
TAP_EVENT = {
    "event_key": "0" * 32,
    "event_name": "Charged",
    "event_time": "2026-01-01T00:00:00+00:00",
    "object_id": "__g1",
    "identity": None,
    "event_props": {"Amount": Decimal("1.50"), "Items": [{"sku": "a"}], "Note": None},
}


def test_the_events_of_the_tap_need_no_rule():
    mapped = mapping(None, TAP_EVENTS)(TAP_EVENT)
    assert mapped.body == {
        "type": "event",
        "objectId": "__g1",
        "ts": NEW_YEAR,
        "evtName": "Charged",
        "evtData": {"Amount": Decimal("1.50"), "Items": [{"sku": "a"}]},
    }
    known = mapping(None, TAP_EVENTS)({**TAP_EVENT, "identity": "ada", "event_props": None})
    assert known.body["identity"] == "ada"
    assert known.body["evtData"] == {}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"object_id": None}, "identity_missing"),
        ({"event_name": "App Launched"}, 513),
        ({"event_time": None}, "time_missing"),
        ({"event_props": {"a.b": 1}}, "name_forbidden"),
    ],
)
def test_an_event_of_the_tap_that_clevertap_would_refuse(change, code):
    with pytest.raises(RecordRefusedError) as refusal:
        mapping(None, TAP_EVENTS)({**TAP_EVENT, **change})
    assert refusal.value.code == code


def test_the_profiles_of_the_tap_need_no_rule():
    mapped = mapping(None, TAP_PROFILES)(
        {
            "identity": "",
            "object_ids": ["b", "a"],
            "profile_data": {"Plan": "gold", "Tags": ["x", "y"], "Gone": None},
            "name": "Ada",
            "phone": None,
        }
    )
    assert mapped.body == {
        "type": "profile",
        "objectId": "a",
        "profileData": {"Plan": "gold", "Tags": {"$set": ["x", "y"]}, "Name": "Ada"},
    }
    assert not mapped.counts_again


@pytest.mark.parametrize(
    ("phone", "sent"),
    [("919800000001", "+919800000001"), (919800000001, "+919800000001"), ("+4930 1", "+4930 1")],
    ids=["digits", "number", "with its sign"],
)
def test_a_telephone_number_of_the_tap_gets_the_sign_that_uploads_demand(phone, sent):
    mapped = mapping(None, TAP_PROFILES)({"identity": "ada", "phone": phone})
    assert mapped.body["profileData"] == {"Phone": sent}


@pytest.mark.parametrize("object_ids", [5, True, "abc", {"a": 1}])
def test_object_ids_that_are_no_list_are_none(object_ids):
    mapped = mapping(None, TAP_PROFILES)({"identity": "ada", "object_ids": object_ids})
    assert mapped.user == "identity\0ada"
    with pytest.raises(RecordRefusedError) as refused:
        mapping(None, TAP_PROFILES)({"object_ids": object_ids})
    assert refused.value.code == "identity_missing"


@pytest.mark.parametrize("column", ["name", "email", "phone"])
def test_fields_beside_the_profile_data_are_checked_like_it(column):
    with pytest.raises(RecordRefusedError) as refused:
        mapping(None, TAP_PROFILES)({"identity": "ada", column: Decimal("NaN")})
    assert refused.value.code == "not_a_number"
