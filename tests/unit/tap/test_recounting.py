"""Second counts of days that differ: few where their sums are right, and never a wrong proof."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.counts.recounting import Recounting
from tap_clevertap.counts.second_counts import MOST_UNSETTLED, PAUSE, SecondCounts
from tap_clevertap.counts.tasks import CountOptions, Recounted
from tap_clevertap.counts.verification import DayRows, Rules, WindowCheck
from tap_clevertap.exports.planner import Planner
from tap_clevertap.exports.windows import Window

FIRST = date(2026, 8, 1)


class Reader:
    """Gives the planner, as a reader does."""

    seconds_alone = 0.0

    def __init__(self):
        self.planner = Planner(None, max_in_flight=3)

    @contextmanager
    def planning(self):
        yield self.planner


def recounted(rows, true, *, twins=(), too_high=1, arrives=lambda _: True):
    """Return the check of a window after its second counts, and the counts that were asked for."""
    days = [FIRST + timedelta(number) for number in range(len(rows))]
    found = {day: DayRows(number, day in twins) for day, number in zip(days, rows, strict=True)}
    totals = {day: number + too_high for day, number in zip(days, true, strict=True)}
    check = WindowCheck(Window(days[0], days[-1]), found, 0, totals, Rules())
    reader = Reader()
    second_counts = SecondCounts(CountOptions(ZoneInfo("UTC")))
    second_counts.begin(reader)
    ended, asked = [], []
    if check.differing():
        Recounting("e", check, second_counts, lambda: ended.append(True)).ask()
    while (task := reader.planner.next_check()) is not None:
        assert len(ended) == 0
        asked.append(task)
        counted = true[(task.days.first - FIRST).days : (task.days.last - FIRST).days + 1]
        count = sum(counted) if arrives(task) else None
        second_counts.take(Recounted(task, count))
    assert len(ended) <= 1
    return check, asked


@given(
    data=st.data(),
    true=st.lists(st.integers(1, 9), min_size=1, max_size=60),
    too_high=st.integers(1, 3),
)
def test_no_day_is_proved_that_lacks_a_row(data, true, too_high):
    """Also where an export repeats a row of one day, and lacks one of another."""
    numbers = range(len(true))
    lost = data.draw(st.sets(st.sampled_from(numbers), max_size=8))
    repeated = data.draw(st.sets(st.sampled_from(numbers), max_size=8)) - lost
    rows = [each - (at in lost) + (at in repeated) for at, each in enumerate(true)]
    twins = {FIRST + timedelta(at) for at in repeated}
    fails = data.draw(st.sets(st.integers(0, 20)))
    number = iter(range(1000))
    check, asked = recounted(
        rows, true, twins=twins, too_high=too_high, arrives=lambda _: next(number) not in fails
    )
    assert {FIRST + timedelta(at) for at in lost} <= check.missing().keys()
    assert sum(task.pause == PAUSE for task in asked) <= len(lost | repeated)


def test_one_gap_of_a_year_is_found_with_a_few_counts():
    true = [9] * 365
    check, asked = recounted([*true[:200], 8, *true[201:]], true)
    assert check.missing() == {FIRST + timedelta(200): 1}
    assert len(asked) <= 20


def test_a_year_of_days_with_identical_rows_is_settled():
    true, days = [9] * 365, {FIRST + timedelta(each) for each in range(365)}
    check, asked = recounted(true, true, twins=days)
    assert check.missing() == {}
    assert len(asked) == 365


def test_where_both_counts_differ_everywhere_no_more_are_asked_for():
    days = {FIRST + timedelta(each) for each in range(365)}
    for twins in (days, ()):
        check, asked = recounted([9] * 365, [10] * 365, twins=twins)
        assert check.missing().keys() == days
        assert len(asked) <= MOST_UNSETTLED
