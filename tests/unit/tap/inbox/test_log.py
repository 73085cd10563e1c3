"""The log of the receiver has at most one line a minute of a kind, with counts."""

from __future__ import annotations

import logging
import time
from collections import Counter

import pytest

from tap_clevertap.inbox.log import ReceiverLog
from tap_clevertap.inbox.metrics import ReceiverCounts


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="inbox-tests")
    return lambda: [each.getMessage() for each in caplog.records]


@pytest.fixture
def passed(monkeypatch):
    """Let seconds pass by."""
    clock = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def wait(seconds):
        clock[0] += seconds

    return wait


@pytest.fixture
def log(passed):
    passed(0)  # the clock of the test is there before the log looks at it
    return ReceiverLog(logging.getLogger("inbox-tests"), "a")


def test_counts_since_the_last_line(log, lines, passed):
    counts = ReceiverCounts(int)
    for _ in range(3):
        counts.count("stored", "webhook")
    counts.refuse("access")
    log.line_if_due(counts)
    assert lines() == []
    passed(60)
    log.line_if_due(counts)
    counts.count("repeated", "eventbridge")
    passed(60)
    log.line_if_due(counts)
    passed(60)
    log.line_if_due(counts)
    assert lines() == ["messages: 3 stored, 1 refused (access)", "messages: 1 repeated"]


def test_a_failure_that_comes_and_goes_does_not_flood(log, lines, passed):
    for _ in range(100):
        log.not_stored("the disk is full; make room")
        log.stored("a")
        passed(0.1)
    assert Counter(lines()) == {
        "messages are answered with 503: the disk is full; make room": 1,
        "messages are stored again": 1,
    }
    passed(60)
    log.not_stored("the disk is full; make room")
    assert len(lines()) == 3


def test_another_inbox_is_named_once(log, lines):
    for name in "aabbb":
        log.stored(name)
    assert [line.split(";")[0] for line in lines()] == ["inbox_path: there is another inbox now"]


def test_metrics_have_every_source_from_the_start():
    text = ReceiverCounts(lambda: 7).text().decode()
    for name in ("received", "stored", "repeated", "conflicting"):
        for source in ("webhook", "eventbridge"):
            assert f'clevertap_inbox_{name}_total{{source="{source}"}} 0.0' in text
    assert "clevertap_inbox_held_bytes 7.0" in text
