"""What the newest events show of a time zone, and what they do not."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tap_clevertap.check.clock import Verdict, instants, judge, spelled

MIDNIGHT = datetime(2026, 11, 28, tzinfo=timezone.utc)
YESTERDAY = MIDNIGHT - timedelta(days=1)
NOON = MIDNIGHT + timedelta(hours=12)


def times(first, last, minutes):
    """Return an instant every so many minutes."""
    count = int((last - first) / timedelta(minutes=minutes))
    return [first + number * timedelta(minutes=minutes) for number in range(count + 1)]


def judged(events, *, now=NOON, is_complete=True):
    return judge(sorted(events), now=now, midnight=MIDNIGHT, is_complete=is_complete)


def hours(number):
    return timedelta(hours=number)


@pytest.mark.parametrize("offset", [timedelta(minutes=30), hours(1), hours(5.5), hours(11)])
def test_a_project_ahead_of_the_zone_has_events_of_the_future(offset):
    clock = judged(times(YESTERDAY, NOON + offset, 3))
    assert clock.verdict is Verdict.AHEAD
    assert abs(clock.distance - offset) <= timedelta(minutes=6)


def test_the_future_counts_although_not_all_was_read():
    events = times(YESTERDAY, NOON + hours(3), 3)[::7]
    assert judged(events, is_complete=False).verdict is Verdict.AHEAD


@pytest.mark.parametrize("minutes", [-14, 0, 40])
def test_clocks_that_differ_by_minutes_and_late_events_are_right(minutes):
    events = times(YESTERDAY, NOON - timedelta(minutes=minutes), 1)
    assert judged(events).verdict is Verdict.RIGHT


@pytest.mark.parametrize("offset", [hours(1), hours(3.5), hours(8), hours(11)])
def test_a_project_behind_the_zone_has_no_event_of_the_last_hours(offset):
    clock = judged(times(YESTERDAY, NOON - offset, 2))
    assert clock.verdict is Verdict.BEHIND
    assert abs(clock.distance - offset) <= timedelta(minutes=4)


def test_a_lag_shows_nothing_of_an_event_that_was_not_read_to_its_end():
    events = times(YESTERDAY, NOON - hours(5), 2)
    assert judged(events, is_complete=False).verdict is Verdict.UNKNOWN


QUIET = {
    "no event": [],
    "one event": [NOON - hours(3)],
    "an event an hour": times(YESTERDAY, NOON - hours(5), 60),
    "every night": [
        *times(YESTERDAY, YESTERDAY + hours(4), 1),
        *times(YESTERDAY + hours(15), MIDNIGHT + hours(4), 1),
    ],
    "a weekend after a working day": [
        *times(YESTERDAY + hours(8), YESTERDAY + hours(18), 1),
        *times(MIDNIGHT + hours(7), MIDNIGHT + hours(9), 30),
    ],
    "nothing today": times(YESTERDAY, MIDNIGHT - hours(1), 1),
    "a campaign yesterday": [
        *times(YESTERDAY, NOON - hours(3), 40),
        *times(YESTERDAY + hours(10), YESTERDAY + hours(11), 0.1),
    ],
    "nothing for days": times(YESTERDAY - hours(24), YESTERDAY, 1),
}


@pytest.mark.parametrize("events", QUIET.values(), ids=QUIET)
def test_a_quiet_project_is_not_found_wrong(events):
    assert judged(events).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("strays", [1, 2])
@pytest.mark.parametrize("count", [0, 8, 18, 40])
def test_one_or_two_events_of_the_future_show_no_wrong_zone(count, strays):
    events = times(NOON - hours(count), NOON - hours(1), 60) if count else []
    ahead = [NOON + hours(1)] * strays
    assert judged([*events, *ahead]).verdict in {Verdict.UNKNOWN, Verdict.RIGHT}
    assert judged([*events, *ahead, NOON + hours(2)] * 3).verdict is Verdict.AHEAD


@pytest.mark.parametrize("count", [20, 400, 5000])
def test_a_device_with_a_wrong_clock_is_not_found_wrong(count):
    events = times(YESTERDAY, NOON, 36 * 60 / count)
    strays = [NOON + hours(4)] * max(1, count // 600)
    assert judged([*events, *strays]).verdict is not Verdict.AHEAD


def test_the_hour_that_a_clock_repeats_is_not_the_future():
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 2, 5, tzinfo=berlin, fold=1)
    midnight = datetime(2026, 10, 25, tzinfo=berlin)
    first = instants([20261025015500, 20261025025500], berlin)
    clock = judge(first, now=now, midnight=midnight, is_complete=True)
    assert clock.verdict is Verdict.RIGHT


def test_what_is_not_a_time_is_left_out():
    stamps = [None, "x", -1, 20261332000000, 20261128120000, "20261128110000", 1e99]
    zone = ZoneInfo("Asia/Kolkata")
    found = [each.isoformat() for each in instants(stamps, zone)]
    assert found == ["2026-11-28T05:30:00+00:00", "2026-11-28T06:30:00+00:00"]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=20), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=5, minutes=30), "5 h 30 min"),
        (timedelta(days=1, hours=2), "26 h 0 min"),
    ],
)
def test_spans_are_spelled(span, expected):
    assert spelled(span) == expected
