"""Runs whose first records are all refused."""

from __future__ import annotations

import pytest

from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    finish,
    lines,
    next_state,
    order,
    orders,
    record,
    schema,
    state,
)

ROW_VERSION = {"type": ["string", "null"], "format": "date-time"}
COLUMNS = {**ORDER_COLUMNS, "RowVer": ROW_VERSION}
UPPER = {"stream_maps": {"orders": {"email": "email.upper()"}}}


def versioned(count, first=0, **more):
    """Return orders whose column of bytes the SCHEMA calls a date."""
    return [order(number, RowVer=f"00000000{number:08X}", **more) for number in range(first, count)]


def run_of(count, *, good_after=0):
    end = count + good_after
    return [
        schema("orders", COLUMNS),
        *versioned(count),
        *(order(number, RowVer=None) for number in range(count, end)),
        state({"id": end}),
    ]


def check_stopped(target, finished, *words):
    assert finished.status == 1
    assert finished.states == []
    assert target.rejected() == []
    last = finished.log.splitlines()[-1]
    for each in ("`orders`", "all_rejected: continue", *words):
        assert each in last
    assert "Traceback" not in finished.log


@pytest.mark.parametrize("settings", [{}, UPPER], ids=["as they are", "by a stream map"])
@pytest.mark.parametrize("count", [2_500, 3_500, 30_000])
def test_a_column_that_never_fits_stops_the_run(target, count, settings):
    finished = target.run(run_of(count), max_rejects=-1, **settings)
    check_stopped(target, finished, "date_invalid", "`RowVer`")
    assert target.requests() == []


def test_continue_gets_past_them(target):
    messages = run_of(30_000, good_after=10)
    stopped = target.run(messages, max_rejects=-1)
    check_stopped(target, stopped)
    finished = target.run(messages, max_rejects=-1, all_rejected="continue")
    assert finished.status == 0, finished.log
    assert finished.states[-1] == {"id": 30_010}
    assert target.rejected_codes() == {"date_invalid": 30_000}
    assert len(target.delivered()) == 10


def test_records_whose_causes_differ_are_all_refused_too(target):
    bad = versioned(4_000)
    for each in bad[::2]:
        each["record"]["email"] = None
    finished = target.run([schema("orders", COLUMNS), *bad, state(1)])
    check_stopped(target, finished, "date_invalid", "identity_missing")


def test_many_bad_records_among_good_ones_do_not_stop_it(target):
    messages = [schema("orders", COLUMNS)]
    for number in range(8_000):
        bad = number % 10
        messages.append(order(number, RowVer="0001F0A0" if bad else None))
    finished = target.run([*messages, state(1)], max_rejects=-1)
    assert finished.status == 0, finished.log
    assert finished.states == [1]
    assert target.rejected_codes() == {"date_invalid": 7_200}
    assert len(target.delivered()) == 800


def test_good_records_that_are_not_answered_yet_count(target):
    """They came first, and wait for a batch to fill while thousands of bad ones are read."""
    target.faults({"match": {"path": "/1/upload"}, "action": {"delay": 1}})
    messages = [schema("orders", COLUMNS), *(order(n, RowVer=None) for n in range(3))]
    messages += [*versioned(10_000, first=3), state(1)]
    finished = target.run(messages, max_rejects=-1, flush_seconds=600)
    assert finished.status == 0, finished.log
    assert finished.states == [1]
    assert target.rejected_codes() == {"date_invalid": 9_997}


def test_one_stream_that_is_wholly_refused_stops_the_run_next_to_a_good_one(target):
    messages = [schema("users", {"email": {}}, ["email"]), schema("orders", COLUMNS)]
    messages += [record("users", email="a@example.org"), state("users")]
    messages += [*versioned(3_500), record("users", email="b@example.org"), state("orders")]
    finished = target.run(messages, max_rejects=-1)
    assert finished.status == 1
    assert finished.states in ([], ["users"])
    assert target.rejected() == []
    assert "stream `orders`" in finished.log.splitlines()[-1]


def test_a_stream_of_few_records_does_not_stop_the_others(target):
    messages = [schema("users", {"email": {}}, ["email"]), schema("orders", COLUMNS)]
    messages += [*versioned(3), record("users", email="a@example.org"), state(1)]
    finished = target.run(messages)
    assert finished.status == 3
    assert finished.states == [1]
    assert len(target.rejected()) == 3
    assert "all others were delivered" in finished.log


def test_a_short_run_that_is_wholly_refused_leaves_the_state(target):
    finished = target.run(run_of(3))
    assert finished.status == 3
    assert finished.states == []
    assert target.rejected_codes() == {"date_invalid": 3}
    assert "all others were delivered" not in finished.log
    assert "all_rejected: continue" in finished.log.splitlines()[-1]


@pytest.mark.parametrize("settings", [{"max_rejects": 3}, {"all_rejected": "continue"}])
def test_whoever_allows_rejects_has_its_state_passed(target, settings):
    finished = target.run(run_of(3), **settings)
    assert finished.states == [{"id": 3}]
    assert target.rejected_codes() == {"date_invalid": 3}


def test_a_short_run_after_good_ones_passes_the_state(target):
    """Its boundary row is known, so the rule is not to blame."""
    assert target.run(orders(10, states_every=10)).status == 0
    again = [
        schema("orders", ORDER_COLUMNS),
        order(9),
        order(10, email=None),
        state({"orders": 11}),
    ]
    finished = target.run(again)
    assert finished.status == 3
    assert finished.states == [{"orders": 11}]


def test_refused_by_clevertap_and_told_to_continue_a_run_goes_on(target):
    rule = {**ORDERS_RULE, "event": "Ordered"}
    target.faults(
        {"match": {"kind": "upload"}, "action": {"record_code": dict.fromkeys(range(1, 101), 513)}}
    )
    given = {"batch_size_rows": 100, "streams": {"orders": rule}, "max_rejects": -1}
    messages = [
        schema("orders", ORDER_COLUMNS),
        *(order(n, user=1) for n in range(1_000)),
        state(1),
    ]
    stopped = target.run(messages, **given)
    check_stopped(target, stopped, "code 513")
    finished = target.run(messages, all_rejected="continue", **given)
    assert finished.status == 0, finished.log
    assert finished.states == [1]
    assert target.rejected_codes() == {513: 1_000}


def test_a_slow_input_of_bad_records_alone_waits_for_a_good_one(target):
    process = target.start(max_rejects=-1, flush_seconds=0)
    process.stdin.write(lines([schema("orders", COLUMNS), *versioned(3), state(1)]))
    process.stdin.flush()
    process.stdin.write(lines([order(3, RowVer=None), state(2)]))
    process.stdin.flush()
    assert next_state(process, seconds=30) in (1, 2)
    assert len(target.rejected()) == 3
    assert finish(process).status == 0
