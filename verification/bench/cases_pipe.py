"""The tap with what it is piped into: a file, and a database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from verification.bench.measure import BIN, medians
from verification.bench.table import Row, speeds
from verification.bench.tap_runs import EVENTS, HISTORY, Source

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace

TARGET = BIN.parent / "target-duckdb" / "bin" / "target-duckdb"
"""In an environment of its own, as Meltano has it."""
EVENTS_A_DAY = 36_000
BATCH_SIZE = 100_000
TIMES = 3


def tap_into_partners(place: Workplace) -> list[Row]:
    """Rows a second of the whole pipe, against those of the tap alone."""
    emulator = place.start(**HISTORY, events_per_day=EVENTS_A_DAY, reads_in_flight=15)
    source = Source(place, emulator, EVENTS[:1])
    rows = source.counted()
    database = Path(source.path("warehouse.duckdb"))
    settings = {"path": str(database), "default_target_schema": "clevertap"}
    loading = [str(TARGET), "--config", place.config(settings)]
    storage = {"root": Path(source.path("batches")).as_uri()}
    encoding = {"format": "jsonl", "compression": "gzip"}
    batch_config = {"encoding": encoding, "storage": storage, "batch_size": BATCH_SIZE}
    batching = replace(source, settings={"batch_config": batch_config})
    alone, filed, batched = medians(
        TIMES, source.read, lambda: source.read(output="events.jsonl"), batching.read
    )
    loaded = source.read(loading)
    check(database, rows)
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


def check(database: Path, rows: int) -> None:
    """Count the rows of a database.

    Raises:
        RuntimeError: If they are not all there.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("SELECT count(*) FROM clevertap.events").fetchone()
    if found != (rows,):
        message = f"{found} of {rows} rows are in the database"
        raise RuntimeError(message)


CASES = [tap_into_partners]
