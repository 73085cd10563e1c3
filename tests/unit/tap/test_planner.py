"""The window policy: every day once, large events in parts, small ones in few exports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.exports.planner import FEWEST_PAGES, MOST_PAGES, Planner
from tap_clevertap.exports.progress import (
    FIRST_DAYS,
    MOST_DAYS,
    CountedProgress,
    EstimatedProgress,
)
from tap_clevertap.exports.windows import Window

FIRST = date(2026, 8, 1)


@dataclass
class Opened:
    """What the planner reads in an export."""

    event_name: str
    window: Window
    pages: int = 0
    has_ended: bool = False


def read(pages_a_day, lengths, *, in_flight=3, ends_at_once=True, seed=0):
    """Read as a run would: some exports are open, and end in any order."""
    random = Random(seed)
    planner = Planner(Opened, max_in_flight=in_flight)
    for name, length in lengths.items():
        planner.read(name, EstimatedProgress(Window(FIRST, FIRST + timedelta(length - 1))))
    opened, still_open = [], []
    while (export := planner.next_export()) is not None:
        opened.append(export)
        still_open.append(export)
        while still_open and (ends_at_once or len(still_open) >= in_flight):
            ended = still_open.pop(random.randrange(len(still_open)))
            ended.pages = round(pages_a_day[ended.event_name] * ended.window.days)
            ended.has_ended = True
    return opened


@given(
    lengths=st.dictionaries(st.text(max_size=2), st.integers(0, 400), max_size=5),
    seed=st.integers(),
    ends_at_once=st.booleans(),
    in_flight=st.integers(1, 4),
)
def test_every_day_of_every_event_is_read_once_oldest_first(lengths, seed, ends_at_once, in_flight):
    sizes = {name: Random(seed).choice([0, 0.01, 1, 30]) for name in lengths}
    opened = read(sizes, lengths, in_flight=in_flight, ends_at_once=ends_at_once, seed=seed)
    for name, length in lengths.items():
        covered = [
            export.window.first + timedelta(offset)
            for export in opened
            if export.event_name == name
            for offset in range(export.window.days)
        ]
        assert covered == [FIRST + timedelta(offset) for offset in range(length)]


@given(
    totals=st.lists(st.integers(0, 400_000), min_size=1, max_size=60), window_days=st.integers(0, 9)
)
def test_counted_days_are_read_once_in_windows_of_limited_size(totals, window_days):
    pages = {FIRST + timedelta(at): total / 5000 for at, total in enumerate(totals)}
    run = Window(FIRST, FIRST + timedelta(len(totals) - 1))
    planner = Planner(Opened, max_in_flight=3)
    planner.read("a", CountedProgress([run], pages, window_days=window_days))
    opened = []
    while (export := planner.next_export()) is not None:
        opened.append(export)
    assert planner.is_finished
    assert [day for each in opened for day in each.window.each()] == [*run.each()]
    if window_days:
        assert {each.window.days for each in opened[:-1]} <= {window_days}
    else:
        sizes = [sum(pages[day] for day in each.window.each()) for each in opened]
        alone = [each.window.days == 1 for each in opened]
        assert all(size <= MOST_PAGES or one for size, one in zip(sizes, alone, strict=True))


def test_nothing_is_finished_while_a_count_is_awaited():
    planner = Planner(Opened, max_in_flight=3)
    planner.expect("a")
    assert planner.next_export() is None
    assert not planner.is_finished
    planner.drop("a")
    assert planner.is_finished


def test_empty_events_are_read_in_few_exports():
    names = [f"event {number}" for number in range(40)]
    opened = read(dict.fromkeys(names, 0), dict.fromkeys(names, 30))
    assert set(Counter(export.event_name for export in opened).values()) == {2}


def test_no_export_is_longer_than_a_month():
    opened = read({"a": 0}, {"a": 365})
    assert max(export.window.days for export in opened) == MOST_DAYS


@pytest.mark.parametrize("pages_a_day", [3, 20, 200])
def test_a_large_event_is_cut_by_pages(pages_a_day):
    opened = read({"a": pages_a_day}, {"a": 90})
    later = opened[1:]
    assert opened[0].window.days == FIRST_DAYS
    assert all(each.pages <= MOST_PAGES or each.window.days == 1 for each in later)
    assert len(later) < 83 * pages_a_day / FEWEST_PAGES


def test_what_is_left_at_the_end_is_shared_out():
    opened = read({"a": 10}, {"a": 28}, ends_at_once=False)
    assert [export.window.days for export in opened][:3] == [FIRST_DAYS] * 3
    assert opened[-1].pages <= 2 * FEWEST_PAGES


def test_new_events_come_before_more_of_known_ones():
    opened = read({"a": 9, "b": 0, "c": 0}, {"a": 30, "b": 30, "c": 30})
    assert [export.event_name for export in opened][:4] == ["a", "b", "c", "a"]
