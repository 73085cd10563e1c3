"""Batches of a Parquet file to rows of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import msgspec

from tap_clevertap.files.columns import check_distinct
from tap_clevertap.files.formats.parquet.file import (
    batches,
    open_file,
    unread_if_inconvertible,
)
from tap_clevertap.files.formats.parquet.layout import tree_texts
from tap_clevertap.files.formats.parquet.rows_of import as_sent, faults_in, rows_of
from tap_clevertap.files.rows import ROWS_AT_A_TIME
from tap_clevertap.records.exact_json import exact_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.formats.parquet.layout import Tree
    from tap_clevertap.files.rows import ProfileRows, ReadOptions
    from tap_clevertap.records.rows import Record

_decode = msgspec.json.Decoder(dict, float_hook=exact_number).decode


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of a file of profiles; see `parquet_rows`."""
    file = open_file(content)
    names = file.schema_arrow.names
    check_distinct((name, (options.columns.get(name, name),)) for name in names)
    tree: Tree = {name: name for name in names}
    for number, batch in batches(file, names):
        with unread_if_inconvertible():
            texts = tree_texts(tree, batch)
        faults = faults_in([texts])
        options.bad_rows.has_good |= len(faults) < len(batch)
        for place in sorted(faults):
            options.bad_rows.collect(number + place, as_sent(batch, place), faults[place])
        rows: list[tuple[int, Record]] = [
            (number + place, _decode(text))
            for place, text in enumerate(rows_of(texts))
            if place not in faults
        ]
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            yield rows[start : start + ROWS_AT_A_TIME]
