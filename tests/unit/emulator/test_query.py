"""The query language: what is understood, what is refused, what holds."""

from __future__ import annotations

from datetime import date

import pytest

from clevertap_emulator.data.conditions import SPELLINGS, Condition
from clevertap_emulator.data.places import is_in, is_near, place_of
from clevertap_emulator.data.query import FilterDatesError, FilterError, FilterQuery, parse_query

TODAY = date(2026, 8, 31)
DAYS = {"from": 20260829, "to": 20260830}


def parsed(**content):
    return parse_query({"event_name": "Charged", **DAYS, **content}, TODAY)


def holds(value, operator, *values):
    return Condition("x", SPELLINGS[operator], values).holds(value)


@pytest.mark.parametrize(
    ("value", "operator", "values", "expected"),
    [
        (100, "equals", (100,), True),
        (100.0, "equals", (100,), True),
        (100, "equals", (101,), False),
        ("300", "equals", (300,), True),
        (300, "equals", ("300",), True),
        (2**62 + 1, "equals", (2**62,), False),
        ("Gold", "equals", ("Gold",), True),
        ("Gold", "equals", ("gold",), False),
        ("Gold", "equals", ("Silver", "Gold"), True),
        (["a", "b"], "equals", ("b",), True),
        (True, "equals", ("True",), True),
        ("true", "equals", ("True",), True),
        (False, "equals", ("True",), False),
        (False, "equals", ("False",), True),
        (False, "equals", (False,), True),
        (0, "equals", ("False",), False),
        (None, "equals", ("x",), False),
        ("Gold", "not_equals", ("Gold",), False),
        ("Gold", "not_equals", ("Silver",), True),
        ("Gold", "not_equals", ("Silver", "Gold"), False),
        (None, "not_equals", ("Gold",), True),
        ("Green tea", "contains", ("tea",), True),
        ("Green tea", "contains", ("coffee", "Green"), True),
        ("Green tea", "contains", ("coffee",), False),
        (["books", "chess"], "contains", ("che",), True),
        (None, "contains", ("",), False),
        ("Green tea", "does_not_contain", ("tea",), False),
        ("Green tea", "not_contains", ("tea",), False),
        ("Green tea", "not_contains", ("coffee",), True),
        (None, "does_not_contain", ("tea",), True),
        (0, "exists", (), True),
        ("", "exists", (), True),
        (None, "exists", (), False),
        ([], "exists", (), False),
        (None, "does_not_exist", (), True),
        (False, "does_not_exist", (), False),
        (5, "greater_than", (5,), False),
        (5.1, "gt", (5,), True),
        (5, "greater_than_equals", (5,), True),
        (4, "gte", (5,), False),
        (4, "less_than", (5,), True),
        (5, "lt", (5,), False),
        (5, "less_than_equals", (5,), True),
        (6, "lte", (5,), False),
        (6, "lte", (5, 7), True),
        ("6", "gt", (5,), False),
        (True, "gt", (0,), False),
        (None, "lt", (5,), False),
        ("$D_1700000000", "gt", ("$D_1600000000",), True),
        ("$D_1700000000", "lt", (1_600_000_000,), False),
        ("$D_1700000000", "equals", ("$D_1700000000",), True),
    ],
)
def test_each_operator(value, operator, values, expected):
    assert holds(value, operator, *values) is expected


def test_a_query_without_conditions_is_none():
    assert parsed() == FilterQuery()
    assert parsed(groups={"a": {}}, unique=True, event_properties=[]) == FilterQuery()


def test_equals_is_the_default_operator_and_old_clients_write_props():
    assert parsed(props=[{"name": "Amount", "value": 100}]).event == (
        Condition("Amount", "equals", (100,)),
    )


def test_every_part_of_a_query_is_read():
    query = parsed(
        event_properties=[{"name": "Amount", "operator": "gt", "value": 100}],
        session_properties=[{"name": "time_of_day", "value": ["22:30", "22:35"]}],
        common_profile_properties={
            "app_fields": [{"name": "Make", "operator": "contains", "value": "Apple"}],
            "profile_fields": [{"name": "language", "value": "en"}],
            "demographics": [{"name": "Gender", "value": "Female"}],
            "technographics": [{"name": "Platform", "value": "AndroidApp"}],
            "reachability": [{"name": "has_token", "value": "True"}],
            "geo_fields": [["India", "Maharashtra", "Mumbai"]],
            "geo_radius": [[35, 42.5, 5.2]],
        },
        advanced_query={
            "did_all": [{"event_name": "A", **DAYS, "operator": "equals", "value": 10}],
            "did_any": {"any_events": [{"event_name": "B", **DAYS, "event_properties": []}]},
            "did_none": [{"event_name": "C", **DAYS}],
        },
    )
    assert query.event[0].operator == "greater_than"
    assert query.session[0].values == ("22:30", "22:35")
    assert [each.group for each in query.profile] == [
        "app_fields",
        "demographics",
        "profile_fields",
        "reachability",
        "technographics",
    ]
    assert query.places == (("India", "Maharashtra", "Mumbai"),)
    assert query.circles == ((35, 42.5, 5.2),)
    assert query.event_names() == ["A", "C", "B"]
    counts = [(past.count.operator, past.count.values, past.none) for past in query.past]
    assert counts == [
        ("equals", (10,), False),
        ("greater_than", (0,), True),
        ("greater_than", (0,), False),
    ]


