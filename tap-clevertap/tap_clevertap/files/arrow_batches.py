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


class ArrowColumn(NamedTuple):
    """A column of a table of records."""

    name: str
    type: str
    is_required: bool = False


Columns: TypeAlias = tuple[ArrowColumn, ...]

COLUMNS: dict[Kind, Columns] = {
    "events": (
        ArrowColumn("event_key", TEXT, is_required=True),
        ArrowColumn("event_name", TEXT, is_required=True),
        ArrowColumn("event_time", TIME, is_required=True),
        ArrowColumn("ts", WHOLE),
        ArrowColumn("occurrence", WHOLE),
        ArrowColumn("object_id", TEXT),
        ArrowColumn("identity", TEXT),
        ArrowColumn("all_identities", TEXTS),
        ArrowColumn("name", TEXT),
        ArrowColumn("email", TEXT),
        ArrowColumn("phone", TEXT),
        ArrowColumn("platform", TEXT),
        ArrowColumn("event_props", JSON),
        ArrowColumn("session_props", JSON),
        ArrowColumn("session_source", TEXT),
        ArrowColumn("profile_data", JSON),
        ArrowColumn("app", JSON),
        ArrowColumn("source_file", TEXT),
    ),
    "profiles": (
        ArrowColumn("profile_key", TEXT, is_required=True),
        ArrowColumn("identity", TEXT),
        ArrowColumn("object_ids", TEXTS),
        ArrowColumn("all_identities", TEXTS),
        ArrowColumn("name", TEXT),
        ArrowColumn("email", TEXT),
        ArrowColumn("phone", TEXT),
        ArrowColumn("profile_data", JSON),
        ArrowColumn("platform_info", JSON),
        ArrowColumn("events", JSON),
        ArrowColumn("seen_through", DAY, is_required=True),
        ArrowColumn("source_file", TEXT),
    ),
}
"""The fields of the streams, in their order."""
BAD_ROWS = (
    ArrowColumn("source_file", TEXT),
    ArrowColumn("line", WHOLE),
    ArrowColumn("reason", TEXT),
    ArrowColumn("row", JSON),
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


def _values(column: ArrowColumn, rows: Sequence[Any]) -> Iterator[Any]:
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
