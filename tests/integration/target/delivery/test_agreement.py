"""What the target sends is what the emulator takes, and what comes back is what was sent."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.rows import read_rows
from target_clevertap.records.entry_builder import EntryBuilder, RecordSpec, mapping_of
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import decode_value
from target_clevertap.records.values import encode
from target_clevertap.rules.rule import Rule
from target_clevertap.singer.columns import Columns
from tests.support.forked_emulator import ForkedEmulator
from tests.support.walking import asking

MOMENT = 1767225600
OF_THE_FIELDS = {514, 515, 516, 517, 518, 519, 520}
"""CleverTap's errors about Gender, Email and the like: only CleverTap checks these."""
OF_THE_PROJECT = {525, 526, 528}
"""A time past 2286, an object id of other letters, an event that is discarded in this project."""
numbers = count()


@pytest.fixture(scope="module")
def loosest():
    """An emulator whose limits are the loosest that any source gives."""
    limits = {"max_event_properties": 256, "max_value_length": 1024, "max_charged_items": 256}
    running = ForkedEmulator.start(days=1, users=5, events_per_day=1, preparing=0, **limits)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def strictest():
    limits = {"max_event_properties": 100, "max_value_length": 512, "max_charged_items": 50}
    running = ForkedEmulator.start(days=1, users=5, events_per_day=1, preparing=0, **limits)
    yield running
    running.stop()


def around(*limits):
    return st.sampled_from([number + more for number in limits for more in (-1, 0, 1)])


