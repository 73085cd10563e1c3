"""Usual records that are mapped column by column come to the same as those mapped one by one."""

from __future__ import annotations

from decimal import Decimal
from itertools import repeat

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_clevertap.ledger.naming import Naming
from target_clevertap.records import entry_builder
from target_clevertap.records.entries import Entry
from target_clevertap.records.entry_builder import EntryBuilder, RecordSpec, mapping_of
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.rules.rule import Rule
from target_clevertap.singer.columns import read_columns

RULES = {
    "event": Rule("event", "who", event="Bought", time="at"),
    "event without a time": Rule("event", "who", event="Bought"),
    "event of a column": Rule("event", "who", event_field="what", time="at"),
    "event with names": Rule("event", "who", event="Bought", properties={"Größe 1": "text"}),
    "event with a clash": Rule("event", "who", event="Bought", properties={"NUMBER": "text"}),
    "charged": Rule("event", "who", event="Charged", time="at"),
    "profile": Rule("profile", "who"),
    "profile of an object id": Rule("profile", "who", identity_type="objectId", time="at"),
    "profile with an operation": Rule("profile", "who", operations={"number": "$incr"}),
}
SCHEMA = {
    "properties": {
        "who": {"type": ["integer", "string"]},
        "at": {"type": "string", "format": "date-time"},
        "what": {"type": "string"},
        "text": {"type": "string"},
        "number": {"type": ["null", "number"]},
        "cents": {"type": "number", "multipleOf": 0.01},
        "flag": {"type": "boolean"},
        "born": {"type": "string", "format": "date"},
        "phone": {"type": "string"},
        "items": {"type": "array"},
        "any": {},
        "forbidden": False,
    }
}
USUAL = {
    "who": st.sampled_from(["ada@example.org", 1001, "n/a"]) | st.integers(1, 3),
    "at": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01T23:59:60+05:30"]),
    "what": st.sampled_from(["Bought", "Sold", "Charged", ""]),
    "text": st.none() | st.text(max_size=3) | st.just("x" * 1024),
    "number": st.none() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
    "cents": st.sampled_from([Decimal("3.2999999999999998"), 7, "1.50"]),
    "flag": st.booleans() | st.sampled_from([0, "t"]),
    "born": st.sampled_from([None, "1990-02-03", "0000-00-00"]),
    "phone": st.sampled_from([None, "+4912345678", 491234567890]),
    "items": st.just([]) | st.just([{"a": 1}]),
    "any": st.booleans() | st.text(max_size=3) | st.sampled_from([{"a": [1]}, {"$add": ["x"]}]),
    "forbidden": st.integers(),
}
ODD = {
    "who": [None, "", True, [1], "x" * 1024],
    "at": [None, "", "yesterday", 10**12],
    "what": [None, 7, ["Bought"], "App Launched"],
    "text": ["x" * 1025, 1, ["x"], "\ud800"],
    "number": ["", "many", Decimal("1e308"), Decimal("1e400"), Decimal("NaN"), {"$incr": 1}],
    "any": ["x" * 1025, Decimal("1e308"), Decimal("NaN"), {"$incr": 1}, {"$add": ["x"]}, [1]],
    "items": [[], [{"a": 1}], "[]", "x"],
    "Items": [[], [{"a": [1]}], "[]", "x"],
    "a.b": [1],
    'a"b': [1],
    "_sdc_batched_at": ["x"],
}
ODD_VALUES = [(column, value) for column, values in ODD.items() for value in values]
COLUMNS = st.sets(st.sampled_from([*USUAL])).map(lambda more: {"who", "at", "what", *more})


@st.composite
def records(draw):
    """Records with the same columns, a few of which are odd or missing in some."""
    columns = draw(COLUMNS)
    usual = {column: USUAL[column] for column in sorted(columns)}
    found = draw(st.lists(st.fixed_dictionaries(usual), min_size=1, max_size=6))
    found[-1].update(draw(st.lists(st.sampled_from(ODD_VALUES), max_size=1)))
    for column in draw(st.sets(st.sampled_from(sorted(columns)), max_size=1)):
        found[0].pop(column, None)
    return found


def builder(rule, *, has_ledger=True):
    naming = Naming("account", "s", None, ("number",), rule.type, rule.time is not None, ("at",))
    columns = read_columns(SCHEMA)
    spec = RecordSpec("s", rule, columns, (), naming if has_ledger else None, 2000)
    return EntryBuilder(spec, mapping_of(rule, columns))


def entry_or_refusal(building, record, raw):
    try:
        return building.entry(record, raw)
    except RecordRefusedError as refusal:
        return (raw, refusal.code, refusal.reason)


def one_by_one(building, found, raws):
    each = [*map(entry_or_refusal, repeat(building), found, raws)]
    entries = [found for found in each if isinstance(found, Entry)]
    return entries, [found for found in each if not isinstance(found, Entry)]


def at_once(building, found, raws):
    entries, refused = building.entries(found, raws)
    return entries, [(raw, status.code, status.reason) for raw, status in refused]


@pytest.fixture(autouse=True)
def however_few(monkeypatch):
    monkeypatch.setattr(entry_builder, "FEW", 1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("rule", RULES.values(), ids=[*RULES])
@given(batches=st.lists(records(), min_size=1, max_size=3), has_ledger=st.booleans())
def test_both_ways_lead_to_the_same(rule, batches, has_ledger):
    first, second = builder(rule, has_ledger=has_ledger), builder(rule, has_ledger=has_ledger)
    for found in batches:
        raws = [str(number).encode() for number in range(len(found))]
        assert at_once(first, found, raws) == one_by_one(second, found, raws)
        assert {*second.left_out} <= {*first.left_out} <= {"forbidden"}


@pytest.mark.parametrize("rule", RULES.values(), ids=[*RULES])
@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: f"{value[0]}-{value[1]!r:.20}")
def test_an_odd_value_leads_to_the_same(rule, value):
    column, odd = value
    usual = {"who": 7, "at": "2026-01-01", "what": "Charged", "text": "é", "number": 1}
    found = [usual, {**usual, column: odd}, {**usual, "what": "Bought", column: odd}]
    raws = [b"1", b"2", b"3"]
    assert at_once(builder(rule), found, raws) == one_by_one(builder(rule), found, raws)


@pytest.mark.parametrize("name", ["event", "event of a column", "profile", "event with names"])
def test_usual_records_go_by_columns(name, monkeypatch):
    usual = {"who": 7, "at": "2026-01-01", "what": "Bought", "text": "é", "number": Decimal("1.5")}
    found = [
        usual,
        {**usual, "text": None},
        {**usual, "any": True},
        {"who": "ada@example.org", **usual},
    ]
    building = builder(RULES[name])
    expected, _ = one_by_one(building, found, [b""] * 4)
    monkeypatch.setattr(EntryBuilder, "entry", None)
    assert building.entries(found, [b""] * 4) == (expected, [])


def test_records_of_many_columns_that_few_of_them_have_are_mapped_one_by_one():
    found = [{"who": 7, "at": "2026-01-01", f"column {number}": 1} for number in range(20)]
    building = builder(RULES["event"])
    entries, _ = building.entries(found, [b""] * 20)
    assert [msgspec.json.decode(each.payload)["evtData"] for each in entries] == [
        {f"column {number}": 1} for number in range(20)
    ]
