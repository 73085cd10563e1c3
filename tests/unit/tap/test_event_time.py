"""Instants that are made an hour at a time are those that are made one by one."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time, starts_of_minutes

ZONES = (
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Monrovia",
)


@given(zone=st.sampled_from(ZONES), moment=st.datetimes())
@example(zone="Asia/Kolkata", moment=datetime.fromisoformat("0001-01-01T00:00"))
@example(zone="America/New_York", moment=datetime.fromisoformat("2026-11-01T01:00"))
@example(zone="Australia/Lord_Howe", moment=datetime.fromisoformat("2026-10-04T02:00"))
@example(zone="Africa/Monrovia", moment=datetime.fromisoformat("1960-05-05T05:00"))
def test_the_minutes_of_an_hour_begin_as_each_alone(zone, moment):
    hour = int(moment.strftime("%Y%m%d%H"))
    try:
        alone = [event_time((hour * 100 + each) * 100, ZoneInfo(zone)) for each in range(60)]
    except BadRowError:  # the encoder leaves such a row to the general way
        with pytest.raises(ValueError, match=r"^$|does not match"):
            starts_of_minutes(hour, ZoneInfo(zone))
    else:
        at_once = starts_of_minutes(hour, ZoneInfo(zone))
        assert [each.decode() + "00+00:00" for each in at_once] == alone


@pytest.mark.parametrize(
    ("ts", "zone"),
    [(10000101000000, "Asia/Kolkata"), (9990101000000, "UTC"), (99991231235959, "America/Lima")],
)
def test_an_instant_whose_year_has_not_four_digits_is_refused(ts, zone):
    with pytest.raises(BadRowError, match="is not a time"):
        event_time(ts, ZoneInfo(zone))


@pytest.mark.parametrize("hour", [0, 2026113024, 2026023000, 20261130230, -1])
def test_what_is_not_an_hour_is_refused(hour):
    with pytest.raises(ValueError, match=r"does not match|unconverted|out of range"):
        starts_of_minutes(hour, ZoneInfo("UTC"))
