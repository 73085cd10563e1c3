"""quickhouse reading one event's nine columns into CSV: url, event, first day, last day, folder."""

from __future__ import annotations

import sys

import quickhouse

COLUMNS = [
    ("object_id", "STRING", "profile.objectId"),
    ("identity", "STRING", "profile.identity"),
    ("name", "STRING", "profile.name"),
    ("email", "STRING", "profile.email"),
    ("platform", "STRING", "profile.platform"),
    ("ts", "TIMESTAMP", "ts"),
    ("event_props", "JSON", "event_props"),
    ("session_props", "JSON", "session_props"),
    ("profile_data", "JSON", "profile.profileData"),
]

if __name__ == "__main__":
    url, event, first_day, last_day, folder = sys.argv[1:]
    source = quickhouse.CleverTap(
        "TEST-000-0000",
        "emulator",
        event,
        COLUMNS,
        base_url=url,
        from_date=first_day,
        to_date=last_day,
    )
    read = quickhouse.sync(source, quickhouse.Csv(folder), "events", mode="full")
    sys.stdout.write(f"{read.rows_read}\n")
