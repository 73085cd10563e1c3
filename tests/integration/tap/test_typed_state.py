"""The state of many typed streams stays small."""

from __future__ import annotations

import json

from tap_clevertap.counts.gap_days import first_retry, pack_gaps
from tap_clevertap.counts.gap_days import kept as keep
from tap_clevertap.counts.totals import pack
from tests.support.days import days_ago, utc_today
from tests.support.plugin_process import tap_config

SIZE = {"timezone": "UTC", "days": 2, "users": 20, "events_per_day": 200, "preparing": 0}
EVENTS, PROPERTIES = 100, 60


def test_a_hundred_events_with_sixty_properties_need_less_than_a_hundred_kilobytes(
    start_emulator, launch_tap
):
    emulator = start_emulator(**SIZE, extra_events=EVENTS, extra_properties=PROPERTIES)
    start = days_ago(1).isoformat()
    config = tap_config(emulator, timezone="UTC", start_date=start, stream_layout="per_event")
    state = launch_tap(config).state
    streams = list(state["bookmarks"].items())
    typed = [(name, each) for name, each in streams if len(each.get("columns", "")) >= 5 * 60]
    kept = {days_ago(days): 99_999 for days in range(1, 91)}
    gaps = {days_ago(2 * each): first_retry(utc_today()) for each in range(1, 181)}
    for _, each in typed:
        each["partitions"][0]["totals"] = pack(kept, kept)
        each["partitions"][0]["gaps"] = pack_gaps(keep(gaps))
    assert len(typed) >= EVENTS
    assert len(json.dumps(dict(typed[:EVENTS]))) < 100_000
