"""Rows of events that are text: their times are checked, in any zone."""

from zoneinfo import ZoneInfo

import pytest

from tap_clevertap.files.event_columns import EventColumns, TextEvent
from tap_clevertap.records.errors import BadRowError

NO_USER = (b"null", b"")


def event(ts, name="x"):
    return TextEvent(name, ts, NO_USER, None, NO_USER)


def test_rows_become_columns_with_their_instants():
    columns = EventColumns(ZoneInfo("Asia/Kolkata"))

    columns.add(2, event("20220212004131"))
    columns.add(3, event("20220212004160", "y"))
    rows = columns.take()

    assert (rows.numbers, rows.names) == ((2, 3), ("x", "y"))
    assert rows.stamps == (b"20220212004131", b"20220212004160")
    assert rows.times == (b"2022-02-11T19:11:31", b"2022-02-11T19:11:59")
    assert not columns


@pytest.mark.parametrize(
    ("ts", "zone"),
    [
        ("09991231235959", "America/Sao_Paulo"),  # of the year 1000 in UTC
        ("10000101000000", "Asia/Kolkata"),  # of the year 999
        ("99991231235959", "America/Sao_Paulo"),
        ("20220212004161", "UTC"),
        (None, "UTC"),
        (["20220212004131", "20220212004131"], "UTC"),
    ],
)
def test_what_is_no_time_of_four_digits_is_bad(ts, zone):
    columns = EventColumns(ZoneInfo(zone))

    with pytest.raises(BadRowError, match="`ts` that is not a time"):
        columns.add(1, event(ts))

    assert not columns
