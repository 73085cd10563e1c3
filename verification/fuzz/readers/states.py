"""State files of the tap, as `--state`."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from singer_sdk.helpers._util import load_json

from tap_clevertap.cli.options import read_state
from tap_clevertap.errors import CleverTapError
from verification.fuzz.reader import Reader, expect
from verification.fuzz.tap_run import EVENTS, SETTINGS, run_tap

KEPT = {"version": 1, "timezone": SETTINGS["timezone"], "query": None}
PARTITIONS = [
    {
        "context": {"event_name": name},
        "replication_key": "event_time",
        "replication_key_value": day,
        "first_day": "2026-08-01",
    }
    for name, day in zip(EVENTS, ("2026-08-20", "2026-11-19", "2026-08-01"), strict=True)
]
PROFILES = {
    **KEPT,
    "replication_key": "seen_through",
    "replication_key_value": "2026-11-01",
    "first_day": "2026-08-01",
    "events": ["App Launched"],
}
SEEDS = [
    json.dumps(state).encode()
    for state in (
        {"bookmarks": {"events": {**KEPT, "partitions": PARTITIONS}, "profiles": PROFILES}},
        {"bookmarks": {"events": {**KEPT, "partitions": PARTITIONS[:1]}}},
        {"bookmarks": {"profiles": PROFILES}},
        {},
    )
]


def read(content: bytes) -> None:
    """Continue from a state.

    - No day after the last closed one is left out.
    - The state that is written can be continued from.

    Raises:
        Wrong: Where one of these does not hold.
    """
    try:
        file = io.StringIO(content.decode())
        file.name = "state.json"
        state = load_json(read_state(file).read())
    except (CleverTapError, UnicodeDecodeError):
        return
    found = run_tap(SETTINGS, state)
    if found.error is None:
        _check_days(state, found.questions)
        expect(run_tap(SETTINGS, found.states[-1]).error is None, "its state cannot be continued")


def _check_days(state: dict[str, Any], questions: list[dict[str, Any]]) -> None:
    today = datetime.now(ZoneInfo(str(SETTINGS["timezone"]))).strftime("%Y%m%d")
    partitions = state.get("bookmarks", {}).get("events", {}).get("partitions", [])
    closed = {
        each["context"]["event_name"]: each.get("replication_key_value")
        for each in partitions
        if each.get("context", {}).keys() == {"event_name"}
    }
    for name in EVENTS:
        days = [
            (str(each["from"]), str(each["to"]))
            for each in questions
            if each["event_name"] == name and each["path"] == "/1/events.json"
        ]
        last = (closed.get(name) or str(SETTINGS["start_date"])).replace("-", "")
        expect(min(first for first, _ in days) <= last, f"{name} is read from {days}, not {last}")
        expect(max(last for _, last in days) >= today, f"{name} is read up to {days}")


READER = Reader("states", "document", SEEDS, read)
