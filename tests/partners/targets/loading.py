"""Loading what tap-clevertap read into a target, twice, and comparing what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from tests.partners.comparison import Comparison, compared, compared_as_lists
from tests.partners.targets.reading import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.partners.partner import Ended, Partner
    from tests.partners.targets.reading import Reading, Readings, TypedReading

    Row = dict[str, Any]
    Found = Callable[[str], Iterable[Row]]


def load(partner: Partner, config: dict[str, Any], reading: Reading, **options: Any) -> Ended:
    """Load what a run read, and check that its state comes out at the end."""
    ended = partner.run(config, messages=reading.messages, **options)
    assert ended.states[-1] == reading.state
    return ended


def rows_of_duckdb(path: str, table: str) -> list[Row]:
    """Return a table of the schema `clevertap`."""
    with duckdb.connect(path, read_only=True) as database:
        cursor = database.execute(f"select * from clevertap.{table}")
        names = [each[0] for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def first_run(readings: Readings, found: Found) -> list[Comparison]:
    """Compare what a target holds after the first run."""
    return against(readings.first, found)


def upserted(readings: Readings, found: Found) -> list[Comparison]:
    """Compare what a target holds that keeps one row for each key, after both runs."""
    return [
        compared(readings.rows(stream), found(stream), readings.second.schema(stream))
        for stream in KEYS
    ]


def appended(readings: Readings, found: Found) -> list[Comparison]:
    """Compare what a target holds that keeps all rows of both runs."""
    return [
        compared_as_lists(
            [*readings.first.rows(stream), *readings.second.rows(stream)],
            found(stream),
            readings.second.schema(stream),
        )
        for stream in KEYS
    ]


def against(reading: Reading, found: Found) -> list[Comparison]:
    """Compare what a target holds with what one run read."""
    return [
        compared(reading.rows(stream), found(stream), reading.schema(stream)) for stream in KEYS
    ]


def typed(reading: TypedReading, found: Found, *, empty: str | None = "") -> list[Comparison]:
    """Compare the tables of typed streams with what the run read.

    `empty` is what the target makes of empty text in a column.
    """
    return [
        compared(
            [
                {name: empty if value == "" else value for name, value in row.items()}
                for row in reading.rows(stream)
            ],
            found(stream),
            reading.schema(stream),
        )
        for stream in reading.output.records
    ]


def assert_exact(*comparisons: Comparison) -> None:
    """Check that every value of every row arrived, and no other."""
    assert [each for each in comparisons if not each.is_exact] == []
