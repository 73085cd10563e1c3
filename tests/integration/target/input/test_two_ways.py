"""Lines that are decoded many at once come to the same as those taken one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.target_process import order, record, schema
from tests.support.two_ways import SCHEMAS, USERS, one_by_one, outcome

odd_text = st.sampled_from(
    [
        *("", " ", "n/a", "no", "user1@example.org", '"SCHEMA"', "half \ud800", "x" * 1100),
        *("2026-01-01", "2026-01-01T00:00:00Z", "20260101", "$D_1", "Zürich ✓"),
    ]
)
odd_number = st.sampled_from([0, -1, 10**30, 1.5, 2.0, 1e300, float("nan"), float("inf"), True])
value = st.recursive(
    st.one_of(st.none(), odd_text, odd_number, st.text(max_size=8), st.integers()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
column = st.sampled_from(
    ["id", "email", "created_at", "total", "plan", "points", "born", "at", "a.b", "_sdc_x", "x"]
)
good_order = st.integers(0, 9).map(order)
good_user = st.integers(0, 9).map(lambda n: record("users", email=f"u{n}", plan="x", points=n))
why = st.sampled_from([{}, {}, {}, {"code": 515, "reason": "no"}])
odd_order = st.builds(
    lambda base, more, why: {**base, **why, "record": {**base["record"], **more}},
    good_order | good_user,
    st.dictionaries(column, value, max_size=3),
    why,
)
odd_record = st.builds(
    lambda stream, columns, more: {"type": "RECORD", "stream": stream, "record": columns, **more},
    st.sampled_from(["orders", "users", "devices", "unknown"]),
    st.dictionaries(column, value, max_size=6),
    why,
)
other = st.sampled_from(
    [
        *SCHEMAS,
        {"type": "STATE", "value": {"a": 1}},
        {"type": "STATE", "value": {"STATE": "b"}},
        {"type": "ACTIVATE_VERSION", "stream": "orders", "version": 1},
    ]
)
beyond_bounds = '{"id":1e99999999999999999999,"email":"a","created_at":1,"total":1.50}'
rare = st.sampled_from(
    [
        *(b"", b"  ", b"{", b"[]", b'\xff{"type":"STATE"}', b'{"type":"OTHER"}'),
        b'{"type":"RECORD","stream":"orders"}',
        b'{"type":"RECORD","stream":"orders","record":[1]}',
        f'{{"type":"RECORD","stream":"orders","record":{beyond_bounds}}}'.encode(),
        json.dumps(SCHEMAS[2]).replace("SCHEMA", "SCHEM\\u0041").encode(),
    ]
)
message = st.one_of(good_order, good_user, good_order, odd_order, odd_record, other)
line = st.one_of([message.map(lambda each: json.dumps(each).encode())] * 20 + [rare])
opening = b"".join(json.dumps(each).encode() + b"\n" for each in SCHEMAS[:3])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lines=st.lists(line, max_size=30),
    chunk=st.sampled_from([60, 700, 1 << 18]),
    has_ledger=st.booleans(),
    is_ended=st.booleans(),
)
def test_both_ways_lead_to_the_same(lines, chunk, has_ledger, is_ended):
    content = opening + b"\n".join(lines) + (b"\n" if is_ended else b"")
    options = {"has_ledger": has_ledger, "chunk": chunk}
    assert outcome(content, **options) == one_by_one(content, **options)


def text(messages_):
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages_)


def test_what_follows_a_schema_is_read_by_it_wherever_it_is():
    late = json.dumps(SCHEMAS[3]).replace("SCHEMA", "SCHEM\\u0041").encode() + b"\n"
    device = text([record("devices", id="a", at="2026-01-01T00:00:00Z")])
    found = outcome(text([SCHEMAS[2]]) + device + late + device)
    (entries,) = found[0].values()
    assert [b"$D_1767225600" in payload for _, (payload, *_), *_ in entries] == [False, True]


def test_records_between_states_wait_for_their_own():
    many = [order(number) for number in range(500)]
    content = text([SCHEMAS[0], *many[:250], {"type": "STATE", "value": 1}, *many[250:]])
    entries, refused, closed, left, counts, _ = outcome(content)
    assert sum(map(len, entries.values())) == 500
    assert (refused, closed, left) == ([], [(b"1", 250)], 250)
    assert counts == {"SCHEMA": 1, "RECORD": 500, "STATE": 1}


@pytest.mark.parametrize(
    "more",
    [
        {"stream_maps": {"orders": {"total": "total * 2"}}},
        {"stream_maps": {"orders": {"__filter__": "id > 5"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
)
def test_streams_with_stream_maps_lead_to_the_same(more):
    plans = {**USERS, "plan": {"type": "object", "properties": {"b": {"type": "integer"}}}}
    content = text([SCHEMAS[0], *[order(number) for number in range(10)]])
    content += text([schema("users", plans, ["email"]), record("users", email="a", plan={"b": 1})])
    found = outcome(content, more=more)
    assert found == one_by_one(content, more=more)
    assert found[-1] is None
