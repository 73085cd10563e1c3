"""Maps to JSON objects in canonical order, array by array."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.files.formats.parquet.scalars import FAULT
from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES_OF_ENTRY = ["key", "value"]
NO_NAME = f"{FAULT}has a property without a name{FAULT}"


class Entries(NamedTuple):
    """The entries of the maps of an array, end to end."""

    offsets: pa.Array
    """Where the entries of each map begin, and where the last end."""
    keys: pa.Array
    values: pa.Array


def is_list(kind: pa.DataType) -> bool:
    """Whether it is a list of any width."""
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def plain_list(array: pa.Array) -> pa.Array:
    """Return lists of any width as those of the usual width."""
    return array.cast(pa.list_(array.type.value_type))


def is_map(kind: pa.DataType) -> bool:
    """Whether it is a map, or a list of keys and values, as older writers have it."""
    if pa.types.is_map(kind):
        return True
    if not is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    return [each.name for each in kind.value_type] == NAMES_OF_ENTRY


def object_texts(array: pa.Array, json_texts: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return the canonical JSON of each map, and null for null.

    Of two equal keys the last wins. A value that is null, or has no member, is null under its key.

    Args:
        array: Of a type that `is_map`.
        json_texts: Returns the JSON of values.
    """
    offsets, keys, values = _entries(array)
    names, codes = _names(keys)
    rank_of = {name: rank for rank, name in enumerate(sorted({*names}))}
    begun = pa.array([f"{canonical_json(each.decode()).decode()}:" for each in names], pa.string())
    texts = pc.binary_join_element_wise(
        pc.fill_null(pc.take(begun, codes), NO_NAME),
        pc.fill_null(json_texts(values), "null"),
        "",
    )
    ranks = pc.take(pa.array([rank_of[each] for each in names], pa.int32()), codes)
    lists = _in_order(pa.ListArray.from_arrays(offsets, texts), pc.fill_null(ranks, -1))
    return in_braces(pc.binary_join(lists, ","), array)


def in_braces(joined: pa.Array, array: pa.Array) -> pa.Array:
    """Return objects of their joined members, and null where the array has null."""
    objects = pc.binary_join_element_wise("{", joined, "}", "")
    if not array.null_count:
        return objects
    return pc.if_else(array.is_valid(), objects, pa.scalar(None, pa.string()))


def _entries(array: pa.Array) -> Entries:
    if pa.types.is_map(array.type):
        keys, values = array.keys, array.items
    else:
        array = plain_list(array)
        keys, values = array.values.flatten()
    offsets = array.offsets  # of this slice; keys and values are those of the whole
    first, last = offsets[0].as_py(), offsets[len(array)].as_py()
    return Entries(
        pc.subtract(offsets, pa.scalar(first, offsets.type)) if first else offsets,
        keys.slice(first, last - first),
        values.slice(first, last - first),
    )


def _names(keys: pa.Array) -> tuple[list[bytes], pa.Array]:
    """Return distinct keys in UTF-8, and which of them each key is."""
    if not pa.types.is_dictionary(keys.type):
        keys = keys.dictionary_encode()
    distinct = keys.dictionary
    if pa.types.is_string(distinct.type) or pa.types.is_binary(distinct.type):
        distinct = distinct.cast(pa.binary())
    else:
        distinct = distinct.cast(pa.string()).cast(pa.binary())
    names = [each.decode(errors="replace").encode() for each in distinct.to_pylist()]
    return names, keys.indices


def _in_order(lists: pa.Array, ranks: pa.Array) -> pa.Array:
    """Return lists with their texts in the order of the ranks; of equal ranks the last is kept."""
    rows = pc.list_parent_indices(lists).cast(pa.int32())
    if not _any(_follows(pc.less_equal, rows, ranks)):
        return lists
    by_rank = pc.sort_indices(ranks)  # these sorts keep the order of equals
    order = pc.take(by_rank, pc.sort_indices(pc.take(rows, by_rank)))
    ranks = pc.take(ranks, order)
    texts = pc.take(lists.values, order)
    is_repeated = _follows(pc.equal, rows, ranks)
    if not _any(is_repeated):
        return pa.ListArray.from_arrays(lists.offsets, texts)
    is_kept = pa.concat_arrays([pc.invert(is_repeated), pa.array([True])])
    kept_before = pa.concat_arrays(
        [pa.array([0], pa.int32()), pc.cumulative_sum(is_kept.cast(pa.int32()))]
    )
    return pa.ListArray.from_arrays(pc.take(kept_before, lists.offsets), texts.filter(is_kept))


def _follows(
    compare: Callable[[pa.Array, pa.Array], pa.Array], rows: pa.Array, ranks: pa.Array
) -> pa.Array:
    """Return whether the next in the same row compares so with each, for all but the last."""
    return pc.and_(pc.equal(rows[1:], rows[:-1]), compare(ranks[1:], ranks[:-1]))


def _any(flags: pa.Array) -> bool:
    return bool(pc.any(flags).as_py())


def struct_texts(names: Sequence[str], texts: Sequence[pa.Array], length: int) -> pa.Array:
    """Return objects of columns, without the members that are null.

    Args:
        names: Of the members; of equal names the last wins.
        texts: The JSON of each.
        length: Of the arrays.
    """
    members = dict(zip(names, texts, strict=True))
    parts = [
        pc.binary_join_element_wise(f"{canonical_json(name).decode()}:", members[name], "")
        for name in sorted(members, key=str.encode)
    ]
    joined = pc.binary_join_element_wise(*parts, ",", null_handling="skip") if parts else ""
    return pc.binary_join_element_wise(pa.array(["{"] * length, pa.string()), joined, "}", "")


def null_if(unwanted: str, texts: pa.Array) -> pa.Array:
    """Return texts with null in the place of an unwanted one."""
    return pc.if_else(pc.equal(texts, unwanted), pa.scalar(None, pa.string()), texts)
