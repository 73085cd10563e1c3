"""The steps in the guarantees for rows that were deleted in CleverTap work as written."""

from __future__ import annotations

import json

import duckdb

from tests.support.pages import block
from tests.support.plugin_process import run_tap, tap_config

ZONE, YESTERDAY, TODAY = "Asia/Kolkata", "2026-08-30", "2026-08-31"
FIRST_HOUR, LAST_HOUR = 1_785_524_400, 1_788_116_400
"""Half past midnight of the first day, and of today, by that clock."""
KEYS = {"events": "event_key", "profiles": "profile_key"}
COLUMNS = {
    "events": {"event_key": "VARCHAR", "ts": "BIGINT"},
    "profiles": {"profile_key": "VARCHAR", "seen_through": "DATE"},
}


def upload(emulator, identity, ts):
    event = {"type": "event", "identity": identity, "ts": ts, "evtName": "Charged", "evtData": {}}
    answer = emulator.api("POST", "/1/upload", json={"d": [event]})
    assert answer.json()["processed"] == 1


def load(folder, schema, *outputs):
    """Put what runs read into a database, as a target that upserts would."""
    with duckdb.connect(folder / f"{schema}.duckdb") as database:
        for table, key in KEYS.items():
            rows = {row[key]: row for output in outputs for row in output.records[table]}
            file = folder / f"{schema}-{table}.ndjson"
            file.write_text("".join(f"{json.dumps(row, default=str)}\n" for row in rows.values()))
            database.read_json(str(file), columns=COLUMNS[table]).create(table)


def keys(folder, schema):
    with duckdb.connect(folder / f"{schema}.duckdb") as database:
        events = database.sql("SELECT event_key FROM events ORDER BY ALL").fetchall()
        return events, database.sql("SELECT profile_key FROM profiles ORDER BY ALL").fetchall()


def test_rows_that_were_deleted_are_found_by_reading_everything_again(start_emulator, tmp_path):
    emulator = start_emulator(timezone=ZONE, today=TODAY, days=31, users=9, events_per_day=20)

    def read(end):
        days = {"start_date": "2026-08-01", "end_date": end}
        output = run_tap(tap_config(emulator, timezone=ZONE, profile_events=["*"], **days))
        assert output.status == 0, output.log
        return output

    upload(emulator, "erased", FIRST_HOUR)
    first = read(YESTERDAY)
    emulator.reset()
    load(tmp_path, "clevertap_again", read(TODAY))
    upload(emulator, "came later", LAST_HOUR)
    last = read(TODAY)
    load(tmp_path, "clevertap", first, last)
    load(tmp_path, "as_it_is", last)
    warehouse, wanted = keys(tmp_path, "clevertap"), keys(tmp_path, "as_it_is")
    assert [len(rows) for rows in warehouse] == [1 + len(rows) for rows in wanted]
    sql = block("docs/guarantees.md", "Rows that were deleted in CleverTap", "sql")
    with duckdb.connect() as database:
        for schema in ("clevertap", "clevertap_again"):
            database.sql(f"ATTACH '{tmp_path}/{schema}.duckdb' AS {schema}")
        for statement in sql.split(";"):
            database.sql(statement)
    assert keys(tmp_path, "clevertap") == wanted
