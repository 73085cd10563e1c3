"""Names from outside reach the terminal, and its log, with every character visible."""

from __future__ import annotations

import logging
import re

import pytest

from clevertap_emulator.log_guard import GuardedRecord as OfEmulator
from tap_clevertap._plugin.log_guard import GuardedRecord as OfTap
from target_clevertap._plugin.log_guard import KEEPS_LINES
from target_clevertap._plugin.log_guard import GuardedRecord as OfTarget
from tests.support.plugin_process import run_tap, tap_config
from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    TargetProcess,
    order,
    schema,
    state,
)

EVIL = "o\x1b[2J\x1b]0;gone\x07\r2026-01-01 | INFO | all is well\n\x9b31m\u202eend"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LINE = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| ")


def check(log):
    assert not CONTROLS.search(log), log
    assert not re.search("^2026-01-01 ", log, re.MULTILINE)
    assert "Traceback" not in log


@pytest.fixture
def target(start_emulator, tmp_path):
    return TargetProcess(start_emulator(days=1, events_per_day=1, users=10), tmp_path)


def evil_columns():
    return {**ORDER_COLUMNS, EVIL: {"type": "string"}}


RUNS = {
    "a stream without a rule": ([schema(EVIL, ORDER_COLUMNS)], {}),
    "a column that no property may be named like": ([schema("orders", evil_columns())], {}),
    "a key that the record lacks": (
        [schema("orders", evil_columns(), [EVIL]), order(1)],
        {"streams": {"orders": {**ORDERS_RULE, "others": "drop"}}},
    ),
    "a rule for another stream": (
        [schema("orders", ORDER_COLUMNS), order(1)],
        {"streams": {"orders": ORDERS_RULE, EVIL: ORDERS_RULE}},
    ),
    "a rule with a key that there is not": ([], {"streams": {"orders": {**ORDERS_RULE, EVIL: 1}}}),
    "a column that the rule names": (
        [schema("orders", ORDER_COLUMNS)],
        {"streams": {"orders": {**ORDERS_RULE, "time": EVIL}}},
    ),
    "an unknown setting": ([schema("orders", ORDER_COLUMNS)], {EVIL: 1}),
    "a BATCH": ([{"type": "BATCH", "stream": EVIL, "encoding": {}, "manifest": []}], {}),
    "a SCHEMA that is none": ([{"type": "SCHEMA", "stream": EVIL, "schema": 1}], {}),
    "a stream map that fails": (
        [schema(EVIL, ORDER_COLUMNS), order(1) | {"stream": EVIL}],
        {"stream_maps": {EVIL: {"x": "int(email)"}}, "streams": {EVIL: ORDERS_RULE}},
    ),
    "a stream that is wholly refused": (
        [schema(EVIL, ORDER_COLUMNS)]
        + [order(n, email=None) | {"stream": EVIL} for n in range(3_100)]
        + [state(1)],
        {"streams": {EVIL: ORDERS_RULE}},
    ),
    "a region": ([], {"region": EVIL}),
    "a path": ([schema("orders", ORDER_COLUMNS)], {"ledger_path": f"/nowhere/{EVIL}"}),
}


@pytest.mark.parametrize(("messages", "settings"), RUNS.values(), ids=RUNS)
def test_the_target_shows_a_name_escaped(target, messages, settings):
    finished = target.run(messages, **settings)
    check(finished.log)
    assert "gone" in finished.log


@pytest.mark.parametrize(
    "settings",
    [
        {"events": [EVIL]},
        {"excluded_events": [EVIL]},
        {EVIL: 1},
        {"region": EVIL},
        {"timezone": EVIL},
    ],
    ids=["events", "excluded_events", "a setting", "region", "timezone"],
)
def test_the_tap_shows_a_name_escaped(start_emulator, settings):
    emulator = start_emulator(days=1, events_per_day=1, users=10)
    output = run_tap(tap_config(emulator, **{"timezone": "UTC", **settings}))
    check(output.log)
    assert "gone" in output.log or output.status == 0


@pytest.mark.parametrize("record", [OfTap, OfTarget, OfEmulator], ids=["tap", "target", "emulator"])
class TestGuard:
    def made(self, record, *arguments, exc_info=None):
        return record("x", logging.INFO, "x.py", 1, *arguments, exc_info)

    def test_a_forgotten_name_does_not_reach_the_terminal(self, record):
        text = self.made(record, "event %s", (EVIL,)).getMessage()
        assert "\n" not in text
        check(text)

    def test_a_rule_to_paste_keeps_its_lines(self, record):
        made = self.made(record, "add\nstreams:\n  \x1b[2J", ())
        made.__dict__.update(KEEPS_LINES)
        assert made.getMessage() == "add\nstreams:\n  \\x1b[2J"

    def test_a_stack_trace_is_guarded_too(self, record):
        try:
            raise ValueError(EVIL)  # noqa: TRY301 - to have a trace
        except ValueError as error:
            made = self.made(record, "x", (), exc_info=(ValueError, error, error.__traceback__))
        text = logging.Formatter("%(message)s").format(made)
        assert not CONTROLS.search(text)
        assert "Traceback" in text
