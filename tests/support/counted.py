"""Runs of the tap against an emulator whose counts are asked for."""

from __future__ import annotations

from collections import Counter

from tests.support.days import days_ago
from tests.support.plugin_process import tap_config

SIZE = {"timezone": "UTC", "days": 70, "users": 50, "events_per_day": 300, "preparing": 1}
EVENT = "Charged"
TRENDS = "/1/counts/trends"
COUNTS = "/1/counts/events"


def number_of(day):
    return f"{day:%Y%m%d}"


def config_for(emulator, **more):
    settings = {"timezone": "UTC", "start_date": days_ago(9).isoformat(), "events": [EVENT]}
    return tap_config(emulator, **{**settings, **more})


def events_of(output):
    """Return the records of events, in one stream or in one for each event."""
    return [row for rows in output.records.values() for row in rows if "event_key" in row]


def rows_by_day(output):
    return Counter(str(row["ts"])[:8] for row in events_of(output))


def bookmarks(output):
    """Return the last closed day of each event, in either layout."""
    streams = output.state["bookmarks"].values()
    partitions = [each for stream in streams for each in stream.get("partitions", ())]
    return {each["context"]["event_name"]: each.get("replication_key_value") for each in partitions}


def requests_to(emulator, path, method="POST"):
    asked = emulator.requests()["requests"]
    return [each for each in asked if each["path"].startswith(path) and each["method"] == method]


def lie(emulator, path, body):
    emulator.faults([{"match": {"path": path}, "action": {"status": 200, "body": body}}])


def lie_of_a_gap(emulator, true, day):
    """Have both counts say that a day has one row more than it has."""
    lied = totals(true, **{day: true[day] + 1})
    counted = {"status": "success", "count": true[day] + 1}
    emulator.faults(
        [
            {"match": {"path": TRENDS}, "action": {"status": 200, "body": lied}},
            {"match": {"path": COUNTS}, "action": {"status": 200, "body": counted}},
        ]
    )


def totals(days, **changed):
    return {"status": "success", "daily": {**days, **changed}}


def opened_days(emulator, since=0):
    """Return the first and the last day of each export, of all but the first `since` ones."""
    opened = requests_to(emulator, "/1/events.json")[since:]
    return sorted((str(each["from"]), str(each["to"])) for each in opened)


def fault_of_count(path, event_name=EVENT, **count):
    """Return a fault that changes the totals of an event in a count."""
    match = {"path": path, "kind": "count", "event_name": event_name}
    return {"match": match, "action": {"count": count}}


def kept_totals(output, event_name=EVENT, stream="events"):
    partitions = output.state["bookmarks"][stream]["partitions"]
    kept = {each["context"]["event_name"]: each.get("totals", "") for each in partitions}
    return kept[event_name]


def rows_of(output, event_name=EVENT):
    return [row for row in events_of(output) if row["event_name"] == event_name]
