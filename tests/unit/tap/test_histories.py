"""Any history of runs, in any zone: every instant is read, once a run, and nothing is forgotten."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st
from singer_sdk.singerlib import StateMessage

from tap_clevertap.exports.planner import Planner
from tap_clevertap.exports.progress import EstimatedProgress
from tap_clevertap.exports.windows import ONE_DAY, Window, first_day_to_read
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.state.state_checks import check_shape, check_timezone, mark_state
from tap_clevertap.tap import TapCleverTap

UTC = timezone.utc
HOUR = timedelta(hours=1)
APIA_SKIPPED = datetime(2011, 12, 28, tzinfo=UTC)  # it has no 30th of December
ZONES = st.timezone_keys().filter(lambda key: not key.startswith("right/"))
BEGINNINGS = st.datetimes(
    datetime(2008, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2035, 1, 1),  # noqa: DTZ001 - same
    timezones=st.just(UTC),
)
PAUSES = st.lists(st.integers(1, 24 * 20).map(lambda hours: hours * HOUR), min_size=1, max_size=6)


@dataclass
class Opened:
    """What the planner reads in an export."""

    event_name: str
    window: Window
    pages: int = 0
    has_ended: bool = False


@dataclass
class Runs:
    """Runs of one event at any moments, of which each may end early."""

    zone: ZoneInfo
    start: date
    lookback_days: int
    random: Random
    state: str = "{}"

    def run(self, now: datetime, *, is_whole: bool) -> list[Opened]:
        """Return the exports that were read to their end, and keep the state as JSON."""
        today = now.astimezone(self.zone).date()
        partition = json.loads(self.state)
        bookmark = Bookmark(partition, today=today)
        first = first_day_to_read(
            start=self.start,
            first_day=bookmark.first_day,
            last_closed_day=bookmark.last_closed_day,
            today=today,
            lookback_days=self.lookback_days,
        )
        bookmark.expect(first)
        opened = []
        planner = Planner(Opened, max_in_flight=3)
        planner.read("e", EstimatedProgress(Window(first, today)))
        while (export := planner.next_export()) is not None:
            opened.append(export)
            export.pages = self.random.choice([0, 1, 300])
            export.has_ended = self.random.random() < 0.5
        read = opened if is_whole else self.random.sample(opened, len(opened) // 2)
        for export in self.random.sample(read, len(read)):
            bookmark.close_window(export.window, closed_through=today - ONE_DAY)
        self.state = json.dumps(partition)
        return read


def windows_of(instant, zone, opened):
    day = instant.astimezone(zone).date()
    return [each for each in opened if each.window.first <= day <= each.window.last]


@given(
    key=ZONES,
    beginning=BEGINNINGS,
    pauses=PAUSES,
    history=st.integers(0, 40),
    lookback_days=st.integers(0, 10),
    seed=st.integers(0, 1000),
)
@example("Pacific/Apia", APIA_SKIPPED, [HOUR] * 6 + [24 * HOUR] * 4, 0, 0, 0)
@example("Australia/Lord_Howe", datetime(2024, 4, 6, tzinfo=UTC), [6 * HOUR] * 12, 1, 1, 0)
@example("Asia/Kathmandu", datetime(2024, 4, 6, tzinfo=UTC), [6 * HOUR] * 12, 1, 1, 0)
@example("America/Sao_Paulo", datetime(2018, 11, 3, tzinfo=UTC), [6 * HOUR] * 12, 1, 0, 0)
def test_every_instant_is_read_once_its_day_ended_and_once_a_run(
    key, beginning, pauses, history, lookback_days, seed
):
    zone, random = ZoneInfo(key), Random(seed)
    start = beginning.astimezone(zone).date() - history * ONE_DAY
    runs = Runs(zone, start, lookback_days, random)
    first_instant = datetime.combine(start, datetime.min.time(), zone).astimezone(UTC)
    now, complete = beginning, []
    for number, pause in enumerate(pauses):
        now += pause
        is_last = number == len(pauses) - 1
        opened = runs.run(now, is_whole=is_last or random.random() < 0.5)
        today = now.astimezone(zone).date()
        complete += [(each, today) for each in opened]
        if is_last:
            assert len(windows_of(now, zone, opened)) == 1
    for _ in range(20):
        instant = first_instant + random.random() * (now - first_instant)
        day = instant.astimezone(zone).date()
        if day < start or day >= now.astimezone(zone).date():
            continue
        read_at = [each for each, today in complete if today > day]
        assert windows_of(instant, zone, read_at)
        assert len(windows_of(instant, zone, opened)) <= 1


@given(
    names=st.lists(st.text(st.characters(codec="utf-8")), unique=True, max_size=5),
    key=ZONES,
    days=st.integers(0, 400),
)
def test_a_state_comes_back_from_json_and_from_the_sdks_own_writing(names, key, days):
    partitions = []
    for name in names:
        partition = {"context": {"event_name": name}}
        bookmark = Bookmark(partition, today=date(2027, 1, 1))
        bookmark.expect(date(2025, 1, 1))
        last = date(2025, 1, 1) + days * ONE_DAY
        bookmark.close_window(Window(date(2025, 1, 1), last), closed_through=last)
        partitions.append(partition)
    events = {"partitions": partitions}
    mark_state(events, timezone=key)
    state = {"bookmarks": {"events": events}}
    config = {"account_id": "a", "passcode": "p", "timezone": key}
    output = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(output):
        tap = TapCleverTap(config=config, state=state)
        tap.write_message(StateMessage(value=tap.state))
    read = json.loads(output.buffer.getvalue())["value"]
    assert read == json.loads(json.dumps(state)) == state
    check_shape(read)
    check_timezone(read["bookmarks"]["events"], stream="events", timezone=key)
    for partition in read["bookmarks"]["events"]["partitions"]:
        assert Bookmark(partition, today=date(2027, 1, 1)).last_closed_day == last
