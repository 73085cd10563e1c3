"""Tables of a warehouse for the migration guides, and streams of them as a tap would send them.

The SQL of the guides runs in DuckDB here, and in PostgreSQL in tests/partners.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import duckdb


def columns(**names: str) -> dict[str, str]:
    """Return the kind of each column, by kinds with the names that have them."""
    return {name: kind for kind, listed in names.items() for name in listed.split()}


EVENTS = columns(
    varchar="event_key event_name object_id identity name email phone platform",
    bigint="ts occurrence",
    timestamptz="event_time",
    json="event_props session_props profile_data",
)
PROFILES = columns(
    varchar="profile_key identity name email phone", json="profile_data events platform_info"
)
COUNTS = columns(varchar="event", date="day", bigint="total")
OF_STREAMS = {"events": EVENTS, "profiles": PROFILES, "event_counts": COUNTS}
"""The tap's streams as a loader makes tables of them: the columns that the guides use."""

JSON_TYPES = {
    "varchar": {"type": ["string", "null"]},
    "bigint": {"type": ["integer", "null"]},
    "numeric": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "timestamptz": {"type": ["string", "null"], "format": "date-time"},
    "json": {"type": ["array", "object", "null"]},
}


class DuckTables:
    """A DuckDB in memory."""

    JSON = "json"
    MARK = "?"

    def __init__(self) -> None:
        self._database = duckdb.connect()
        self._database.execute("SET TimeZone = 'UTC'")

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a block of a guide as it is, but for the one function that has another name."""
        return self._execute(sql.replace("jsonb_build_object", "json_object"))

    def make(self, table: str, kinds: dict[str, str], rows: list[dict[str, Any]]) -> None:
        """Make a table in a schema, with the rows' values of these columns."""
        self._execute(f"CREATE SCHEMA IF NOT EXISTS {table.split('.', maxsplit=1)[0]}")
        types = {name: self.JSON if kind == "json" else kind for name, kind in kinds.items()}
        listed = ", ".join(f"{name} {kind}" for name, kind in types.items())
        self._execute(f"CREATE TABLE {table} ({listed})")
        marks = ", ".join(f"CAST({self.MARK} AS {kind})" for kind in types.values())
        values = [[_stored(row.get(name), kind) for name, kind in kinds.items()] for row in rows]
        if values:
            insert = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - names of our own
            self._execute_many(insert, values)

    def load(self, schema: str, records: dict[str, list[dict[str, Any]]]) -> None:
        """Make the tables that a loader makes of the tap's streams."""
        for stream, kinds in OF_STREAMS.items():
            self.make(f"{schema}.{stream}", kinds, records.get(stream, []))

    def columns(self, table: str) -> set[str]:
        """Return the names of a table's columns."""
        schema, _, name = table.partition(".")
        found = self._execute(
            "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        )
        return {column for *place, column in found if place == [schema, name]}

    def stream(self, table: str, kinds: dict[str, str], bookmark: str, key: str) -> list[Any]:
        """Return a table as a tap sends it, in the order of its bookmark; key may be empty."""
        listed = ", ".join(f'"{name}"' for name in kinds)
        query = f"SELECT {listed} FROM {table} ORDER BY {bookmark}"  # noqa: S608 - likewise
        keys = {"key_properties": key.split(), "bookmark_properties": [bookmark]}
        return messages(table.replace(".", "-"), kinds, self._execute(query), keys)

    def _execute(self, sql: str) -> list[tuple[Any, ...]]:
        return self._database.execute(sql).fetchall()

    def _execute_many(self, sql: str, values: list[list[Any]]) -> None:
        self._database.executemany(sql, values)


def _stored(value: Any, kind: str) -> Any:
    return json.dumps(value, default=float) if kind == "json" and value is not None else value


def messages(
    stream: str, kinds: dict[str, str], rows: list[tuple[Any, ...]], keys: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """Return rows as a tap sends them.

    Args:
        stream: Its name.
        kinds: Of the columns, in the order of a row's values.
        rows: As the database has them.
        keys: `key_properties` and `bookmark_properties`.
    """
    schema = {"properties": {name: JSON_TYPES[kind] for name, kind in kinds.items()}}
    sent = [
        {name: _sent(value, kinds[name]) for name, value in zip(kinds, row, strict=True)}
        for row in rows
    ]
    records = [{"type": "RECORD", "stream": stream, "record": each} for each in sent]
    return [{"type": "SCHEMA", "stream": stream, "schema": schema, **keys}, *records]


def _sent(value: Any, kind: str) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return json.loads(value) if kind == "json" and isinstance(value, str) else value
