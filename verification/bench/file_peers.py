"""Libraries that make Python objects of the rows of a file: library, path."""

from __future__ import annotations

import sys


def polars(path: str) -> None:
    """Read JSON lines at once, and make a tuple of each row."""
    import polars as pl  # noqa: PLC0415 - only one of them is loaded

    for _ in pl.read_ndjson(path).iter_rows():
        pass


def pyarrow(path: str) -> None:
    """Read Parquet some rows at a time, and make a dict of each."""
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - only one of them is loaded

    with ParquetFile(path) as file:
        for batch in file.iter_batches(10_000, use_threads=False):
            batch.to_pylist()


if __name__ == "__main__":
    library, file_path = sys.argv[1:]
    {"polars": polars, "pyarrow": pyarrow}[library](file_path)
