"""The setting `query`: what is accepted, what is sent, and the path of each fault."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.query.faults import QueryError
from tap_clevertap.query.filters import OPERATORS
from tap_clevertap.query.fragment import NO_QUERY, read_query
from tap_clevertap.query.refusals import is_query_refused

DAYS = {"from": 20260801, "to": 20260831}
WHOLE = {
    "event_properties": [{"name": "Amount", "operator": "equals", "value": 100}],
    "session_properties": [
        {"name": "first_time", "value": "True"},
        {"name": "time_of_day", "value": ["22:30", "22:35"]},
    ],
    "common_profile_properties": {
        "app_fields": [{"name": "Make", "operator": "contains", "value": "Apple"}],
        "profile_fields": [
            {"name": "language", "operator": "equals", "value": "en"},
            {"name": "Phone", "value": ["+14155551234"]},
            {"name": "Email", "operator": "exists"},
        ],
        "demographics": [
            {"name": "Education", "operator": "equals", "value": ["College", "Graduate"]},
            {"name": "Gender", "value": "Female"},
        ],
        "technographics": [{"name": "Platform", "value": "AndroidApp"}],
        "reachability": [{"name": "has_token", "value": "True"}],
        "geo_fields": [["India", "Maharashtra", "Mumbai"], ["France"]],
        "geo_radius": [[35, 42.5, 5.2], [77.6, 76.2, 11]],
    },
    "advanced_query": {
        "did_all": [
            {"event_name": "App Launched", **DAYS, "operator": "equals", "value": 10},
            {
                "event_name": "Charged",
                **DAYS,
                "event_properties": [{"name": "Feedback", "operator": "contains", "value": "good"}],
            },
        ],
        "did_any": {
            "any_events": [{"event_name": "Charged", **DAYS, "event_properties": []}],
            "operator": "greater_than_equals",
            "value": 1,
        },
        "did_none": [{"event_name": "App Uninstalled", **DAYS}],
    },
}
"""Every block of CleverTap's samples. [SNIP clevertap_query_language]"""


def faults(query):
    with pytest.raises(QueryError) as raised:
        read_query(query)
    return str(raised.value)


def of_event(**given):
    return {"event_properties": [{"name": "Amount", **given}]}


def of_profile(**given):
    return {"common_profile_properties": {"profile_fields": [given]}}


def did(block="did_all", **given):
    return {"advanced_query": {block: [{"event_name": "Charged", **DAYS, **given}]}}


def test_every_block_of_the_language_is_sent_as_it_is_written():
    query = read_query(WHOLE)
    assert query.fragment == WHOLE
    assert json.dumps(query.fragment) == json.dumps(WHOLE)
    assert set(query.events.values()) == {"App Launched", "Charged", "App Uninstalled"}
    assert query.events["query.advanced_query.did_any.any_events[0].event_name"] == "Charged"


@pytest.mark.parametrize("operator", OPERATORS)
def test_both_spellings_of_an_operator_are_sent_as_they_are_written(operator):
    value = "5" if "contain" in operator else 5
    query = of_event(operator=operator, value=value)
    assert read_query(query).fragment == query


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (True, "True"),
        ([True, False, "x"], ["True", "False", "x"]),
        (Decimal("99.90"), 99.9),
        (Decimal(10), 10.0),
        (0.1, 0.1),
        (2**63 - 1, 2**63 - 1),
        ("", ""),
        ("$D_1487576752", "$D_1487576752"),
    ],
    ids=str,
)
def test_a_value_is_sent_as_text_or_number(given, sent):
    (found,) = read_query(of_event(value=given)).fragment["event_properties"]
    assert (found["value"], type(found["value"])) == (sent, type(sent))


def test_a_date_is_compared_like_a_number():
    query = of_event(operator="gte", value="$D_1487576752")
    assert read_query(query).fragment == query


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_query_is_no_query(nothing):
    assert read_query(nothing) == NO_QUERY
    assert NO_QUERY.digest is None


def test_a_digest_depends_on_what_is_sent_alone():
    one = read_query({**of_event(operator="gt", value=1), "session_properties": []})
    other = {
        "session_properties": [],
        "event_properties": [{"value": 1, "operator": "gt", "name": "Amount"}],
    }
    assert one.digest == read_query(other).digest
    assert len(one.digest) == 16
    assert one.digest != read_query(of_event(operator="gt", value=2)).digest
    assert read_query(of_event(value=True)).digest == read_query(of_event(value="True")).digest


def test_the_digest_is_the_one_that_states_hold():
    assert read_query(of_event(operator="greater_than", value=100)).digest == "74318bfad38103e2"


