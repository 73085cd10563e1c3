from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.windows import first_day_to_read, windows

DAYS = st.dates(date(2005, 1, 1), date(2030, 1, 1))
TODAY = date(2026, 8, 31)


@given(first=DAYS, length=st.integers(0, 800))
def test_windows_cover_every_day_exactly_once_in_order(first, length):
    last = first + timedelta(length)
    covered = [
        window.first + timedelta(offset)
        for window in windows(first, last)
        for offset in range((window.last - window.first).days + 1)
    ]
    assert covered == [first + timedelta(offset) for offset in range(length + 1)]


def test_no_window_where_the_range_is_empty():
    assert list(windows(TODAY, TODAY - timedelta(1))) == []


@pytest.mark.parametrize(
    ("first_day", "last_closed_day", "lookback_days", "expected"),
    [
        pytest.param(None, None, 1, date(2026, 8, 1), id="no bookmark: from the start"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 30), 1, date(2026, 8, 30), id="daily run"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 30), 0, TODAY, id="no look-back"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 10), 3, date(2026, 8, 8), id="after a pause"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 2), 9, date(2026, 7, 25), id="long look-back"),
        pytest.param(date(2026, 8, 5), date(2026, 8, 30), 1, date(2026, 8, 1), id="earlier start"),
        pytest.param(date(2026, 7, 1), date(2026, 9, 9), 1, date(2026, 8, 30), id="clock set back"),
    ],
)
def test_the_first_day_read(first_day, last_closed_day, lookback_days, expected):
    assert expected == first_day_to_read(
        start=date(2026, 8, 1),
        first_day=first_day,
        last_closed_day=last_closed_day,
        today=TODAY,
        lookback_days=lookback_days,
    )
