"""Numbers and dates in texts: what is not written as one is never read as another one."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tap_clevertap.config.settings import TapSettings
from tap_clevertap.errors import SettingError
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time
from tap_clevertap.records.lists import (
    CAMPAIGN,
    PROPERTY,
    as_day,
    as_instant,
    as_whole,
    list_record,
)
from tap_clevertap.records.written_values import read_date

REQUIRED = {"account_id": "a", "passcode": "p", "region": "eu1"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1571917353", 1571917353),
        (" -7 ", -7),
        (2**63, 2**63),
        (Decimal("3.0"), 3),
        (Decimal("1e18"), 10**18),
        ("1571917353_20191024", None),
        ("+7", None),
        ("7.0", None),
        ("0x10", None),
        ("\u0667", None),
        ("", None),
        ("9" * 20, None),
        (True, None),
        (Decimal("0.5"), None),
        (Decimal("1e99999999"), None),
    ],
    ids=repr,
)
def test_a_whole_number_has_digits_only(value, expected):
    assert as_whole(value) == expected


def test_an_id_that_is_not_a_number_is_kept_as_sent():
    record = list_record({"id": "1571917353_20191024", "name": "Diwali"}, CAMPAIGN)
    assert (record["id"], record["details"]) == (None, {"id": "1571917353_20191024"})


def test_the_type_of_a_property_is_its_data_type():
    record = list_record({"name": "Amount", "type": "Custom", "dataType": "Number"}, PROPERTY)
    assert (record["type"], record["details"]) == ("Number", {"type": "Custom"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (20260831, "2026-08-31"),
        ("20260831", "2026-08-31"),
        ("202608311200", "2026-08-31"),
        (20260831120000, "2026-08-31"),
        ("2026-08-31", "2026-08-31"),
        ("2026-08-31T10:00:00Z", "2026-08-31"),
        ("2026-08-31 10:00:00", "2026-08-31"),
        (1701011200000, None),
        ("1701011200000", None),
        (20111205112, None),
        ("2026-W35-1", None),
        ("2026_0831", None),
        ("٢٠٢٦٠٨٣١", None),
        ("20261331", None),
        (True, None),
    ],
    ids=repr,
)
def test_a_day_is_written_as_one(value, expected):
    assert as_day(value) == expected


@pytest.mark.parametrize("value", ["1701011200000", "17010112x0000+0000", "2026-W35-1T00:00Z"])
def test_an_instant_is_written_as_one(value):
    assert as_instant(value) is None
    assert as_instant("2026-08-31T10:00:00+05:30") == "2026-08-31T04:30:00+00:00"


@pytest.mark.parametrize("ts", ["2026112_8110000", "٢٠٢٦١١٢٨١١٠٠٠٠", " 20261128110000", "1e13"])
def test_a_ts_in_text_has_digits_only(ts):
    with pytest.raises(BadRowError):
        event_time(ts, ZoneInfo("UTC"))
    assert event_time("20261128110000", ZoneInfo("UTC")) == "2026-11-28T11:00:00+00:00"


@pytest.mark.parametrize("given", ["1701011200000", "20111205112", "2026-W01-1", "20260101x10"])
@pytest.mark.parametrize("setting", ["start_date", "end_date"])
def test_a_date_in_the_settings_is_written_as_one(setting, given):
    with pytest.raises(SettingError, match=f"{setting}: `{given}` is not a date"):
        TapSettings.from_config({**REQUIRED, setting: given})


@pytest.mark.parametrize(
    "given", ["20200831", "2020-08-31", " 2020-08-31T00:00:00Z", "2020-08-31 05:00+05:00"]
)
def test_a_date_has_both_common_forms(given):
    day = read_date(given).date()
    assert day.isoformat() == "2020-08-31"
    assert TapSettings.from_config({**REQUIRED, "start_date": given}).start == day