@pytest.mark.parametrize(
    ("query", "path", "advice"),
    [
        ({"event_name": "Charged"}, "query.event_name", "setting events"),
        ({"from": 20260801}, "query.from", "start_date"),
        ({"to": 20260801}, "query.to", "end_date"),
        ({"props": []}, "query.props", "event_properties"),
        ({"groups": {}}, "query.groups", "remove it"),
        ({"where": {}}, "query.where", "without it"),
        ({"identity": "x"}, "query.identity", "__filter__"),
        ({"did_all": []}, "query.did_all", "advanced_query"),
        ({"profile_fields": []}, "query.profile_fields", "common_profile_properties"),
        ({"event_propertys": []}, "query.event_propertys", "did you mean `event_properties`"),
        ({"\x1b[2J": []}, "query.\\x1b[2J", "use event_properties, session_properties"),
        ({"event_properties": {}}, "query.event_properties", "[ ]"),
        ({"event_properties": None}, "query.event_properties", "[ ]"),
        ({"session_properties": ["x"]}, "query.session_properties[0]", "write it like"),
        ({"event_properties": [{"value": 1}]}, "query.event_properties[0].name", "set it"),
        (of_event(name=" ", value=1), "query.event_properties[0].name", "set it"),
        (of_event(name=5, value=1), "query.event_properties[0].name", "set it"),
        (of_event(), "query.event_properties[0].value", "it is missing"),
        (of_event(operator="contains"), "query.event_properties[0].value", "it is missing"),
        (of_event(values=[1]), "query.event_properties[0].values", "did you mean `value`?"),
        (of_event(operator="=", value=1), "query.event_properties[0].operator", "use one of eq"),
        (
            of_event(operator="Greater Than", value=1),
            "query.event_properties[0].operator",
            "did you mean `greater_than`?",
        ),
        (of_event(operator=None, value=1), "query.event_properties[0].operator", "use one of"),
        (of_event(value=None), "query.event_properties[0].value", "it is null"),
        (of_event(value=[]), "query.event_properties[0].value", "an empty list"),
        (of_event(value={"a": 1}), "query.event_properties[0].value", "set text or a number"),
        (of_event(value=["a", ["b"]]), "query.event_properties[0].value[1]", "neither"),
        (of_event(value=10**30), "query.event_properties[0].value", "round it"),
        (of_event(value=Decimal("0.12345678901234567890")), "[0].value", "round it"),
        (of_event(value=Decimal("1e400")), "[0].value", "round it"),
        (of_event(operator="gt", value="100"), "[0].value", "without quotes"),
        (of_event(operator="gt", value=[1, 2]), "[0].value", "one number"),
        (of_event(operator="less_than", value=True), "[0].value", "compares numbers"),
        (of_event(operator="contains", value=5), "[0].value", "in quotes"),
        (of_event(operator="not_contains", value=["a", 5]), "[0].value", "in quotes"),
        ({"common_profile_properties": []}, "query.common_profile_properties", "an object"),
        (
            {"common_profile_properties": {"geo": []}},
            "query.common_profile_properties.geo",
            "geo_fields",
        ),
        (of_profile(name="identity", value="x"), "profile_fields[0].name", "__filter__"),
        (of_profile(name="Object Id", operator="exists"), "profile_fields[0].name", "__filter__"),
        (of_profile(name="Phone", value="4155551234"), "profile_fields[0].value", "+14155551234"),
        (of_profile(name="phone", value=14155551234), "profile_fields[0].value", "in quotes"),
        (of_profile(name="Phone", value=["+14155551234", ""]), "[0].value", "telephone"),
        (
            {"common_profile_properties": {"geo_fields": ["India"]}},
            "query.common_profile_properties.geo_fields[0]",
            "[India, Maharashtra, Mumbai]",
        ),
        ({"common_profile_properties": {"geo_fields": [[]]}}, "geo_fields[0]", "country"),
        ({"common_profile_properties": {"geo_fields": [list("abcd")]}}, "geo_fields[0]", "country"),
        ({"common_profile_properties": {"geo_fields": [["India", 5]]}}, "geo_fields[0]", "country"),
        ({"common_profile_properties": {"geo_radius": [19.1, 72.9, 5]}}, "geo_radius[0]", "circle"),
        ({"common_profile_properties": {"geo_radius": [[172.9, 19, 5]]}}, "geo_radius[0]", "lat"),
        ({"common_profile_properties": {"geo_radius": [["19", 72, 5]]}}, "geo_radius[0]", "circle"),
        ({"common_profile_properties": {"geo_radius": [[19.1, 72.9, 0]]}}, "geo_radius[0]", "lat"),
        ({"common_profile_properties": {"geo_radius": 5}}, "geo_radius", "[ ]"),
        ({"advanced_query": []}, "query.advanced_query", "did_all, did_any, did_none"),
        ({"advanced_query": {"didAll": []}}, "query.advanced_query.didAll", "`did_all`"),
        ({"advanced_query": {"did_all": {}}}, "query.advanced_query.did_all", "[ ]"),
        ({"advanced_query": {"did_none": []}}, "query.advanced_query.did_none", "at least one"),
        ({"advanced_query": {"did_none": ["Charged"]}}, "did_none[0]", "write it like"),
        ({"advanced_query": {"did_any": []}}, "query.advanced_query.did_any", "any_events"),
        ({"advanced_query": {"did_any": {}}}, "did_any.any_events", "it is missing"),
        (did(event_name=""), "query.advanced_query.did_all[0].event_name", "set it"),
        (did(props=[]), "query.advanced_query.did_all[0].props", "event_properties"),
        (did(session_properties=[]), "did_all[0].session_properties", "event_properties"),
        (did(event_properties=[{}]), "did_all[0].event_properties[0].name", "set it"),
        (did(**{"from": "2026-08-01"}), "did_all[0].from", "write it as 20260801"),
        (did(**{"from": "20260801"}), "did_all[0].from", "write it as 20260801"),
        (did(**{"from": 20260230}), "did_all[0].from", "`20260230` is not a day"),
        (did(**{"from": 1}), "did_all[0].from", "is not a day"),
        (did(**{"from": -20260801}), "did_all[0].from", "is not a day"),
        (did(**{"from": 10**30}), "did_all[0].from", "is not a day"),
        (did(**{"from": True}), "did_all[0].from", "like 20260831"),
        (did(to=Decimal(20260831)), "did_all[0].to", "not a number"),
        (did("did_none", to=20260731), "did_none[0].from", "20260801 is after `to`"),
        (did(operator="equals"), "did_all[0].value", "or remove operator"),
        (did(value=1), "did_all[0].operator", "or remove value"),
        (did(operator="contains", value=1), "did_all[0].operator", "use one of equals"),
        (did(operator="gt", value="1"), "did_all[0].value", "whole number"),
        (did(operator="gt", value=-1), "did_all[0].value", "whole number"),
        (did(operator="gt", value=True), "did_all[0].value", "whole number"),
    ],
    ids=str,
)
def test_a_fault_is_named_with_its_path_and_what_to_do(query, path, advice):
    message = faults(query)
    assert message.startswith("query.")
    assert f"{path}: " in message
    assert advice in message


