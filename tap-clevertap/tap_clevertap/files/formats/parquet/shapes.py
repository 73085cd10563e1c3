"""Blocks of rows taken apart: the names of their members, and the values.

Most rows of a file have one of few shapes. What is done with the values of a shape is found once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.files.formats.parquet.layout import column_of, column_texts, tree_texts
from tap_clevertap.files.formats.parquet.objects import (
    NOTHING,
    in_braces,
    is_map,
    joined_parts,
    members_of,
    null_if,
)
from tap_clevertap.files.formats.parquet.rows_of import numbers_of, rows_of
from tap_clevertap.files.formats.parquet.values import is_union, json_texts
from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clevertap.files.formats.parquet.layout import Tree

BETWEEN = "\n"
"""Between two blocks, and between two values. JSON has it nowhere."""
NULL, TEXT, NUMBER, NESTED = range(4)
KINDS = (NULL, TEXT, NUMBER, NESTED)
_null, _text, _number, _nested = (pa.scalar(each, pa.int32()) for each in KINDS)
_kinds_of_all = pa.scalar(len(KINDS), pa.int32())


class Shaped(NamedTuple):
    """A block of some rows."""

    shapes: pa.Array
    """JSON objects: the kind of each member by its name. A name may be there twice."""
    values: pa.Array
    """The JSON of the members in the same order, with `BETWEEN`; null if there is none."""


class ShapedRows(NamedTuple):
    """Some blocks of some rows."""

    shapes: list[bytes]
    """Those that some row has: of its blocks, with `BETWEEN`."""
    places: list[int]
    """Which shape each row has."""
    values: pa.Array
    """The values of all blocks of each row, with `BETWEEN`."""


def shaped_rows(parts: Sequence[str | Tree | None], batch: pa.RecordBatch) -> ShapedRows:
    """Return the shapes and values of blocks.

    Args:
        parts: The columns of each block; some are not None.
        batch: The rows.
    """
    blocks = [_shaped(each, batch) for each in parts if each is not None]
    given = iter(blocks)
    shapes = ["{}" if each is None else next(given).shapes for each in parts]
    coded = pc.binary_join_element_wise(*shapes, BETWEEN).dictionary_encode()
    return ShapedRows(
        rows_of(coded.dictionary),
        numbers_of(coded.indices),
        joined_parts([each.values for each in blocks], BETWEEN, len(batch)),
    )


def _shaped(part: str | Tree, batch: pa.RecordBatch) -> Shaped:
    if not isinstance(part, str):
        texts = [
            column_texts(column_of(batch, each))
            if isinstance(each, str)
            else null_if("{}", tree_texts(each, batch))
            for each in part.values()
        ]
        return _shaped_columns([*part], texts, len(batch))
    column = column_of(batch, part)
    if is_map(column.type):
        return _shaped_maps(column)
    if pa.types.is_struct(column.type) and not is_union(column.type):
        texts = [column_texts(each) for each in column.flatten()]
        return _shaped_columns([each.name for each in column.type], texts, len(batch))
    return _shaped_columns(["value"], [json_texts(column)], len(batch))


def _shaped_maps(column: pa.Array) -> Shaped:
    members = members_of(column, json_texts)
    table = pa.array([f"{name}{kind}" for name in members.names for kind in KINDS], pa.string())
    places = pc.add(pc.multiply(members.codes, _kinds_of_all), _kinds(members.texts))
    shapes = in_braces(pc.binary_join(members.lists(pc.take(table, places)), ","))
    if column.null_count:
        shapes = pc.if_else(column.is_valid(), shapes, "{}")
    values = pc.binary_join(members.lists(members.texts), BETWEEN)
    return Shaped(shapes, pc.if_else(pc.equal(shapes, "{}"), NOTHING, values))


def _shaped_columns(names: Sequence[str], texts: Sequence[pa.Array], length: int) -> Shaped:
    members = dict(zip(names, texts, strict=True))
    shapes = [
        pc.binary_join_element_wise(
            f"{canonical_json(name).decode()}:", _kinds(text).cast(pa.string()), ""
        )
        for name, text in members.items()
    ]
    joined = in_braces(joined_parts(shapes, ",", length))
    values = joined_parts([*members.values()], BETWEEN, length)
    return Shaped(joined, pc.if_else(pc.equal(joined, "{}"), NOTHING, values))


def _kinds(texts: pa.Array) -> pa.Array:
    """Return the kind of each JSON value, and null for null."""
    is_text = pc.starts_with(texts, '"')
    if pc.all(is_text).as_py():
        return is_text.cast(pa.int32())  # TEXT is 1
    is_nested = pc.or_(pc.starts_with(texts, "{"), pc.starts_with(texts, "["))
    other = pc.if_else(is_nested, _nested, pc.if_else(pc.equal(texts, "null"), _null, _number))
    return pc.if_else(is_text, _text, other)
