"""Values of any type to JSON, array by array."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.files.formats.parquet.objects import (
    NOTHING,
    is_list,
    is_map,
    object_texts,
    plain_list,
)
from tap_clevertap.files.formats.parquet.scalars import (
    FAULT,
    dates_and_times,
    decimals,
    floats,
    is_text,
    quoted,
    whole_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TWO_VALUES = f"{FAULT}has a value with more than one member{FAULT}"

_is_member = re.compile(r"member[0-9]+").fullmatch


def json_texts(array: pa.Array) -> pa.Array:
    """Return the canonical JSON of each value of an array, and null for null.

    A value that cannot be read is a text between two `FAULT`, which says what is wrong with it.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if isinstance(array, pa.ExtensionArray):
        array = _uuids(array) if "uuid" in str(array.type) else array.storage
    for is_this, encode in ENCODERS:
        if is_this(array.type):
            return encode(array)
    name = re.split(r"[<\[]", str(array.type))[0]
    message = f"{FAULT}has a value of the type {name}, which is not read{FAULT}"
    return pc.if_else(array.is_valid(), message, NOTHING)


def is_union(kind: pa.DataType) -> bool:
    """Whether a struct has a member for each type that a value may have.

    Members are told by their types: writers number those that they need. [LF; U:profile-exports]
    """
    return pa.types.is_struct(kind) and all(_is_member(each.name) for each in kind)


def _unions(array: pa.Array) -> pa.Array:
    members = [each for each in array.flatten() if each.null_count < len(each)]
    if not members:
        return _nulls(array)
    texts = [json_texts(each) for each in members]
    found = texts[0] if len(texts) == 1 else pc.coalesce(*texts)
    if sum(map(_values, texts)) == _values(found):
        return found
    counts = pa.nulls(len(array), pa.int32()).fill_null(0)
    for each in texts:
        counts = pc.add(counts, each.is_valid().cast(pa.int32()))
    return pc.if_else(pc.greater(counts, 1), TWO_VALUES, found)


def _values(array: pa.Array) -> int:
    return len(array) - int(array.null_count)


def _nulls(array: pa.Array) -> pa.Array:
    return pa.nulls(len(array), pa.string())


def _maps(array: pa.Array) -> pa.Array:
    return object_texts(array, json_texts)


def _lists(array: pa.Array) -> pa.Array:
    array = plain_list(array)
    texts = pc.fill_null(json_texts(array.values), "null")
    joined = pc.binary_join(pa.ListArray.from_arrays(array.offsets, texts), ",")
    lists = pc.binary_join_element_wise("[", joined, "]", "")
    return pc.if_else(array.is_valid(), lists, NOTHING)


def _uuids(array: pa.Array) -> pa.Array:
    texts = [None if each is None else str(each) for each in array.to_pylist()]
    return pa.array(texts, pa.string())


def _is_time(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_timestamp(kind) or types.is_date(kind) or types.is_time(kind))


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind))


ENCODERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (is_text, quoted),
    (_is_whole, whole_numbers),
    (pa.types.is_floating, floats),
    (pa.types.is_decimal, decimals),
    (_is_time, dates_and_times),
    (pa.types.is_null, _nulls),
    (is_map, _maps),
    (is_list, _lists),
    (is_union, _unions),
)
"""Maps come before lists: older writers make a list of keys and values."""
