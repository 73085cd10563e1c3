"""The totals in the state: the same in any order of windows, with marks of days in doubt."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

import pytest

from tap_clevertap.counts.counted_event import CountedEvent
from tap_clevertap.counts.tasks import Counted, CountOptions, EventCount
from tap_clevertap.counts.totals import pack
from tap_clevertap.exports.windows import ONE_DAY, Window
from tap_clevertap.receipt.receipt import DayResult, EventResult
from tap_clevertap.state.bookmarks import Bookmark

FIRST = date(2026, 8, 1)
DAYS = [FIRST + timedelta(number) for number in range(4)]
TODAY = date(2026, 8, 31)
DAY = Window(FIRST, FIRST)


def test_windows_that_end_in_any_order_leave_the_same_totals():
    states = []
    for order in permutations(DAYS):
        partition = {}
        bookmark = Bookmark(partition, today=TODAY)
        bookmark.expect(FIRST)
        for day in order:
            bookmark.close_window(Window(day, day), closed_through=TODAY - ONE_DAY)
            bookmark.keep_totals({day: day.day}, verify_days=3)
        states.append(partition["totals"])
    assert set(states) == {pack({day: day.day for day in DAYS[1:]})}


def closed(result, total, *, kept=None, counted_through=TODAY - ONE_DAY, window=DAY):
    """Return what the state has of the first day, once it is closed."""
    partition = {} if kept is None else {"totals": packed(kept)}
    bookmark = Bookmark(partition, today=TODAY)
    bookmark.expect(FIRST)
    event = CountedEvent("e", window, bookmark, EventResult(days={FIRST: result}), 9)
    count = EventCount("e", window, CountOptions(None))
    event.counted = Counted(count, {FIRST: total}, closed_through=counted_through)
    event.close(window, TODAY - ONE_DAY)
    return partition


def packed(kept):
    """Return the totals of the first day alone; a question mark says that they are in doubt."""
    return pack({FIRST: int(kept.removesuffix("?"))}, {FIRST} if kept.endswith("?") else ())


TOLERATED = {"rows": 9, "counted": 10, "lacking": True}
SHORT = {**TOLERATED, "missing": True}


@pytest.mark.parametrize(
    ("result", "total", "before", "kept"),
    [
        pytest.param({"rows": 9, "counted": 9}, 9, None, "9", id="proved"),
        pytest.param(TOLERATED, 10, None, "9?", id="within the tolerance"),
        pytest.param({**TOLERATED, "late": True}, 10, "9?", "10", id="tolerated again"),
        pytest.param({"rows": 9, "counted": 10}, 10, None, "10", id="with a bad row"),
        pytest.param(SHORT, 10, None, "9?", id="short"),
        pytest.param(SHORT, 10, "9", "9?", id="short, where the rows were all there were"),
        pytest.param(SHORT, 10, "9?", "9?", id="short again, but read in any case"),
        pytest.param({**SHORT, "late": True}, 10, "9?", "10", id="short again, read for that"),
        pytest.param({**SHORT, "late": True}, 10, "8?", "9?", id="less short"),
        pytest.param({"rows": 9, "counted": 9}, 10, None, "9?", id="counted once too high"),
        pytest.param({"rows": 9, "counted": 9, "late": True}, 10, "9?", "10", id="always too high"),
        pytest.param({"rows": 9, "counted": 9}, 8, None, "9", id="counted once too low"),
        pytest.param({"rows": 9, "counted": 11}, 8, None, "9", id="late rows after the export"),
        pytest.param({**TOLERATED, "counted": 12}, 10, None, "9?", id="late rows, and a tolerance"),
        pytest.param({"rows": 9, "counted": 9, "late": True}, 8, "9", "8", id="always too low"),
        pytest.param({"rows": 9, "counted": 9, "late": True}, 0, "9", "9", id="not counted yet"),
        pytest.param({"rows": 9, "counted": None}, 0, "9", "9", id="not counted"),
    ],
)
def test_what_is_kept_of_a_day(result, total, before, kept):
    assert closed(DayResult(**result), total, kept=before)["totals"] == packed(kept)


def test_days_that_are_read_again_are_proved_before_later_ones_close():
    partition = {"totals": pack({FIRST: 8})}
    bookmark = Bookmark(partition, today=TODAY)
    days = Window(DAYS[1], DAYS[2])
    bookmark.expect(days.first)
    results = {day: DayResult(9, 9) for day in DAYS}
    event = CountedEvent("e", days, bookmark, EventResult(days=results), 9, unproved={FIRST})
    assert not event.close(days, TODAY)
    assert bookmark.last_closed_day is None
    assert not results[DAYS[1]].closed
    assert event.close(DAY, TODAY)
    assert bookmark.last_closed_day == days.last


def test_a_day_that_ended_after_it_was_counted_stays_open():
    proved = DayResult(9, 9)
    assert closed(proved, 9, counted_through=FIRST - ONE_DAY) == {}
    assert not proved.closed


def test_a_day_that_ended_before_it_was_counted_is_closed():
    partition = closed(DayResult(9, 9), 9, window=Window(FIRST, TODAY))
    assert partition["replication_key_value"] == str(TODAY - ONE_DAY)
