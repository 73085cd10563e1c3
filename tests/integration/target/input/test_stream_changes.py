"""A change of a stream that makes the ledger forget its rows is logged before they are sent."""

from __future__ import annotations

import pytest

from tests.integration.target.ledger.test_names import event, events, run
from tests.support.target_process import ORDER_COLUMNS, ORDERS_RULE, order, record, schema, state

CHANGED = "changed since its last delivery"
RENAMED = "is new to the ledger and looks like"
ORDERS = [schema("orders", ORDER_COLUMNS), *(order(number) for number in range(7)), state({"n": 1})]
WITHOUT_TOTAL = {name: each for name, each in ORDER_COLUMNS.items() if name != "total"}
SUMS = {"type": "event", "event": "Sum", "identity": "u"}
DROPPING = {**ORDERS_RULE, "others": "drop"}


def having(columns, keys=("id",)):
    return [schema("orders", columns, keys), *ORDERS[1:]]


def test_nothing_is_reported_where_nothing_changed(target):
    for _ in range(3):
        assert CHANGED not in run(target, ORDERS).log


@pytest.mark.parametrize(
    ("messages", "rule", "words"),
    [
        (having({**ORDER_COLUMNS, "note": {}}), ORDERS_RULE, "new: `note`"),
        (having(WITHOUT_TOTAL), ORDERS_RULE, "gone: `total`"),
        (
            having({**ORDER_COLUMNS, "total": {"type": ["null", "string"]}}),
            ORDERS_RULE,
            "of another type: `total`",
        ),
        (
            having({**ORDER_COLUMNS, "id": {"type": "string"}}),
            ORDERS_RULE,
            "the type of key column `id` (was integer, is string)",
        ),
        (having(ORDER_COLUMNS, ["id", "email"]), ORDERS_RULE, "(was `id`, is `id`, `email`)"),
        (ORDERS, {**ORDERS_RULE, "event": "Bought"}, "its rule"),
    ],
)
def test_what_changed_is_named_once_with_how_much_is_known(target, messages, rule, words):
    run(target, ORDERS)
    streams = {"streams": {"orders": rule}}
    log = run(target, messages, **streams).log
    assert f"stream `orders` {CHANGED}: " in log
    assert words in log
    assert "has 7 deliveries of it" in log
    run(target, [messages[0], order(99)], **streams)
    assert CHANGED not in run(target, messages, **streams).log


@pytest.mark.parametrize(
    ("messages", "rule"),
    [
        (having({**ORDER_COLUMNS, "note": {}}), DROPPING),
        (having({**ORDER_COLUMNS, "_sdc_batched_at": {}}), ORDERS_RULE),
        (having({**ORDER_COLUMNS, "id": {"type": ["integer", "null"]}}), ORDERS_RULE),
        (ORDERS, {**ORDERS_RULE, "repeat": "allow", "equal_rows": "new"}),
    ],
)
def test_what_changes_no_name_is_not_spoken_of(target, messages, rule):
    streams = {"streams": {"orders": DROPPING if rule is DROPPING else ORDERS_RULE}}
    run(target, ORDERS, **streams)
    finished = run(target, messages, streams={"orders": rule})
    assert CHANGED not in finished.log
    assert "already delivered 7" in finished.log


def test_columns_of_the_taps_events_change_no_name(target):
    run(target, events(event()))
    messages = events(event())
    messages[0]["schema"]["properties"]["app"] = {"type": "string"}
    finished = run(target, messages)
    assert CHANGED not in finished.log
    assert "already delivered 1" in finished.log


def test_a_stream_that_was_renamed_is_named_by_both_names(target):
    run(target, ORDERS)
    renamed = [{**each, "stream": "shop-orders"} if "stream" in each else each for each in ORDERS]
    streams = {"streams": {"shop-orders": ORDERS_RULE}}
    log = run(target, renamed, **streams).log
    assert f"stream `shop-orders` {RENAMED} `orders`" in log
    assert "has 7 deliveries of `orders`" in log
    assert RENAMED not in run(target, renamed, **streams).log


def test_another_stream_next_to_it_was_not_renamed(target):
    run(target, ORDERS)
    other = [{**each, "stream": "shop-orders"} if "stream" in each else each for each in ORDERS]
    streams = {"streams": {"orders": ORDERS_RULE, "shop-orders": ORDERS_RULE}}
    assert RENAMED not in run(target, other, **streams).log


def test_an_event_may_have_a_column_of_exact_decimals(target):
    cents = {"type": ["null", "number"], "multipleOf": 0.01}
    for columns in ({"total": cents}, {"total": {"anyOf": [cents, {"type": "string"}]}}):
        messages = [
            schema("sums", {"id": {}, "u": {}, **columns}),
            record("sums", id=len(columns["total"]), u="a"),
        ]
        finished = target.run(messages, streams={"sums": SUMS})
        assert finished.status == 0, finished.log