LETTERS = st.sampled_from(["x", "é", "東", "🙂", " ", '"', "\\", "\u2028", "\0"])
LONG_TEXTS = st.builds(str.__mul__, LETTERS, around(1, 512, 1024))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | LONG_TEXTS
NUMBERS = (
    st.integers()
    | st.integers(-(10**40), 10**40)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
    | st.sampled_from([Decimal("1e-7"), Decimal("0.1"), Decimal("12345678901234567890.123456789")])
)
FLAT = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = FLAT | st.recursive(
    FLAT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
NAMES = (
    st.text(st.characters(codec="utf-8"), max_size=5)
    | st.builds(str.__mul__, LETTERS, around(1, 120))
    | st.sampled_from(["a.b", "a$", "#", "Items", "Email", "Gender", "Age", "identity", "ts"])
)
ITEMS = st.builds(
    lambda flat, length: [flat] * length,
    st.dictionaries(st.text(max_size=3), VALUES, max_size=2),
    around(1, 50, 256),
)
IDENTITIES = (
    TEXTS
    | NUMBERS
    | st.booleans()
    | st.none()
    | st.builds("{}{}{}".format, st.sampled_from(["", " "]), st.sampled_from(
        ["null", "None", "N/A", "0", "-1", "NaN", "Infinity", "xxxxxx", "undefined", "ada"]
    ), st.sampled_from(["", "\n"]))
)  # fmt: skip
TIMES = st.integers(-(10**12), 10**12) | around(0, 10**10, 10**11) | TEXTS | st.datetimes(
    dt.datetime(1960, 1, 1), dt.datetime(2300, 1, 1)  # noqa: DTZ001 - without an offset too
).map(dt.datetime.isoformat)  # fmt: skip
MANY = around(100, 256).map(lambda length: {f"c{number}": number for number in range(length)})
OPERATIONS = st.sampled_from(["$add", "$remove", "$set", "$incr", "$decr", "$delete"])
LISTS = st.builds(lambda length: [f"v{number}" for number in range(length)], around(1, 100))
PROPERTIES = st.builds(
    dict.__or__,
    MANY | st.just({}) | st.just({}),
    st.dictionaries(NAMES, VALUES, max_size=4),
)


def entry_of(rule, record, properties=None):
    """Return a record as it would be sent, or None where the target refuses it."""
    spec = RecordSpec("s", rule, Columns(properties or {}), ("who",), None, record_bytes=4_000_000)
    raw = encode(record)
    try:
        return EntryBuilder(spec, mapping_of(rule, spec.columns)).entry(decode_value(raw), raw)
    except RecordRefusedError:
        return None


def answer_to(emulator, *payloads):
    body = b'{"d":[' + b",".join(payloads) + b"]}"
    return emulator.api("POST", "/1/upload", data=body).json()


def codes_of(emulator, payload):
    return {each["code"] for each in answer_to(emulator, payload)["unprocessed"]}


def loosened(codes, payload):
    """Return the codes that a looser limit than the strictest one does not explain."""
    body = msgspec.json.decode(payload)
    properties = body.get("evtData", {})
    is_long = any(isinstance(each, str) and len(each) > 512 for each in properties.values())
    items = properties.get("Items")
    is_long = is_long or (isinstance(items, list) and len(items) > 50)
    return codes - ({522} if len(properties) > 100 else set()) - ({512} if is_long else set())


EVENT = Rule(type="event", event="Charged", identity="who", time="at")
NAMED = Rule(type="event", event_field="event", identity="who")
EVENT_NAMES = st.sampled_from(
    ["", " ", "App Launched", "app  launched", "UTM Visited", "Charged", "Bought", "Reply Sent"]
) | st.text(st.characters(codec="utf-8"), max_size=5)


@given(who=IDENTITIES, at=TIMES, properties=PROPERTIES, items=ITEMS | st.none())
def test_events_that_are_sent_are_taken(loosest, strictest, who, at, properties, items):
    record = {**properties, **({"Items": items} if items else {}), "who": who, "at": at}
    entry = entry_of(EVENT, record)
    if entry is not None:
        assert codes_of(loosest, entry.payload) <= OF_THE_PROJECT
        codes = codes_of(strictest, entry.payload)
        assert loosened(codes, entry.payload) <= OF_THE_PROJECT


@given(who=IDENTITIES, name=EVENT_NAMES)
def test_events_named_by_a_column_are_taken_where_they_are_sent(loosest, who, name):
    entry = entry_of(NAMED, {"who": who, "event": name})
    if entry is not None:
        assert codes_of(loosest, entry.payload) <= OF_THE_PROJECT


@given(
    who=IDENTITIES,
    kind=st.sampled_from(["identity", "objectId", "FBID", "GPID"]),
    properties=PROPERTIES,
    operator=OPERATIONS,
    operand=VALUES | LISTS | st.integers(),
)
def test_profiles_that_are_sent_are_taken(loosest, who, kind, properties, operator, operand):
    rule = Rule(type="profile", identity="who", identity_type=kind, operations={"op": operator})
    entry = entry_of(rule, {**properties, "who": who, "op": operand})
    if entry is not None:
        assert codes_of(loosest, entry.payload) <= OF_THE_PROJECT | OF_THE_FIELDS


@pytest.mark.parametrize(
    ("change", "is_sent"),
    [
        pytest.param({f"c{n}": n for n in range(256)}, True, id="256 properties"),
        pytest.param({f"c{n}": n for n in range(257)}, False, id="257 properties"),
        pytest.param({"a": "🙂" * 1024}, True, id="1024 characters"),
        pytest.param({"a": "🙂" * 1025}, False, id="1025 characters"),
        pytest.param({"Items": [{"a": 1}] * 256}, True, id="256 items"),
        pytest.param({"Items": [{"a": 1}] * 257}, False, id="257 items"),
        pytest.param({"who": "x" * 1023}, True, id="user key of 1023"),
        pytest.param({"who": "x" * 1024}, False, id="user key of 1024"),
    ],
)
def test_on_both_sides_of_a_limit_both_are_of_one_mind(loosest, change, is_sent):
    record = {"who": "ada", "at": MOMENT, **change}
    assert (entry_of(EVENT, record) is not None) == is_sent
    who = record.pop("who")
    body = {"type": "event", "identity": who, "evtName": "Charged", "evtData": record}
    record.pop("at")
    assert (codes_of(loosest, msgspec.json.encode(body)) == set()) == is_sent


def expected(value):
    """Return what CleverTap has to hold of a value; numbers as they are written."""
    if isinstance(value, (dict, list)):
        return json.loads(encode(value), parse_float=Decimal)
    return value


KEPT_NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


@given(properties=st.dictionaries(KEPT_NAMES.map("p".__add__), VALUES, max_size=6), day=st.dates())
def test_values_come_back_through_an_export_as_they_were_sent(loosest, properties, day):
    name = f"Kept {next(numbers)}"
    rule = Rule(type="event", event=name, identity="who")
    record = {**properties, "who": "ada", "born": day.isoformat()}
    entry = entry_of(rule, record, {"born": {"type": "string", "format": "date"}})
    if entry is None:
        return
    assert answer_to(loosest, entry.payload)["status"] == "success"
    (row,) = read_rows(exported(loosest, name), PageBadRows(name, "", skip=False))
    found = row.event_props
    assert found.pop("born") == f"$D_{(day - dt.date(1970, 1, 1)).days * 86_400}"
    sent = {key: value for key, value in properties.items() if value is not None and value != ""}
    assert found.keys() == sent.keys()
    for key, value in sent.items():
        if isinstance(value, (dict, list)):
            assert json.loads(found[key], parse_float=Decimal) == expected(value)
        else:
            assert found[key] == value
            assert isinstance(found[key], bool) == isinstance(value, bool)


def exported(emulator, name):
    """Return the rows of an export as bytes, with the digits that were sent."""
    question = asking(emulator, name)
    cursor = emulator.api("POST", "/1/events.json", json=question).json()["cursor"]
    rows = []
    while cursor:
        answer = emulator.api("GET", f"/1/events.json?cursor={cursor}")
        page = msgspec.json.decode(answer.content, type=dict[str, msgspec.Raw])
        rows += msgspec.json.decode(page.get("records", b"[]"), type=list[msgspec.Raw])
        cursor = msgspec.json.decode(page.get("next_cursor", b"null"))
    return b"[" + b",".join(bytes(each) for each in rows) + b"]"
