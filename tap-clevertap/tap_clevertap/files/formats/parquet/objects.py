"""Maps and structs to the members of JSON objects in canonical order, array by array."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.files.formats.parquet.scalars import FAULT, is_text
from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES_OF_ENTRY = ["key", "value"]
NO_NAME = f"{FAULT}has a property without a name{FAULT}"
NOTHING = pa.scalar(None, pa.string())


class MapMembers(NamedTuple):
    """The members of the objects of an array, end to end."""

    offsets: pa.Array
    """Where the members of each object begin, and where the last end."""
    names: list[str]
    """Sorted, and in JSON with a colon."""
    codes: pa.Array
    """Which of the names each member has."""
    texts: pa.Array
    """The JSON of each."""

    def lists(self, each: pa.Array) -> pa.Array:
        """Return what the members of each object have, as lists."""
        return pa.ListArray.from_arrays(self.offsets, each)

    def objects(self) -> pa.Array:
        """Return the JSON of the objects."""
        names = pc.take(pa.array(self.names, pa.string()), self.codes)
        members = pc.binary_join_element_wise(names, self.texts, "")
        return in_braces(pc.binary_join(self.lists(members), ","))


def is_list(kind: pa.DataType) -> bool:
    """Whether it is a list of any width."""
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def plain_list(array: pa.Array) -> pa.Array:
    """Return lists of any width as those of the usual width."""
    if pa.types.is_list(array.type):  # which Arrow casts wrongly, where all values are null
        return array
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

    Of two equal keys the last wins.

    Args:
        array: Of a type that `is_map`.
        json_texts: Returns the JSON of values.
    """
    objects = _in_order(members_of(array, json_texts)).objects()
    return pc.if_else(array.is_valid(), objects, NOTHING) if array.null_count else objects


def members_of(array: pa.Array, json_texts: Callable[[pa.Array], pa.Array]) -> MapMembers:
    """Return the members of maps, in their order.

    A value that is null, or has no member, is null under its key.

    Args:
        array: Of a type that `is_map`.
        json_texts: Returns the JSON of values.
    """
    offsets, keys, values = _entries(array)
    texts = pc.fill_null(json_texts(values), "null")
    if keys.null_count:
        texts = pc.if_else(keys.is_valid(), texts, NO_NAME)
    names, codes = _coded(keys)
    encoded = [f"{canonical_json(each.decode()).decode()}:" for each in names]
    return MapMembers(offsets, encoded, codes, texts)


def in_braces(joined: pa.Array) -> pa.Array:
    """Return objects of their joined members."""
    return pc.binary_join_element_wise("{", joined, "}", "")


def _entries(array: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return where the entries of each map begin, their keys, and their values."""
    if pa.types.is_map(array.type):
        keys, values = array.keys, array.items
    else:
        array = plain_list(array)
        keys, values = array.values.flatten()
    offsets = array.offsets  # of this slice; keys and values are those of the whole
    first, last = offsets[0].as_py(), offsets[len(array)].as_py()
    return (
        pc.subtract(offsets, pa.scalar(first, offsets.type)) if first else offsets,
        keys.slice(first, last - first),
        values.slice(first, last - first),
    )


def _coded(keys: pa.Array) -> tuple[list[bytes], pa.Array]:
    """Return the distinct keys in UTF-8, sorted, and which of them each key is."""
    if not pa.types.is_dictionary(keys.type):
        keys = keys.dictionary_encode()
    distinct = keys.dictionary
    if not is_text(distinct.type):
        distinct = distinct.cast(pa.string())
    names = [
        each.decode(errors="replace").encode() for each in distinct.cast(pa.binary()).to_pylist()
    ]
    sorted_names = sorted({*names, b""})
    place_of = {name: place for place, name in enumerate(sorted_names)}
    places = pa.array([place_of[each] for each in names], pa.int32())
    return sorted_names, pc.fill_null(pc.take(places, keys.indices), place_of[b""])


def _in_order(members: MapMembers) -> MapMembers:
    """Return members in the order of their codes; of equal ones in an object the last is kept."""
    offsets, names, codes, texts = members
    rows = pc.list_parent_indices(members.lists(codes)).cast(pa.int32())
    if not _any(_follows(pc.less_equal, rows, codes)):
        return members
    by_code = pc.sort_indices(codes)  # these sorts keep the order of equals
    order = pc.take(by_code, pc.sort_indices(pc.take(rows, by_code)))
    codes, texts = pc.take(codes, order), pc.take(texts, order)
    is_repeated = _follows(pc.equal, rows, codes)
    if not _any(is_repeated):
        return MapMembers(offsets, names, codes, texts)
    is_kept = pa.concat_arrays([pc.invert(is_repeated), pa.array([True])])
    kept_before = pa.concat_arrays(
        [pa.array([0], pa.int32()), pc.cumulative_sum(is_kept.cast(pa.int32()))]
    )
    return MapMembers(
        pc.take(kept_before, offsets), names, codes.filter(is_kept), texts.filter(is_kept)
    )


def _follows(
    compare: Callable[[pa.Array, pa.Array], pa.Array], rows: pa.Array, codes: pa.Array
) -> pa.Array:
    """Return whether the next in the same row compares so with each, for all but the last."""
    return pc.and_(pc.equal(rows[1:], rows[:-1]), compare(codes[1:], codes[:-1]))


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
    return in_braces(joined_parts(parts, ",", length))


def joined_parts(parts: Sequence[pa.Array], separator: str, length: int) -> pa.Array:
    """Return the parts of each row that are not null, with a separator of one character between.

    Arrow leaves rows out whose parts are all null [pyarrow 26], so each has an empty part first.
    """
    first = pa.array([""] * length, pa.string())
    joined = pc.binary_join_element_wise(first, *parts, separator, null_handling="skip")
    return pc.utf8_slice_codeunits(joined, start=1)


def null_if(unwanted: str, texts: pa.Array) -> pa.Array:
    """Return texts with null in the place of an unwanted one."""
    return pc.if_else(pc.equal(texts, unwanted), NOTHING, texts)
