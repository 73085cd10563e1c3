"""The totals in the state do not depend on the order in which windows end."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations

from tap_clevertap.exports.windows import Window
from tap_clevertap.state.bookmarks import Bookmark

FIRST = date(2026, 8, 1)
DAYS = [FIRST + timedelta(number) for number in range(4)]


def test_windows_that_end_in_any_order_leave_the_same_totals():
    states = []
    for order in permutations(DAYS):
        partition = {}
        bookmark = Bookmark(partition, today=date(2026, 8, 31))
        bookmark.expect(FIRST)
        for day in order:
            bookmark.close_window(Window(day, day), closed_through=date(2026, 8, 30))
            bookmark.keep_totals({day: day.day}, verify_days=3)
        states.append(partition["totals"])
    assert set(states) == {"2026-08-02 2 3 4"}
