from __future__ import annotations

from datetime import date

import pytest

from tap_clevertap.exports.windows import first_day_to_read

TODAY = date(2026, 8, 31)


@pytest.mark.parametrize(
    ("first_day", "last_closed_day", "lookback_days", "expected"),
    [
        pytest.param(None, None, 1, date(2026, 8, 1), id="no bookmark: from the start"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 30), 1, date(2026, 8, 30), id="daily run"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 30), 0, TODAY, id="no look-back"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 10), 3, date(2026, 8, 8), id="after a pause"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 2), 9, date(2026, 7, 25), id="long look-back"),
        pytest.param(date(2026, 8, 1), date(2026, 8, 2), 10**12, date.min, id="look-back of ages"),
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
