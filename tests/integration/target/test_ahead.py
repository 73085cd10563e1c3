"""Records that other processes prepare come to the same as those taken one by one."""

from __future__ import annotations

import errno
import json
import subprocess
import sys

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from target_clevertap import workers as workers_module
from target_clevertap.columns import Columns
from target_clevertap.naming import Naming
from target_clevertap.recipes import Plan, can_be_told
from target_clevertap.worker import Preparation
from target_clevertap.workers import Workers
from tests.support.target_process import order, record, schema
from tests.support.two_ways import LANES, SCHEMAS, USERS, Prepared, one_by_one, outcome

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
    seconds=st.sampled_from([0.0, 0.001]),
)
def test_both_ways_lead_to_the_same(lines, chunk, has_ledger, is_ended, seconds):
    content = opening + b"\n".join(lines) + (b"\n" if is_ended else b"")
    options = {"has_ledger": has_ledger, "chunk": chunk}
    assert outcome(content, seconds=seconds, **options) == one_by_one(content, **options)


def text(messages_):
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages_)


def test_records_and_states_are_prepared_in_whole_stretches():
    workers = Prepared()
    many = [order(number) for number in range(500)]
    content = text([SCHEMAS[0], *many[:250], {"type": "STATE", "value": 1}, *many[250:]])
    entries, refused, closed, left, counts, _ = outcome(content, workers, full=1000)
    assert workers.stretches == [content[len(text(SCHEMAS[:1])) :]]
    assert sum(map(len, entries.values())) == 500
    assert (refused, closed, left) == ([], [(b"1", 250)], 250)
    assert counts == {"SCHEMA": 1, "RECORD": 500, "STATE": 1}


def test_a_known_schema_that_comes_again_does_not_cut_a_stretch():
    workers = Prepared()
    first = text(SCHEMAS[:1])
    content = (text(order(number) for number in range(2)) + first) * 3
    outcome(first + content, workers, chunk=len(first))
    assert b"".join(workers.stretches) == content


def test_a_slow_input_is_not_prepared():
    workers = Prepared()
    content = text([SCHEMAS[0], *[order(number) for number in range(50)]])
    outcome(content, workers, full=len(content))
    assert workers.stretches == []


def test_what_was_prepared_by_an_older_schema_is_not_used():
    # nobody sees by its bytes that this is a SCHEMA, so what follows was prepared before it came
    late = json.dumps(SCHEMAS[3]).replace("SCHEMA", "SCHEM\\u0041").encode() + b"\n"
    device = text([record("devices", id="a", at="2026-01-01T00:00:00Z")])
    workers = Prepared(seconds=0.2)
    found = outcome(text([SCHEMAS[2]]) + device + late + device, workers, chunk=len(device))
    (entries,) = found[0].values()
    assert [b"$D_1767225600" in payload for _, (payload, *_), *_ in entries] == [False, True]
    assert len(workers.stretches) > 2


@pytest.mark.parametrize(
    "more",
    [
        {"stream_maps": {"orders": {"total": "total * 2"}}},
        {"stream_maps": {"orders": {"__filter__": "id > 5"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
)
def test_streams_with_stream_maps_take_the_other_way(more):
    workers = Prepared()
    plans = {**USERS, "plan": {"type": "object", "properties": {"b": {"type": "integer"}}}}
    content = text([SCHEMAS[0], *[order(number) for number in range(10)]])
    content += text([schema("users", plans, ["email"]), record("users", email="a", plan={"b": 1})])
    found = outcome(content, workers, more=more)
    assert found == one_by_one(content, more=more)
    assert found[-1] is None


def test_a_plan_without_words_in_json_is_not_told():
    plan = Plan("orders", None, Columns({"\ud800": {}}), (), None, record_bytes=1)
    assert not can_be_told(plan)
    assert can_be_told(msgspec.structs.replace(plan, columns=Columns({})))


def test_a_worker_imports_neither_the_sdk_nor_an_http_client():
    program = (
        "import sys, target_clevertap.worker\n"
        "sys.exit(any(name in sys.modules for name in ('singer_sdk', 'click', 'requests', 'ssl')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.fixture
def workers():
    made = Workers(LANES, lambda: None)
    yield made
    made.close()


def plan():
    naming = Naming("0" * 16, "orders", None, ("id",))
    return Plan("orders", None, Columns({}), ("id",), naming, record_bytes=1000)


def test_processes_give_what_a_preparation_gives(workers):
    plans = [
        msgspec.structs.replace(plan(), columns=Columns({column: {} for column in TAP_PROFILE}))
    ]
    workers.know(plans)
    stretches = [
        text(
            record("orders", id=n, identity=None if n % 5 == 0 else f"u{n % 3}", profile_data={})
            for n in range(first, first + 400)
        )
        for first in range(0, 4000, 400)
    ]
    answers = [workers.submit(stretch) for stretch in stretches]
    here = Preparation(LANES)
    here.know(plans)
    for stretch, answer in zip(stretches, answers, strict=True):
        assert answer.result(timeout=20) == here.parts(stretch)


TAP_PROFILE = ["profile_key", "identity", "object_ids", "profile_data", "seen_through"]


def test_what_a_process_had_comes_back_unprepared_when_it_ends(workers):
    workers.know([plan()])
    stretch = b'{"type":"RECORD","stream":"orders","record":{}}\n' * 3
    for answer in [workers.submit(b"\n") for _ in range(2)]:
        assert answer.result(timeout=20)[0].is_odd
    for worker in workers._workers:
        worker._process.kill()
    for answer in [workers.submit(stretch) for _ in range(6)]:
        (part,) = answer.result(timeout=20)
        assert (part.is_odd, part.length) == (True, len(stretch))


def test_without_a_process_stretches_come_back_unprepared(workers, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert workers.submit(b"x\n").result(timeout=20)[0].is_odd


def test_what_is_no_answer_counts_as_none(workers, monkeypatch):
    monkeypatch.setattr(workers_module, "PROGRAM", "print('good morning, this is no answer')")
    answers = [workers.submit(b"x\n") for _ in range(4)]
    assert all(answer.result(timeout=20)[0].is_odd for answer in answers)
