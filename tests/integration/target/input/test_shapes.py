"""Every form of SCHEMA with every value: right, a reject that names the column, or the run ends."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from target_clevertap.config.rules import read_rules
from target_clevertap.errors import CleverTapError
from target_clevertap.records.entry_builder import EntryBuilder, RecordSpec, mapping_of
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import decode_value
from target_clevertap.singer.columns import read_columns
from target_clevertap.singer.stream_mapping import build_mapping
from tests.integration.target.input.shapes import (
    COLUMN,
    EVENT,
    NULL,
    USER,
    Moment,
    is_list_of,
    is_sent_as,
    meanings,
    read,
    same,
    seconds_of,
    shapes,
    spelled,
)

PROFILE = {"type": "profile", "identity": "user"}
EVENTS = {"type": "event", "event": EVENT, "identity": "user"}
LIST_OPERATORS = ("$add", "$remove", "$set")

USES = {
    "event": EVENTS,
    "event renamed": {**EVENTS, "properties": {"Odd": COLUMN}},
    "profile": PROFILE,
    **{each: {**PROFILE, "operations": {COLUMN: each}} for each in (*LIST_OPERATORS, "$incr")},
    "$delete": {**PROFILE, "operations": {COLUMN: "$delete"}},
    "items": {**EVENTS, "event": "charged", "properties": {"items": COLUMN}},
    "items of a column": {
        **{key: EVENTS[key] for key in ("type", "identity")},
        "event_field": "kind",
        "properties": {"Items": COLUMN},
    },
    "items of another": {**EVENTS, "properties": {"Items": COLUMN}},
    "time": {**EVENTS, "time": COLUMN},
    "identity": {**PROFILE, "identity": COLUMN},
    "event_field": {"type": "event", "identity": "user", "event_field": COLUMN},
}


def outcome(shape, rule):
    """Return what becomes of a record: its body, its refusal, or the error that ends the run."""
    rule = read_rules({"s": rule})[0]["s"]
    schema = msgspec.json.decode(json.dumps(shape.schema))
    raw = spelled({"id": 1, "user": USER, "kind": "Charged", COLUMN: shape.value}).encode()
    try:
        columns = read_columns(schema)
        build_mapping("s", rule, columns, ["id"])
    except CleverTapError as error:
        return error
    spec = RecordSpec("s", rule, columns, ("id",), None, record_bytes=4_000_000)
    found = _entry(spec, raw)
    return found if isinstance(found, RecordRefusedError) else read(found.decode())


def _entry(spec, raw):
    try:
        return (
            EntryBuilder(spec, mapping_of(spec.rule, spec.columns))
            .entry(decode_value(raw), raw)
            .payload
        )
    except RecordRefusedError as refusal:
        return refusal


def arrived(use, body):
    """Return the property that the column became, or None."""
    data = body.get("evtData", body.get("profileData"))
    assert not any(name.lower().startswith("_sdc") for name in data)
    name = {"event renamed": "Odd"}.get(use, "Items" if use.startswith("items") else COLUMN)
    return data.get(name)


def expected(use, shape):
    """Return a test of what arrived, or None where the record has to be a reject."""
    if use in ("time", "identity", "event_field"):
        return _expected_of_whole(use, shape)
    if use in ("items", "items of a column"):
        return _expected_items(shape)
    found = meanings(shape)
    if not found:
        return None
    if found == [NULL]:
        return lambda sent: sent is None
    return _expected_property(use, found[0], shape)


def _expected_property(use, meaning, shape):
    if use in LIST_OPERATORS:
        return _expected_list(use, meaning, shape)
    if use == "$incr":
        is_number = isinstance(meaning, (int, Decimal)) and not isinstance(meaning, bool)
        return (lambda sent: sent == {"$incr": meaning}) if is_number else None
    if use == "$delete":
        return lambda sent: sent == ({"$delete": 1} if _is_on(meaning) else None)
    if use == "items of another" and isinstance(meaning, list):
        return lambda sent: isinstance(sent, str) and len(read(sent)) == len(meaning)
    return lambda sent: is_sent_as(meaning, sent)


def _is_on(meaning):
    if isinstance(meaning, str):
        return meaning.strip().lower() not in ("", "false", "f", "0", "null", "[]", "{}")
    return meaning.seconds is not None if isinstance(meaning, Moment) else bool(meaning)


def _expected_list(operator, meaning, shape):
    if isinstance(meaning, Moment):
        meaning = shape.value.strip() if isinstance(shape.value, str) else shape.value
    if isinstance(meaning, str) and meaning.strip()[:1] in ("[", "{"):
        try:
            meaning = read(meaning)
        except ValueError:
            return None
        if isinstance(meaning, dict):
            return None
    if isinstance(meaning, dict):
        return None
    return lambda sent: is_list_of(operator, meaning, sent)


def _expected_items(shape):
    value = shape.value
    if value is None:
        return lambda sent: sent is None
    if isinstance(value, str):
        if not value.strip() or value == "null":
            return lambda sent: sent is None
        try:
            value = read(value)
        except ValueError:
            return None
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return None
    return lambda sent: same(sent, value)


def is_json_of_more(text):
    """Return whether a text is JSON of a list or an object."""
    try:
        return isinstance(json.loads(text), (list, dict))
    except ValueError:
        return False


def _expected_of_whole(use, shape):
    value = shape.value
    if use == "time":
        seconds = seconds_of(value)
        return None if seconds is None else lambda body: body["ts"] == seconds
    if use == "event_field":
        is_name = isinstance(value, str) and value.strip()
        return (lambda body: body["evtName"] == value) if is_name else None
    has_text = shape.kinds & {"text", "anything"}
    if value is None or isinstance(value, (bool, dict, list)) or not str(value).strip():
        return None
    if str(value).strip().lower() in ("0", "null", "nan", "infinity") or (
        not has_text and isinstance(value, str) and is_json_of_more(value)
    ):
        return None
    return lambda body: body["identity"] == str(value)


@pytest.mark.parametrize("use", USES)
@settings(max_examples=100, deadline=None)
@given(shape=shapes())
def test_a_value_arrives_as_meant_or_not_at_all(use, shape):
    check(use, shape, outcome(shape, USES[use]))


def check(use, shape, found):
    """Check what became of a record against what its value means."""
    if isinstance(found, CleverTapError):
        assert not shape.is_known, found.message
        assert COLUMN in str(USES[use])
        assert f"`{COLUMN}`" in found.message
        return
    right = expected(use, shape)
    if isinstance(found, RecordRefusedError):
        assert f"`{COLUMN}`" in found.reason
        assert right is None, (found.reason, shape)
        return
    assert right is not None, (found, shape)
    of_whole = use in ("time", "identity", "event_field")
    assert right(found if of_whole else arrived(use, found)), (found, shape)


def is_kept_by(way, shape):
    """Return whether a way leaves the value as it is.

    Flattening takes objects apart, and writes JSON text of what its column does not allow.
    """
    is_flattened = "object" in shape.kinds or (
        isinstance(shape.value, (dict, list)) and not shape.kinds & {"list", "anything"}
    )
    return shape.is_known and not (way == "flattened" and is_flattened)


WAYS = {
    "plain": {},
    "mapped": {"stream_maps": {"*": {"more": "'x'"}}},
    "flattened": {"flattening_enabled": True, "flattening_max_depth": 2},
}


@pytest.mark.parametrize("way", WAYS)
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],  # to shrink would take a run of the target for each step
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_values_arrive_as_meant_through_the_whole_target(way, data, target):
    target.emulator.reset()
    target.rejects.unlink(missing_ok=True)
    target.ledger.unlink(missing_ok=True)
    cases = st.lists(st.tuples(st.sampled_from([*USES]), shapes()), min_size=60, max_size=60)
    chosen = [(use, shape) for use, shape in data.draw(cases) if is_kept_by(way, shape)]
    messages, rules = b"", {}
    for number, (use, shape) in enumerate(chosen):
        stream = f"s{number}"
        rules[stream] = USES[use]
        keys = {"key_properties": ["id"], "bookmark_properties": ["id"]}
        schema = {"type": "SCHEMA", "stream": stream, "schema": shape.schema, **keys}
        columns = {"id": number, "user": USER, "kind": "Charged", COLUMN: shape.value}
        record = {"type": "RECORD", "stream": stream, "record": columns}
        messages += f"{json.dumps(schema)}\n{spelled(record)}\n".encode()
    finished = target.run(messages, streams=rules, max_rejects=-1, **WAYS[way])
    assert finished.status == 0, finished.log
    found = _found(target)
    for number, (use, shape) in enumerate(chosen):
        check(use, shape, found[number])


def _found(target):
    found = {}
    for stored in target.delivered():
        each = read(json.dumps(stored))
        found[each.get("evtData", each.get("profileData"))["id"]] = each
    for line in target.rejects.read_text().splitlines() if target.rejects.exists() else ():
        message = json.loads(line)
        if message["type"] == "RECORD":
            refusal = RecordRefusedError(message["code"], message["reason"])
            found[message["record"]["id"]] = refusal
    return found
