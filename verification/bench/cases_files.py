"""Export files: rows for each second of a processor, and memory, next to other libraries.

All figures are of whole processes, from their start to their end. A library that uses more than one
processor is not faster by that: processor time is compared.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from verification.bench.file_runs import DAY, ExportedFile, history
from verification.bench.former import COMMIT, FORMER_BIN
from verification.bench.measure import Measured, medians
from verification.bench.table import MILLION, Row, flat, speeds, within
from verification.bench.tap_runs import EVENTS, Source

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace

AIM = 200_000
"""Rows a second."""
SMALLER = 5
"""How often the smaller file fits into the larger one."""
JSON_MEGABYTES, PARQUET_MEGABYTES = 80, 300


def files(place: Workplace) -> list[Row]:
    """One file of a million rows in JSON, packed, and one in Parquet."""
    return [*json_file(place), *parquet_file(place)]


def json_file(place: Workplace) -> list[Row]:
    """Next to polars, and to the API's pages of the same rows in an earlier build."""
    rows = place.extent.count(MILLION)
    file, smaller = (ExportedFile(place, "json", rows // part) for part in (1, SMALLER))
    emulator = place.start(**history(rows), preparing=0, hollow_pages=False, reads_in_flight=15)
    former = Source(place, emulator, EVENTS[:1], first=DAY, last=DAY, programs=FORMER_BIN)
    of_api = former.counted()
    former.read()  # the emulator has its pages written from here on
    runs = (file.read, partial(file.read_by, "polars"), former.read, smaller.read)
    ours, polars, pages, small = medians(place.extent.times, *runs)
    file.read()
    count = file.counted()
    name, speed = "files, JSON, rows for a processor second", per_second(count, ours)
    return [
        speeds(f"{name}, against what it should reach", speed, AIM, "≥ 1"),
        speeds(f"{name}, against polars", speed, per_second(count, polars), "≥ 1.5"),
        speeds(f"{name}, against pages in {COMMIT}", speed, per_second(of_api, pages), "≥ 2"),
        *memory("files, JSON", ours, small, JSON_MEGABYTES),
    ]


def parquet_file(place: Workplace) -> list[Row]:
    """Next to pyarrow."""
    rows = place.extent.count(MILLION)
    file, smaller = (ExportedFile(place, "parquet", rows // part) for part in (1, SMALLER))
    runs = (file.read, partial(file.read_by, "pyarrow"), smaller.read)
    ours, pyarrow, small = medians(place.extent.times, *runs)
    file.read()
    count = file.counted()
    name, speed = "files, Parquet, rows for a processor second", per_second(count, ours)
    return [
        speeds(f"{name}, against pyarrow", speed, per_second(count, pyarrow), "≥ 2.5"),
        *memory("files, Parquet", ours, small, PARQUET_MEGABYTES),
    ]


def per_second(rows: int, run: Measured) -> float:
    """Return the rows for each second of a processor."""
    return rows / run.processor_seconds


def memory(name: str, larger: Measured, smaller: Measured, limit: float) -> list[Row]:
    """Return a row of the memory for a file, and one against a smaller file."""
    megabytes = larger.peak_megabytes
    against = f"{name}, peak memory against a file of a {SMALLER}th"
    return [
        within(f"{name}, peak memory", megabytes, limit, "MB"),
        flat(against, megabytes, smaller.peak_megabytes, "MB"),
    ]
