"""Makes `second/`: what commit 2f47414, the last before format 3 of the ledger, has delivered.

It was made once, with that commit checked out at `$earlier`, and is never made again:

    .venv/bin/uv venv earlier
    .venv/bin/uv pip install --python earlier/bin/python --constraint constraints.txt \
        $earlier/target-clevertap ./tap-clevertap './clevertap-emulator[pytest]'
    earlier/bin/python -m tests.upgrades.make_second

Its records are of the shapes whose conversions changed since, and of those whose names did.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from clevertap_emulator.testing import Emulator
from tests.support.target_process import lines, record, schema, state

SECOND = Path(__file__).parent / "second"
MOMENT = "2026-01-01T00:00:00Z"
DATE_TIME = {"type": ["string", "null"], "format": "date-time"}
DECIMAL = {"type": ["string", "null"], "format": "singer.decimal"}
TEXT = {"type": ["string", "null"]}
ORDER = {
    "id": {"type": "integer"},
    "email": TEXT,
    "at": DATE_TIME,
    "total": DECIMAL,
    "lines": TEXT,
    "nested": {"type": ["object", "null"]},
    "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
    "day": {"type": ["string", "integer", "null"], "format": "date"},
}
EVENT_COLUMNS = {
    name: {}
    for name in ("event_key", "event_name", "event_time", "object_id", "identity", "event_props")
}
SETTINGS = {
    "streams": {
        "orders": {
            "type": "event",
            "event": "Charged",
            "identity": "email",
            "time": "at",
            "properties": {"Amount": "total", "Items": "lines"},
        },
        "visits": {"type": "event", "event": "Visited", "identity": "email", "others": "drop"},
        "views": {"type": "event", "event": "Viewed", "identity": "email"},
        "points": {
            "type": "profile",
            "identity": "email",
            "operations": {"points": "$incr", "tags": "$add"},
            "properties": {"points": "points", "tags": "tags"},
            "others": "drop",
        },
        "copies": {"type": "event", "event": "Copied", "identity": "email", "time": "at"},
    },
    "stream_maps": {
        "views": {"email": "email.lower()"},
        "copies": {"__source__": "orders"},
    },
}


def orders():
    """Return events with a time, of values in all shapes."""
    values = [
        {"total": "12.50", "lines": '[{"Product": "Tea", "Price": 1.10}]'},
        {"total": "100", "nested": {"b": [1, {"a": 1.5}], "a": None}},
        {"total": "1E+3", "lines": "", "due": "2026-02-28", "day": "2026-03-01"},
        {"total": None, "lines": "not JSON", "day": 20260301, "_sdc_sequence": 7},
        {"extra": {"not": "in the SCHEMA"}, "small": 1e-7, "no": -0.0, "yes": True},
    ]
    return [record("orders", id=n, email=f"u{n}", at=MOMENT, **v) for n, v in enumerate(values)]


def messages():
    """Return all that was put in."""
    moved = {"id": {}, "email": {}, "seen": {}}
    tagged = {"email": {}, "points": {}, "tags": {}, "at": {}}
    event = {"event_name": "Searched", "event_time": MOMENT, "object_id": "__g1", "identity": "u7"}
    props = [{"term": "tea", "hits": 3}, '{"term": "tea"}', None]
    return [
        schema("orders", ORDER, bookmarks=["at"]),
        *orders(),
        schema("visits", moved, bookmarks=["seen"]),
        *(record("visits", id=n, email="ada", seen="2026-01-01") for n in range(3)),
        schema("views", moved, bookmarks=[]),
        *(record("views", id=n, email="Ada@Example.org", seen=None) for n in range(3)),
        schema("points", tagged, ["email"], ["at"]),
        record("points", email="u1", points=7, tags=["a", "b"], at=1),
        record("points", email="u2", points={"$incr": 1}, tags="a", at=1),
        schema("events", EVENT_COLUMNS, ["event_key"], ["event_time"]),
        *(
            record("events", event_key=f"{n:032x}", event_props=each, **event)
            for n, each in enumerate(props)
        ),
        state({"n": 1}),
    ]


def main():
    SECOND.mkdir()
    (SECOND / "settings.json").write_text(json.dumps(SETTINGS, indent=2) + "\n")
    (SECOND / "delivered.jsonl").write_bytes(lines(messages()))
    emulator = Emulator.start(days=1, events_per_day=1, users=10)
    with tempfile.TemporaryDirectory() as folder:
        account = {"account_id": emulator.account_id, "passcode": emulator.passcode}
        Path(folder, "config.json").write_text(
            json.dumps({**SETTINGS, **account, "api_url": emulator.url})
        )
        with (SECOND / "delivered.jsonl").open("rb") as given:
            subprocess.run(
                [sys.executable, "-m", "target_clevertap", "--config", "config.json"],
                stdin=given, cwd=folder, check=True, env=os.environ,
            )  # fmt: skip
        shutil.copy(Path(folder, "clevertap-ledger.sqlite"), SECOND / "ledger-2.sqlite")
    emulator.stop()


if __name__ == "__main__":
    main()
