"""What the guarantees say about rows that were deleted in CleverTap works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb

from plugin_process import run_tap, tap_config

GUARANTEES = Path(__file__).parents[2] / "docs" / "guarantees.md"
SQL = re.compile(r"^```sql\n(.*?)^```", re.DOTALL | re.MULTILINE)
ERASED = {"identity": "erased", "ts": 1_787_898_600, "evtName": "Charged", "evtData": {"Amount": 1}}
COLUMNS = {
    "events": {"event_key": "VARCHAR", "event_time": "TIMESTAMPTZ", "identity": "VARCHAR"},
    "profiles": {"profile_key": "VARCHAR", "identity": "VARCHAR"},
}


def load(folder, schema, output):
    """Put what a run read into a database, which is a schema where others attach it."""
    with duckdb.connect(folder / f"{schema}.duckdb") as database:
        for table, columns in COLUMNS.items():
            file = folder / f"{schema}-{table}.ndjson"
            file.write_text(
                "".join(json.dumps(row, default=str) + "\n" for row in output.records[table])
            )
            database.read_json(str(file), columns=columns).create(table)


def keys(folder, schema):
    with duckdb.connect(folder / f"{schema}.duckdb") as database:
        events = database.sql("SELECT event_key FROM events ORDER BY ALL").fetchall()
        return events, database.sql("SELECT profile_key FROM profiles ORDER BY ALL").fetchall()


def test_rows_that_were_deleted_are_found_by_reading_everything_again(start_emulator, tmp_path):
    zone, today = "Asia/Kolkata", "2026-08-31"
    emulator = start_emulator(timezone=zone, today=today, days=5, users=30, preparing=0)
    days = {"start_date": "2026-08-27", "end_date": today}
    config = tap_config(emulator, timezone=zone, profile_events=["*"], **days)
    emulator.api("POST", "/1/upload", json={"d": [{"type": "event", **ERASED}]})
    load(tmp_path, "clevertap", run_tap(config))
    emulator.reset()
    load(tmp_path, "clevertap_again", run_tap(config))
    before, again = keys(tmp_path, "clevertap"), keys(tmp_path, "clevertap_again")
    assert [len(one) - len(other) for one, other in zip(before, again, strict=True)] == [1, 1]
    (sql,) = SQL.findall(GUARANTEES.read_text())
    with duckdb.connect() as warehouse:
        for schema in ("clevertap", "clevertap_again"):
            warehouse.sql(f"ATTACH '{tmp_path}/{schema}.duckdb' AS {schema}")
        for statement in sql.split(";"):
            warehouse.sql(statement)
    assert keys(tmp_path, "clevertap") == again