def test_days_that_are_missing_are_named():
    message = faults({"advanced_query": {"did_all": [{"event_name": "Charged"}]}})
    assert "did_all[0].from: it is missing" in message
    assert "did_all[0].to: it is missing" in message


def test_all_faults_are_in_one_message_up_to_five():
    message = faults({"event_properties": [{"name": "A", "value": None}] * 7})
    assert message.count("it is null") == 5
    assert message.endswith("; and 2 more")
    assert "\n" not in message


PERSONAL = "zq7-personal"


@pytest.mark.parametrize(
    "query",
    [
        of_event(operator="gt", value=PERSONAL),
        of_event(value={PERSONAL: PERSONAL}),
        of_event(value=[[PERSONAL]]),
        of_profile(name="Phone", value=PERSONAL),
        of_profile(name="identity", value=PERSONAL),
        of_event(operator="nonsense", value=PERSONAL),
        did(operator="gt", value=PERSONAL),
        {"identity": PERSONAL},
    ],
    ids=str,
)
def test_no_message_has_the_value_of_a_filter(query):
    assert PERSONAL not in faults(query)


QUERY = read_query(of_event(value=1))
QUERY_WITH_EVENT = read_query(did())


@pytest.mark.parametrize(
    ("words", "query", "expected"),
    [
        ('["Invalid event : App Launched"]', QUERY, False),
        ("Invalid event: app launched", QUERY_WITH_EVENT, False),
        ('["Invalid event : Charged"]', QUERY_WITH_EVENT, True),
        ("Invalid event_properties", QUERY, True),
        ("Invalid event", QUERY, False),
        ("Invalid event", QUERY_WITH_EVENT, True),
        ('["Invalid event : Charged"]', NO_QUERY, False),
    ],
)
def test_an_unknown_name_in_the_query_is_not_the_event_of_the_export(words, query, expected):
    assert is_query_refused(words, event_name="App Launched", query=query) is expected


WORDS = st.sampled_from(
    [
        *("event_name", "from", "to", "props", "event_properties", "session_properties"),
        *("common_profile_properties", "advanced_query", "did_all", "did_any", "did_none"),
        *("any_events", "name", "operator", "value", "profile_fields", "geo_fields", "geo_radius"),
        *("equals", "gt", "contains", "exists", "Phone", "identity", "Charged", "2026-08-01", ""),
        *("x\n\x1b", "\u200b"),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    WORDS,
    st.sampled_from([20260801, 20260231, -1, 10**30, Decimal("1.10"), Decimal("1e999"), 0.1]),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)


def check(query):
    """Whatever is configured is sent as JSON, or is refused on one line."""
    message, fragment = "", {}
    try:
        fragment = read_query(query).fragment
    except QueryError as faults:
        message = str(faults)
    assert message.isprintable()
    assert not message or message.startswith("query.")
    assert read_query(json.loads(json.dumps(fragment))).fragment == fragment


@given(st.dictionaries(WORDS, ANYTHING, max_size=4))
def test_any_object_is_sent_or_refused(query):
    check(query)


def replaced(value, path, other):
    """Return a copy of a JSON value with another value at a path."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def paths(value, path=()):
    """Yield the path of each value in a JSON value."""
    if isinstance(value, (dict, list)):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield (*path, key)
            yield from paths(part, (*path, key))


@given(st.sampled_from(list(paths(WHOLE))), ANYTHING)
def test_a_query_with_something_else_in_one_place_is_sent_or_refused(path, other):
    check(replaced(WHOLE, path, other))
