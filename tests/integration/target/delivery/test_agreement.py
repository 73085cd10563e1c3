"""What the target sends is what the emulator takes, and what comes back is what was sent."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.rows import read_rows
from target_clevertap.dry_run.verdicts import code_of
from target_clevertap.records import limit_table
from target_clevertap.records.entry_builder import EntryBuilder, RecordSpec, mapping_of
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import decode_value
from target_clevertap.records.names import folded
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
    limits["property_limits"] = True
    running = ForkedEmulator.start(days=1, users=5, events_per_day=1, preparing=0, **limits)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def strictest():
    limits = {"max_event_properties": 100, "max_value_length": 512, "max_charged_items": 50}
    running = ForkedEmulator.start(days=1, users=5, events_per_day=1, preparing=0, **limits)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def usual():
    running = ForkedEmulator.start(days=1, users=5, events_per_day=1, preparing=0)
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
PROFILE = Rule(type="profile", identity="who")
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


EDGES = [
    (limit_table.EVENT_PROPERTIES, lambda n: {f"c{each}": each for each in range(n)}),
    (limit_table.VALUE_CHARACTERS, lambda n: {"a": "🙂" * n}),
    (limit_table.CHARGED_ITEMS, lambda n: {"Items": [{"a": 1}] * n}),
    (limit_table.IDENTITY_CHARACTERS, lambda n: {"who": "x" * n}),
    (limit_table.NAME_CHARACTERS, lambda n: {"é" * n: 1}),
]
"""Limits, each with what a record has at a length."""
OF_EVENTS = {limit_table.EVENT_PROPERTIES, limit_table.CHARGED_ITEMS}
PROFILE_EDGES = [
    (limit_table.PROFILE_PROPERTIES, lambda n: {f"c{each}": each for each in range(n)}),
    *(each for each in EDGES if each[0] not in OF_EVENTS),
]


def verdicts(emulator, rule, record):
    """Return whether the target sends a record, and what CleverTap answers to it all the same."""
    sent = entry_of(replace(rule, invalid="send"), record)
    codes = None if sent is None else codes_of(emulator, sent.payload)
    return entry_of(rule, record) is not None, codes


def edges(limits):
    return [
        pytest.param(limit, change, more, id=f"{limit.name}, {limit.most + more}")
        for limit, change in limits
        for more in (0, 1)
    ]


@pytest.mark.parametrize(("limit", "change", "more"), edges(EDGES))
def test_at_the_limits_of_an_event_and_beyond_both_say_the_same(loosest, limit, change, more):
    record = {"who": "ada", "at": MOMENT, **change(limit.most + more)}
    is_sent, codes = verdicts(loosest, EVENT, record)
    assert is_sent == (more == 0)
    assert (codes == set()) == is_sent


@pytest.mark.parametrize(("limit", "change", "more"), edges(PROFILE_EDGES))
def test_at_the_limits_of_a_profile_and_beyond_both_say_the_same(loosest, limit, change, more):
    record = {"who": "ada", **change(limit.most + more)}
    is_sent, codes = verdicts(loosest, PROFILE, record)
    assert is_sent == (more == 0)
    assert (codes == set()) == is_sent


@pytest.mark.parametrize(("at", "is_sent"), [(0, False), (1, True), (-1, False)])
def test_at_the_first_second_both_say_the_same(loosest, at, is_sent):
    moment = dt.datetime.fromtimestamp(at, tz=dt.timezone.utc).isoformat()
    sent, codes = verdicts(loosest, EVENT, {"who": "ada", "at": moment})
    assert (sent, codes == set()) == (is_sent, is_sent)


@pytest.mark.parametrize("character", limit_table.FORBIDDEN_IN_PROFILE_NAMES.words)
def test_characters_that_names_may_not_have_are_refused_by_both(loosest, character):
    record = {"who": "ada", "at": MOMENT, f"a{character}b": 1}
    assert verdicts(loosest, PROFILE, record) == (False, {512})
    is_allowed = character not in limit_table.FORBIDDEN_IN_NAMES.words
    assert verdicts(loosest, EVENT, record) == (is_allowed, set() if is_allowed else {512})


@pytest.mark.parametrize("word", limit_table.INVALID_IDENTITIES.words)
@pytest.mark.parametrize("rule", [EVENT, PROFILE], ids=lambda rule: rule.type)
def test_words_for_no_user_are_refused_by_both(loosest, word, rule):
    for spelled in (word, f" {word.upper()}\n"):
        record = {"who": spelled, "at": MOMENT}
        assert verdicts(loosest, rule, record) == (False, {523})


@pytest.mark.parametrize("name", limit_table.RESERVED_EVENTS.words)
def test_reserved_events_are_refused_by_both(loosest, name):
    for spelled in (name, name.upper(), name.replace(" ", "")):
        is_sent, codes = verdicts(loosest, NAMED, {"who": "ada", "event": spelled})
        assert (is_sent, codes) == (False, {limit_table.RESERVED_EVENTS.code})


@given(who=IDENTITIES, properties=PROPERTIES, items=ITEMS | st.none())
def test_our_verdict_of_an_event_is_clevertaps(loosest, who, properties, items):
    record = {**properties, **({"Items": items} if items else {}), "who": who, "at": MOMENT}
    is_sent, codes = verdicts(loosest, EVENT, record)
    # that Items have to be a list of objects is known from clients, not from a refusal
    items = [value for name, value in record.items() if folded(name) == "items"]
    has_list = all(isinstance(each, list) and {*map(type, each)} <= {dict} for each in items)
    if codes is not None and has_list:
        assert (codes - OF_THE_PROJECT == set()) == is_sent


@given(who=IDENTITIES, properties=PROPERTIES)
def test_our_verdict_of_a_profile_is_clevertaps(loosest, who, properties):
    is_sent, codes = verdicts(loosest, PROFILE, {**properties, "who": who})
    if codes is not None:
        assert (codes - OF_THE_FIELDS == set()) == is_sent


WORDS = st.sampled_from(
    ["m", "Female", " F", "other", "yes", "NO ", "true", "0", "graduate", "School", "PhD", ""]
)
PHONES = st.sampled_from(
    ["98765 43210", "09876543210", "+91 98765-43210", "919876543210", "12", "1-800-FLOWERS"]
)


@given(
    word=WORDS | st.booleans() | st.integers(-1, 2),
    phone=PHONES | st.text(st.sampled_from("0123456789+ ()-"), max_size=16) | st.integers(),
    email=st.sampled_from([" ada@example.org", "ada@example.org\n", "ada at example"]),
)
def test_what_was_fixed_is_taken_and_nothing_else_was_touched(loosest, word, phone, email):
    names = ("Gender", "Employed", "Married", "Education")
    record = {"who": "ada", **dict.fromkeys(names, word), "Phone": phone, "Email": email}
    fixing = replace(PROFILE, invalid="fix", country="IN")
    for name in (*names, "Phone", "Email"):
        entry = entry_of(fixing, {"who": "ada", name: record[name]})
        if entry is None:
            continue
        sent = json.loads(entry.payload)["profileData"].get(name)
        if sent != record[name] and sent is not None and sent != "":
            taken = codes_of(loosest, entry.payload) == set()
            assert taken or sent == str(record[name]).strip()


@given(
    who=IDENTITIES,
    kind=st.sampled_from(["identity", "objectId", "FBID"]),
    at=TIMES,
    properties=PROPERTIES,
    items=ITEMS | st.none(),
    rule=st.sampled_from([EVENT, PROFILE]),
)
def test_a_local_dry_run_expects_the_response_that_comes(
    usual, who, kind, at, properties, items, rule
):
    rule = replace(rule, identity_type=kind, invalid="send")
    record = {**properties, **({"Items": items} if items else {}), "who": who, "at": at}
    if (entry := entry_of(rule, record)) is not None:
        expected_code = code_of(decode_value(entry.payload))
        assert codes_of(usual, entry.payload) == ({expected_code} if expected_code else set())


@given(text=LONG_TEXTS | TEXTS)
def test_what_was_cut_is_taken_by_the_strictest_account(strictest, text):
    entry = entry_of(replace(EVENT, invalid="fix"), {"who": "ada", "at": MOMENT, "note": text})
    assert codes_of(strictest, entry.payload) == set()
    assert text.startswith(json.loads(entry.payload)["evtData"]["note"])


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