def event(**content):
    return {"event_properties": [content]}


def profile(group, **content):
    return {"common_profile_properties": {group: [content]}}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"event_propertes": []}, "Invalid key : event_propertes"),
        ({"event_properties": {}}, "Invalid value : event_properties"),
        ({"event_properties": None}, "Invalid value : event_properties"),
        ({"event_properties": ["x"]}, "Invalid property : x"),
        (event(name="x", operator="like", value=1), "Invalid operator : like"),
        (event(name="x", operator=["equals"], value=1), "Invalid operator : ['equals']"),
        (event(operator="equals", value=1), "Invalid property : None"),
        (event(name="", value=1), "Invalid property : "),
        (event(name="x", operator="equals"), "Invalid value : x"),
        (event(name="x", value=[]), "Invalid value : x"),
        (event(name="x", value={"a": 1}), "Invalid value : x"),
        (event(name="x", value=[1, None]), "Invalid value : x"),
        (event(name="x", operator="gt", value="many"), "Invalid value : x"),
        (event(name="x", operator="gt", value=True), "Invalid value : x"),
        (event(name="x", value=1, case="exact"), "Invalid key : case"),
        ({"common_profile_properties": []}, "Invalid value : common_profile_properties"),
        (profile("geo_field"), "Invalid key : geo_field"),
        (profile("profile_fields", name="identity", value="5"), "Invalid property : identity"),
        (profile("profile_fields", name="Object Id", value="5"), "Invalid property : Object Id"),
        (profile("app_fields", name="Colour", value="5"), "Invalid property : Colour"),
        ({"common_profile_properties": {"geo_fields": ["x"]}}, "Invalid value : geo_fields"),
        ({"common_profile_properties": {"geo_fields": [[]]}}, "Invalid value : geo_fields"),
        ({"common_profile_properties": {"geo_radius": [[1, 2]]}}, "Invalid value : geo_radius"),
        (
            {"common_profile_properties": {"geo_radius": [[1, 2, True]]}},
            "Invalid value : geo_radius",
        ),
        ({"advanced_query": {"did": []}}, "Invalid key : did"),
        ({"advanced_query": {"did_any": []}}, "Invalid value : did_any"),
        ({"advanced_query": {"did_all": {}}}, "Invalid value : did_all"),
        ({"advanced_query": {"did_all": [5]}}, "Invalid event : 5"),
        ({"advanced_query": {"did_all": [DAYS]}}, "Invalid event : None"),
        (
            {"advanced_query": {"did_all": [{"event_name": "A", **DAYS, "operator": "equals"}]}},
            "Invalid value : count",
        ),
        (
            {"advanced_query": {"did_all": [{"event_name": "A", **DAYS, "value": "few"}]}},
            "Invalid value : count",
        ),
    ],
)
def test_what_is_not_understood_is_refused_by_name(content, text):
    with pytest.raises(FilterError) as refused:
        parsed(**content)
    assert str(refused.value) == text


@pytest.mark.parametrize(
    "days",
    [
        {},
        {"from": 20260830, "to": 20260829},
        {"from": 20260830, "to": 20260901},
        {"from": "x", "to": 20260829},
    ],
    ids=["missing", "reversed", "future", "text"],
)
def test_days_of_past_events_are_checked(days):
    with pytest.raises(FilterDatesError):
        parsed(advanced_query={"did_none": [{"event_name": "A", **days}]})


def test_places_and_circles():
    mumbai = place_of("Mumbai")
    assert is_in(mumbai, ("India",))
    assert is_in(mumbai, ("India", "Maharashtra", "Mumbai"))
    assert not is_in(mumbai, ("India", "Delhi"))
    assert is_near(mumbai, 19, 72.8, 20)
    assert not is_near(mumbai, 28.6, 77.2, 1000)
    assert is_near(mumbai, 28.6, 77.2, 1200)
    assert place_of("Atlantis") is None
    assert place_of(None) is None
