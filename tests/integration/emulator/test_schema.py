"""getSchema: typed properties, drift, names that come and go, and the CSV of the Schema page."""

from __future__ import annotations

import csv
import re
from collections import defaultdict

import pytest

from tests.support.walking import EVENTS, asking, canonical, records, walk

FITTING = {
    "String": lambda value: isinstance(value, str) and not value.startswith("$D_"),
    "Integer": lambda value: type(value) is int,
    "Float": lambda value: type(value) is float,
    "Number": lambda value: type(value) in {int, float},
    "Boolean": lambda value: type(value) is bool,
    "Date": lambda value: isinstance(value, str) and re.fullmatch(r"\$D_\d+", value) is not None,
    "List": lambda value: isinstance(value, list),
}


def events_of(emulator):
    return {each["name"]: each for each in emulator.api("GET", "/getSchema").json()["events"]}


def types_of(emulator, name):
    return {each["name"]: each["type"] for each in events_of(emulator)[name]["properties"]}


def user_types(emulator):
    found = emulator.api("GET", "/getSchema?type=userProperties").json()["userProperties"]
    return {each["name"]: each["type"] for each in found}


def values_of(emulator, name):
    values = defaultdict(list)
    for event in emulator.truth(kind="events", event_name=name)["events"]:
        for key, value in (event["event_props"] or {}).items():
            values[key].append(value)
    return values


def test_each_property_is_declared_with_a_type_that_most_of_its_values_have(clean):
    declared = set()
    for name in clean.truth(kind="none")["event_names"]:
        values, types = values_of(clean, name), types_of(clean, name)
        assert values.keys() <= types.keys()
        for key, found in values.items():
            fitting = sum(FITTING[types[key]](value) for value in found if value is not None)
            assert fitting > 0, (name, key)
            declared.add(types[key])
    assert declared == {*FITTING}


def test_some_values_do_not_fit_their_type(clean):
    types, values = types_of(clean, "Charged"), values_of(clean, "Charged")
    assert types["Score"] == "Number"
    assert "300" in values["Score"]
    assert {type(value) for value in values_of(clean, "App Launched")["CT Connected To WiFi"]} == {
        str,
        bool,
    }


def test_user_properties_are_declared_with_types_uploaded_ones_too(clean):
    profile = {"Plan Level": 3, "Vip": True, "Since": "$D_1700000000", "Tags": ["a"], "Score": "x"}
    upload = {"type": "profile", "identity": "anna", "profileData": profile}
    clean.api("POST", "/1/upload", json={"d": [upload]}).raise_for_status()
    types = user_types(clean)
    assert {key: types[key] for key in profile} == {
        "Plan Level": "Integer",
        "Vip": "Boolean",
        "Since": "Date",
        "Tags": "List",
        "Score": "Float",
    }
    assert types["Interests"] == "List"


def test_an_uploaded_event_is_declared_by_its_first_values(clean):
    first = {"type": "event", "identity": "a", "evtName": "Won", "evtData": {"Prize": 5, "At": 1.5}}
    second = first | {"evtData": {"Prize": "much", "When": "$D_1700000000"}}
    clean.api("POST", "/1/upload", json={"d": [first, second]}).raise_for_status()
    assert types_of(clean, "Won") == {"Prize": "Integer", "At": "Float", "When": "Date"}


def test_hundreds_of_event_types_with_many_properties(start_emulator):
    emulator = start_emulator(extra_events=500, extra_properties=60, days=3, preparing=0)
    schema = events_of(emulator)
    names = [name for name in schema if name.startswith("Extra Event")]
    assert len(names) == 500
    assert {len(schema[name]["properties"]) for name in names} == {60}
    columns = [re.sub("[^a-z0-9]+", "_", each.lower()) for each in types_of(emulator, names[7])]
    assert len(set(columns)) < 60
    assert {"identity", "event_time"} <= set(columns)
    rows = records(walk(emulator, asking(emulator, names[7])))
    assert rows
    truth = emulator.truth(kind="events", event_name=names[:50])["events"]
    types, fits = types_of(emulator, names[0]), defaultdict(set)
    for event in truth:
        for key, value in (event["event_props"] or {}).items():
            fits[types[key]].add(FITTING[types[key]](value))
    assert fits == {kind: {True, False} for kind in FITTING if kind != "List"}


def test_ordinary_events_are_the_same_with_extra_ones(start_emulator):
    plain = start_emulator(today="2026-08-31", days=2)
    more = start_emulator(today="2026-08-31", days=2, extra_events=5)
    asked = {"kind": "events", "event_name": ["Charged", "App Launched"]}
    assert plain.truth(**asked) == more.truth(**asked) | {
        "event_names": plain.truth(kind="none")["event_names"]
    }


