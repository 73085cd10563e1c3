from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from tap_clevertap.errors import StateError
from tap_clevertap.exports.windows import ONE_DAY, Window
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.state.state_checks import check_timezone, mark_state

FIRST = date(2026, 8, 1)
LAST = date(2026, 8, 31)
LONG_AGO_ENDED = date(2027, 1, 1)


def windows(first, last):
    while first <= last:
        end = min(last, first + 6 * ONE_DAY)
        yield Window(first, end)
        first = end + ONE_DAY


@pytest.mark.parametrize("seed", range(5))
def test_the_last_closed_day_never_passes_a_window_that_is_still_open(seed):
    partition: dict[str, str] = {}
    bookmark = Bookmark(partition, today=LONG_AGO_ENDED)
    planned = list(windows(FIRST, LAST))
    bookmark.expect(planned[0].first)
    open_windows = Random(seed).sample(planned, len(planned))
    while open_windows:
        bookmark.close_window(open_windows.pop(), closed_through=LONG_AGO_ENDED)
        earliest_open = min((window.first for window in open_windows), default=LAST + timedelta(1))
        closed = partition.get("replication_key_value")
        assert closed == (None if earliest_open == FIRST else str(earliest_open - timedelta(1)))


def test_a_day_that_had_not_ended_when_the_export_was_opened_stays_open():
    partition: dict[str, str] = {}
    bookmark = Bookmark(partition, today=LONG_AGO_ENDED)
    planned = list(windows(FIRST, date(2026, 8, 3)))
    bookmark.expect(planned[0].first)
    assert bookmark.close_window(planned[0], closed_through=date(2026, 8, 2))
    assert partition["replication_key_value"] == "2026-08-02"


def test_a_first_day_that_has_not_ended_closes_nothing():
    partition: dict[str, str] = {}
    bookmark = Bookmark(partition, today=LONG_AGO_ENDED)
    planned = list(windows(FIRST, FIRST))
    bookmark.expect(planned[0].first)
    assert not bookmark.close_window(planned[0], closed_through=FIRST - timedelta(1))
    assert partition == {}


def test_reading_the_look_back_again_does_not_move_the_bookmark_back():
    partition = {"first_day": "2026-08-01", "replication_key_value": "2026-08-30"}
    bookmark = Bookmark(partition, today=LONG_AGO_ENDED)
    planned = list(windows(date(2026, 8, 30), LAST))
    bookmark.expect(planned[0].first)
    bookmark.close_window(planned[0], closed_through=date(2026, 8, 30))
    assert partition["replication_key_value"] == "2026-08-30"
    assert partition["first_day"] == "2026-08-01"


def test_an_earlier_start_moves_the_state_only_when_its_first_window_is_read():
    partition = {"first_day": "2026-08-01", "replication_key_value": "2026-08-30"}
    bookmark = Bookmark(partition, today=LONG_AGO_ENDED)
    planned = list(windows(date(2026, 7, 20), LAST))
    bookmark.expect(planned[0].first)
    assert partition["first_day"] == "2026-08-01"
    bookmark.close_window(planned[0], closed_through=LONG_AGO_ENDED)
    assert partition["first_day"] == "2026-07-20"
    assert partition["replication_key_value"] == "2026-07-26"


def test_a_state_of_another_time_zone_is_refused_naming_both():
    state: dict[str, object] = {}
    mark_state(state, timezone="Asia/Kolkata")
    with pytest.raises(StateError, match=r"Asia/Kolkata.*UTC"):
        check_timezone(state, stream="events", timezone="UTC")
