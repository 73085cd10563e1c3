"""The tap with what it is piped into: a file, and a database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tests.partners.servers.postgres_server import PostgresServer, binaries
from verification.bench.measure import BIN, medians
from verification.bench.table import Row, speeds
from verification.bench.tap_runs import EVENTS, HISTORY, Source

if TYPE_CHECKING:
    from verification.bench.measure import Measured
    from verification.bench.workplace import Workplace

TARGET = BIN.parent / "target-duckdb" / "bin" / "target-duckdb"
"""In an environment of its own, as Meltano has it."""
TARGET_POSTGRES = BIN.parent / "target-postgres" / "bin" / "target-postgres"
EVENTS_A_DAY, POSTGRES_A_DAY = 36_000, 12_000
BATCH_SIZE = 100_000


def tap_into_partners(place: Workplace) -> list[Row]:
    """Rows a second of the whole pipe, against those of the tap alone."""
    emulator = place.start(
        **HISTORY, events_per_day=place.extent.count(EVENTS_A_DAY), reads_in_flight=15
    )
    source = Source(place, emulator, EVENTS[:1])
    rows = source.counted()
    database = Path(source.path("warehouse.duckdb"))
    settings = {"path": str(database), "default_target_schema": "clevertap"}
    loading = [str(TARGET), "--config", place.config(settings)]
    batching = replace(source, settings=batch_settings(source))
    alone, filed, batched = medians(
        place.extent.times, source.read, lambda: source.read(output="events.jsonl"), batching.read
    )
    loaded = source.read(loading)
    with duckdb.connect(str(database), read_only=True) as connection:
        check(connection.execute("SELECT count(*) FROM clevertap.events").fetchall(), rows)
    return [
        speeds(
            "tap into a file, against the tap alone", rows / filed.seconds, rows / alone.seconds
        ),
        speeds(
            "tap into gzip batch files, against the tap alone",
            rows / batched.seconds,
            rows / alone.seconds,
        ),
        speeds(
            "tap into target-duckdb, against the tap alone",
            rows / loaded.seconds,
            rows / alone.seconds,
        ),
    ]


def check(found: list[tuple[int]], rows: int) -> None:
    """Compare the count of a database's rows with those that there are.

    Raises:
        RuntimeError: If they are not all there.
    """
    if found != [(rows,)]:
        message = f"{found} of {rows} rows are in the database"
        raise RuntimeError(message)


def tap_into_postgres(place: Workplace) -> list[Row]:
    """Rows a second into PostgreSQL, as records and as BATCH files of them."""
    name = "tap into target-postgres"
    if binaries() is None:
        return [Row(name, "not measured", "PostgreSQL is not installed")]
    server = PostgresServer.start()
    place.ends_with(server.stop)
    emulator = place.start(**HISTORY, events_per_day=place.extent.count(POSTGRES_A_DAY))
    source = Source(place, emulator, EVENTS[:1])
    rows = source.counted()
    ways = {"records": source, "batches": replace(source, settings=batch_settings(source))}
    connection = {"host": "127.0.0.1", "port": server.port, "database": "analytics"}
    connection |= {"user": "postgres", "password": "postgres"}

    def loaded(schema: str) -> Measured:
        server.query(f"drop schema if exists {schema} cascade")
        settings = place.config(connection | {"default_target_schema": schema})
        taken = ways[schema].read([str(TARGET_POSTGRES), "--config", settings])
        check([tuple(server.query(f"select count(*) from {schema}.events")[0])], rows)  # noqa: S608
        return taken

    runs = (source.read, lambda: loaded("records"), lambda: loaded("batches"))
    alone, records, batches = (rows / each.seconds for each in medians(place.extent.times, *runs))
    return [
        speeds(f"{name}, records, against the tap alone", records, alone),
        speeds(f"{name}, BATCH files, against the tap alone", batches, alone),
        speeds(f"{name}, BATCH files against records", batches, records),
    ]


def batch_settings(source: Source) -> dict[str, Any]:
    """Return the settings of a tap that writes gzip files of lines."""
    storage = {"root": Path(source.path("batches")).as_uri()}
    encoding = {"format": "jsonl", "compression": "gzip"}
    return {"batch_config": {"encoding": encoding, "storage": storage, "batch_size": BATCH_SIZE}}


CASES = [tap_into_partners, tap_into_postgres]