def test_a_name_may_be_left_out_of_some_responses(clean):
    clean.schema("Charged", left_out=1)
    assert ["Charged" in events_of(clean) for _ in range(3)] == [False, True, True]
    clean.schema("Charged", left_out=2)
    assert "next_cursor" in walk(clean, asking(clean, "Charged"))[0]
    clean.schema("Charged", left_out=0)
    assert "Charged" in events_of(clean)


def test_properties_appear_vanish_and_change(clean):
    before = types_of(clean, "Charged")
    clean.schema("Charged", properties={"Coupon": "String", "Currency": None, "Amount": "String"})
    changed = {name: kind for name, kind in before.items() if name != "Currency"}
    assert types_of(clean, "Charged") == changed | {"Amount": "String", "Coupon": "String"}
    assert "Currency" in values_of(clean, "Charged")
    clean.schema(user_properties={"City": None, "Plan": "String"})
    assert user_types(clean)["Plan"] == "String"
    assert "City" not in user_types(clean)
    clean.reset()
    assert types_of(clean, "Charged") == before
    assert "City" in user_types(clean)


def test_an_event_may_be_discarded_later(clean):
    clean.schema("Charged", discarded=True)
    assert events_of(clean)["Charged"]["status"] == "Discarded"
    event = {"type": "event", "identity": "a", "evtName": "charged"}
    answer = clean.api("POST", "/1/upload", json={"d": [event]}).json()
    assert answer["unprocessed"][0]["code"] == 528
    clean.schema("Charged", discarded=False)
    assert events_of(clean)["Charged"]["status"] == "Active"


def test_a_renamed_event_takes_its_history_along(clean):
    clean.rows("Charged", 20260829, add=1)
    clean.schema("Charged", properties={"Coupon": "String"})
    before = clean.truth(kind="events", event_name="Charged")["events"]
    types = types_of(clean, "Charged")
    assert "Coupon" in types
    clean.schema("Charged", renamed="Purchase")
    names = [*events_of(clean)]
    assert "Charged" not in names
    assert names[2] == "Purchase"
    assert types_of(clean, "Purchase") == types
    after = clean.truth(kind="events", event_name="Purchase")["events"]
    assert [*map(canonical, after)] == [
        canonical(each | {"event_name": "Purchase"}) for each in before
    ]
    assert len(records(walk(clean, asking(clean, "Purchase")))) == len(before)
    old = clean.api("POST", EVENTS, json=asking(clean, "Charged")).json()
    assert old["error"] == '["Invalid event : Charged"]'
    clean.reset()
    assert clean.truth(kind="events", event_name="Purchase")["events"] == []
    assert "Charged" in events_of(clean)


@pytest.mark.parametrize(
    "change",
    [
        {"event_name": "Nobody", "discarded": True},
        {"discarded": True},
        {"event_name": "Charged", "renamed": "search"},
        {"event_name": "Charged", "renamed": ""},
        {"event_name": "Charged", "left_out": -1},
        {"event_name": "Charged", "properties": {"A": 5}},
        {"event_name": "Charged", "colour": "red"},
    ],
    ids=["unknown", "unnamed", "taken", "empty", "negative", "type", "key"],
)
def test_a_change_that_makes_no_sense_is_refused(clean, change):
    before = events_of(clean)
    answer = clean.api("POST", "/_emulator/schema", json=change)
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")
    assert events_of(clean) == before


def schema_csv(emulator, **params):
    answer = emulator.api("GET", "/_emulator/schema.csv", params=params)
    assert answer.headers["Content-Type"].startswith("text/csv")
    answer.encoding = "utf-8"
    return [*csv.reader(answer.text.splitlines())]


def test_the_csv_has_seventeen_columns_and_a_row_for_each_property(clean):
    titles, *rows = schema_csv(clean)
    assert {len(row) for row in (titles, *rows)} == {17}
    schema = events_of(clean)
    expected = {
        (name, each["name"], each["type"])
        for name, event in schema.items()
        for each in event["properties"] or [{"name": "", "type": ""}]
    }
    assert {(row[0], row[9], row[13]) for row in rows} == expected
    assert {row[3] for row in rows if row[0] == "Legacy Banner Shown"} == {"Discarded"}
    assert (titles[0], titles[9], titles[13]) == ("Event name", "Property name", "Data type")


def test_the_titles_of_the_csv_vary(clean):
    titles, *rows = schema_csv(clean)
    assert schema_csv(clean, titles="none") == rows
    shuffled = schema_csv(clean, titles="shuffled")
    assert [row[::-1] for row in shuffled] == [titles, *rows]
    other, *same = schema_csv(clean, titles="other")
    assert (same, len(set(other)), {*other} & {*titles}) == (rows, 17, set())
    short = schema_csv(clean, properties="off")
    assert {len(row) for row in short} == {9}
    assert [row[0] for row in short[1:]] == [*events_of(clean)]
    assert clean.api("GET", "/_emulator/schema.csv?titles=odd").status_code == 400
