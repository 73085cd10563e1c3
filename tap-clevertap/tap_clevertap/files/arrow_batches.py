"""Lines of records as Arrow batches whose schema never depends on what is in the files.

Open objects are JSON text, with the digits that were sent: no type of Arrow or Spark holds numbers
of any size, and what is a number in one row is a text in the next.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.records.lines import Lines

NULL = b"null"
TEXT, WHOLE, TIME, DAY, TEXTS, JSON = "text", "whole", "time", "day", "texts", "json"
SPARK_TYPES = {
    TEXT: "string",
    WHOLE: "bigint",
    TIME: "timestamp",
    DAY: "date",
    TEXTS: "array<string>",
    JSON: "string",
}
"""As Spark's SQL writes them."""
DECODED_TYPES: dict[str, Any] = {
    TEXT: str | None,
    WHOLE: int | None,
    TIME: datetime | None,
    DAY: date | None,
    TEXTS: list[str | None] | None,
    JSON: msgspec.Raw,
}


class Column(NamedTuple):
    """A column of a table of records."""

    name: str
    type: str
    is_required: bool = False


Columns: TypeAlias = tuple[Column, ...]

COLUMNS: dict[Kind, Columns] = {
    "events": (
        Column("event_key", TEXT, is_required=True),
        Column("event_name", TEXT, is_required=True),
        Column("event_time", TIME, is_required=True),
        Column("ts", WHOLE),
        Column("occurrence", WHOLE),
        Column("object_id", TEXT),
        Column("identity", TEXT),
        Column("all_identities", TEXTS),
        Column("name", TEXT),
        Column("email", TEXT),
        Column("phone", TEXT),
        Column("platform", TEXT),
        Column("event_props", JSON),
        Column("session_props", JSON),
        Column("session_source", TEXT),
        Column("profile_data", JSON),
        Column("app", JSON),
        Column("source_file", TEXT),
    ),
    "profiles": (
        Column("profile_key", TEXT, is_required=True),
        Column("identity", TEXT),
        Column("object_ids", TEXTS),
        Column("all_identities", TEXTS),
        Column("name", TEXT),
        Column("email", TEXT),
        Column("phone", TEXT),
        Column("profile_data", JSON),
        Column("platform_info", JSON),
        Column("events", JSON),
        Column("seen_through", DAY, is_required=True),
        Column("source_file", TEXT),
    ),
}
"""The fields of the streams, in their order."""
BAD_ROWS = (
    Column("source_file", TEXT),
    Column("line", WHOLE),
    Column("reason", TEXT),
    Column("row", JSON),
)
"""Of rows that cannot be read: the file and the line of each, and the row as it was sent."""


def spark_schema(columns: Columns) -> str:
    """Return the columns of a table as Spark's SQL declares them."""
    return ", ".join(
        f"{each.name} {SPARK_TYPES[each.type]}{' not null' if each.is_required else ''}"
        for each in columns
    )


@cache
def arrow_schema(columns: Columns) -> pa.Schema:
    """Return the columns of a table as Arrow has them."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    types = {
        TEXT: pa.string(),
        WHOLE: pa.int64(),
        TIME: pa.timestamp("us", tz="UTC"),
        DAY: pa.date32(),
        TEXTS: pa.list_(pa.string()),
        JSON: pa.string(),
    }
    return pa.schema(
        [pa.field(each.name, types[each.type], nullable=not each.is_required) for each in columns]
    )


def arrow_batch(lines: Lines, columns: Columns) -> pa.RecordBatch:
    """Return lines, each of a JSON object alone, as a batch; other members are left out."""
    import pyarrow as pa  # noqa: PLC0415 - an extra

    schema = arrow_schema(columns)
    rows = _decode_lines(columns)(lines.content)
    arrays = [pa.array(_values(each, rows), schema.field(each.name).type) for each in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _values(column: Column, rows: Sequence[Any]) -> Iterator[Any]:
    values = (getattr(row, column.name) for row in rows)
    if column.type != JSON:
        return values
    return (None if text == NULL else text for text in map(bytes, values))


@cache
def _decode_lines(columns: Columns) -> Callable[[bytes], list[Any]]:
    fields = [
        (each.name, DECODED_TYPES[each.type], msgspec.Raw(NULL) if each.type == JSON else None)
        for each in columns
    ]
    row = msgspec.defstruct("Row", fields, gc=False)
    return msgspec.json.Decoder(row).decode_lines
