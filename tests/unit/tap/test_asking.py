"""First counts: how long they are asked for, and that every event is read without them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from tap_clevertap.counts.asking import CountAsking
from tap_clevertap.counts.counted_event import CountedEvent, CountSettings
from tap_clevertap.counts.question import LATE
from tap_clevertap.counts.second_counts import SecondCounts
from tap_clevertap.counts.tasks import Counted, CountOptions, EventCount
from tap_clevertap.counts.verification import Rules
from tap_clevertap.exports.planner import Planner
from tap_clevertap.exports.windows import Window
from tap_clevertap.receipt.receipt import EventResult
from tap_clevertap.state.bookmarks import Bookmark

TODAY = date(2026, 8, 31)
DAYS = Window(date(2026, 8, 1), TODAY)
NAMES = [f"event {number}" for number in range(9)]


@dataclass
class Opened:
    """What the planner reads in an export."""

    event_name: str
    window: Window
    pages: int = 0
    has_ended: bool = True


class Reader:
    """Gives the planner, as a reader does."""

    def __init__(self):
        self.planner = Planner(Opened, max_in_flight=3)

    @contextmanager
    def planning(self):
        yield self.planner

    def opened(self):
        return [*iter(self.planner.next_export, None)]


def asked(reader, partition=None):
    """Return the asking of a run that has just begun."""
    settings = CountSettings("fail", Rules(), 90, 0, 5000, TODAY)
    events = {}
    for name in NAMES:
        bookmark = Bookmark(dict(partition or {}), today=TODAY)
        bookmark.expect(DAYS.first)
        events[name] = CountedEvent(name, DAYS, bookmark, EventResult(), settings.verify_days)
    options = CountOptions(ZoneInfo("UTC"))
    asking = CountAsking(settings, SecondCounts(options), events, lambda _event, _days: None)
    asking.begin(reader)
    return asking


def answer(reader, totals, failure=""):
    """Return the response to the next count."""
    task = reader.planner.next_count()
    assert isinstance(task, EventCount)
    return Counted(task, totals, failure, closed_through=DAYS.last)


def test_three_late_counts_in_a_row_are_the_last_though_one_came():
    reader = Reader()
    asking = asked(reader)
    asking.take(answer(reader, dict.fromkeys(DAYS.each(), 1)))
    for _ in range(3):
        asking.take(answer(reader, None, LATE))
    opened = reader.opened()
    assert {type(each) for each in opened} == {Opened}
    assert {each.event_name for each in opened} == {*NAMES}
    assert reader.planner.is_finished


def test_a_state_of_the_first_days_there_are_is_no_overflow():
    reader = Reader()
    asked(reader, {"first_day": "0001-01-02", "replication_key_value": "0001-01-05"})
    task = reader.planner.next_count()
    assert isinstance(task, EventCount)
    assert task.days == Window(date(1, 1, 2), TODAY)


@pytest.mark.parametrize("between", [{}, dict.fromkeys(DAYS.each(), 1)], ids=["zero", "rows"])
def test_late_counts_with_others_in_between_keep_none_from_being_asked_for(between):
    reader = Reader()
    asking = asked(reader)
    zeros = dict.fromkeys(DAYS.each(), 0)
    for _ in range(3):
        asking.take(answer(reader, zeros | between))
        asking.take(answer(reader, None, LATE))
    assert isinstance(reader.planner.next_count(), EventCount)
