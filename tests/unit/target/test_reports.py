"""The report's figures stay small and right, and its page shows all of them safely."""

from __future__ import annotations

import json
import random
import re
from html import escape

import pytest

from target_clevertap._plugin.shown import visible
from target_clevertap.delivery.counts import StreamCounts
from target_clevertap.records.own_codes import BY_CODE
from target_clevertap.report.figures import RequestTotals
from target_clevertap.report.latencies import Latencies
from target_clevertap.report.page import STATUS, report_page
from target_clevertap.report.report import report_json
from target_clevertap.report.timeline import MOST_SLOTS, Timeline
from tests.support.receipts import EVIL_NAMES
from tests.support.reports import ended_of
from tests.support.run_reports import facts_of


def test_quantiles_are_right_within_five_percent():
    found, seconds = Latencies(), random.Random(7)
    values = sorted(seconds.lognormvariate(-1, 1.5) for _ in range(10_000))
    for value in values:
        found.add(value)
    for share in (0.5, 0.9, 0.99):
        true = values[round(share * len(values)) - 1]
        assert true <= found.quantile(share) * 1.0001
        assert found.quantile(share) <= true * 1.051
    assert found.longest == values[-1]
    assert len(found.buckets) < 360


def test_quantiles_of_none_one_and_extremes():
    assert set(Latencies().quantiles().values()) == {0}
    one = Latencies()
    one.add(0.25)
    assert one.quantiles() == {"p50": 0.25, "p90": 0.25, "p99": 0.25, "max": 0.25}
    for seconds in (0.0, 1e-9, 7200.0):
        one.add(seconds)
    assert one.quantile(1.0) == 7200.0


def test_parts_merge_into_what_the_whole_would_be():
    parts, whole = [Latencies(), Latencies()], Latencies()
    for number in range(1, 1000):
        parts[number % 2].add(number / 100)
        whole.add(number / 100)
    parts[0].merge(parts[1])
    assert parts[0] == whole


def test_a_timeline_has_few_slots_however_long_the_run_takes():
    timeline = Timeline()
    for second in range(100_000):
        slot = timeline.at(second)
        slot.delivered += 1
        slot.most_in_flight = max(slot.most_in_flight, second % 15)
    assert len(timeline.slots) <= MOST_SLOTS
    assert sum(slot.delivered for slot in timeline.slots) == 100_000
    assert {slot.most_in_flight for slot in timeline.slots} == {14}
    assert timeline.slots[0].delivered == timeline.seconds == 1024


@pytest.mark.parametrize("second", [1, MOST_SLOTS - 1, MOST_SLOTS, 2 * MOST_SLOTS, 86_400 * 30])
def test_any_moment_has_a_slot(second):
    timeline = Timeline()
    timeline.at(1).delivered = 5
    timeline.at(second).delivered += 1
    assert sum(slot.delivered for slot in timeline.slots) == 6
    assert (
        (len(timeline.slots) - 1) * timeline.seconds
        <= second
        < len(timeline.slots) * timeline.seconds
    )


def test_the_json_adds_up_for_any_names():
    report = json.loads(report_json(facts_of()))
    assert {each["stream"] for each in report["streams"]} == set(EVIL_NAMES)
    for counts in (report["total"], *report["streams"]):
        assert counts["received"] == ended_of(counts) + counts["not_settled"]


def test_the_page_shows_every_name_and_runs_nothing():
    page = report_page(facts_of()).decode()
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    assert tags.isdisjoint({"script", "img", "b", "link", "iframe", "a"})
    for name in EVIL_NAMES:
        assert f'<bdi dir="auto">{escape(visible(name))}</bdi>' in page
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_the_page_says_what_to_do_about_each_code():
    page = report_page(facts_of(["orders"])).decode()
    assert BY_CODE["identity_missing"].fix in page
    assert "<code>invalid: fix</code>" in page
    assert "this code is not in our table" in page
    assert "deleted at the source" in page
    assert "odd_word" in page


@pytest.mark.parametrize("status", STATUS)
def test_a_page_of_nothing_is_a_page(status):
    empty = {"streams": {}, "total": StreamCounts(), "figures": RequestTotals(), "retries": {}}
    page = report_page(facts_of(status=status, dry_run="local", **empty)).decode()
    assert f"<strong>{STATUS[status][0]}.</strong>" in page
    assert "No record came." in page
    assert "dry run" in page
    assert "<svg" not in page
