"""The streams of tap-clevertap, read back from a warehouse."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import decode_value
from target_clevertap.singer.columns import read_columns
from target_clevertap.singer.stream_mapping import build_mapping
from tests.support.target_process import lines

UNION = {"type": ["string", "number", "integer", "array", "object", "boolean", "null"]}
FORMS = {"object": {"type": ["object", "null"]}, "text": {"type": ["string", "null"]}}
FORMS |= {"union": UNION, "anything": {}}
SPELLINGS = {"lower": str.lower, "upper": str.upper, "mixed": str.title}

EVENT = {
    "event_key": "aa11",
    "event_name": "Charged",
    "event_time": "2026-05-01T10:00:00+00:00",
    "object_id": "__g1",
    "identity": "u-9",
    "event_props": {"Amount": Decimal("310.10"), "Items": [{"Product": "Tea"}], "None": None},
}
PROFILE = {
    "profile_key": "bb22",
    "identity": None,
    "object_ids": ["__g2", "__g1"],
    "profile_data": {"Plan": "gold", "Tags": ["a", "b"]},
    "seen_through": "2026-05-02",
    "name": "Ada",
}
EVENT_DATA = {"Amount": Decimal("310.1"), "Items": [{"Product": "Tea"}]}
PROFILE_DATA = {"Plan": "gold", "Tags": {"$set": ["a", "b"]}, "Name": "Ada"}


def mapping(columns, form, spelling):
    opened = {"event_props", "profile_data", "object_ids"}
    schema = {spelling(name): FORMS[form] if name in opened else {} for name in columns}
    return build_mapping("s", None, read_columns({"properties": schema}), ["x"])


def as_came(record, spelling, *, as_text):
    """Return a record as a warehouse gives it: nested values as JSON text, names in its case."""

    def value(inner):
        if as_text and isinstance(inner, (dict, list)):
            return json.dumps(inner, indent=2, default=float)
        return inner

    return {spelling(name): value(inner) for name, inner in record.items()}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("as_text", [True, False], ids=["text", "objects"])
def test_events_and_profiles_come_back_from_a_warehouse(form, as_text, spelling):
    event = as_came(EVENT, spelling, as_text=as_text)
    body = mapping(EVENT, form, spelling)(event).body
    assert body["evtData"] == EVENT_DATA
    assert (body["identity"], body["ts"]) == ("u-9", 1777629600)
    profile = as_came(PROFILE, spelling, as_text=as_text)
    body = mapping(PROFILE, form, spelling)(profile).body
    assert body == {"type": "profile", "objectId": "__g1", "profileData": PROFILE_DATA}


@pytest.mark.parametrize("nothing", [None, "", " ", "null", {}, "{}"])
def test_nothing_in_an_open_column_is_no_property(nothing):
    event = {**EVENT, "event_props": nothing}
    assert mapping(EVENT, "text", str)(event).body["evtData"] == {}
    profile = {**PROFILE, "profile_data": nothing}
    assert mapping(PROFILE, "text", str)(profile).body["profileData"] == {"Name": "Ada"}
    del event["event_props"]
    assert mapping(EVENT, "text", str)(event).body["evtData"] == {}


@pytest.mark.parametrize("spelling", [str.lower, str.upper], ids=["lower", "upper"])
@pytest.mark.parametrize("value", ["Amount: 310", "{'a': 1}", "[1]", '"{}"', [1], 5, True, "NaN"])
@pytest.mark.parametrize("column", ["event_props", "profile_data"])
def test_what_is_not_an_object_in_an_open_column_is_a_reject(column, value, spelling):
    record = EVENT if column == "event_props" else PROFILE
    given = as_came({**record, column: value}, spelling, as_text=False)
    with pytest.raises(RecordRefusedError) as refused:
        mapping(record, "text", spelling)(given)
    assert f"`{spelling(column)}`" in refused.value.reason
    assert refused.value.code == "value_invalid"


@pytest.mark.parametrize(
    "value", ["{__g1,__g2}", "__g1", "{}", 5, [], [5], None, "", '["", null]', [" "], '["null"]']
)
def test_object_ids_that_are_none_are_a_reject_where_they_are_needed(value):
    profile = {**PROFILE, "object_ids": value}
    with pytest.raises(RecordRefusedError) as refused:
        mapping(PROFILE, "text", str)(profile)
    assert "`object_ids`" in refused.value.reason
    assert mapping(PROFILE, "text", str)({**profile, "identity": "ada"}).user == "identity\0ada"


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"Note": "x" * 1025}, ["`Note`", "`EVENT_PROPS`", "1024"]),
        ({"a.b": 1}, ["`a.b`", "`EVENT_PROPS`"]),
        ({"Items": ["loose"]}, ["`Items`", "`EVENT_PROPS`"]),
    ],
)
def test_reasons_name_property_and_column(properties, words):
    event = as_came({**EVENT, "event_props": properties}, str.upper, as_text=True)
    with pytest.raises(RecordRefusedError) as refused:
        mapping(EVENT, "text", str.upper)(event)
    assert all(word in refused.value.reason for word in words), refused.value.reason


def test_numbers_in_json_text_are_exact():
    text = '{"big": 12345678901234567890123, "dec": 0.12345678901234567890}'
    body = mapping(EVENT, "text", str)({**EVENT, "event_props": text}).body
    assert body["evtData"] == decode_value(text)


def test_a_stream_out_of_a_warehouse_is_delivered(target):
    columns = {name.upper(): {"type": ["string", "null"]} for name in EVENT}
    schema = {"type": "SCHEMA", "stream": "e", "schema": {"properties": columns}}
    schema |= {"key_properties": ["EVENT_KEY"]}
    good = as_came(EVENT, str.upper, as_text=True)
    bad = {**good, "EVENT_KEY": "bb", "EVENT_PROPS": "Amount: 310"}
    records = [{"type": "RECORD", "stream": "e", "record": each} for each in (good, bad)]
    finished = target.run(lines([schema, *records]), streams={}, max_rejects=-1)
    assert finished.status == 0
    assert [each["evtData"] for each in target.delivered()] == [
        {"Amount": 310.1, "Items": [{"Product": "Tea"}]}
    ]
    assert target.rejected() == [(bad, "value_invalid")]
    assert target.run(lines([schema, records[0]]), streams={}).status == 0
    assert len(target.delivered()) == 1


def test_flattening_leaves_the_open_columns(target):
    open_column = {"type": ["object", "null"], "properties": {}, "additionalProperties": True}
    columns = {name: {"type": ["string", "null"]} for name in EVENT} | {"event_props": open_column}
    schema = {"type": "SCHEMA", "stream": "e", "schema": {"properties": columns}}
    schema |= {"key_properties": ["event_key"]}
    record = {**EVENT, "event_props": {"Amount": 5, "Items": [{"Product": "Tea"}]}}
    messages = lines([schema, {"type": "RECORD", "stream": "e", "record": record}])
    settings = {"flattening_enabled": True, "flattening_max_depth": 3, "streams": {}}
    assert target.run(messages, **settings).status == 0
    assert target.delivered()[0]["evtData"] == {"Amount": 5, "Items": [{"Product": "Tea"}]}
