"""Values without members to JSON, array by array."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.records.exact_json import canonical_json

FIRST_CONTROL = 32
ESCAPED = bytes(range(FIRST_CONTROL)) + b'"\\'
"""What JSON cannot have in a text as it is."""
SMALLEST_PLAIN, FIRST_BEYOND_PLAIN = 1e-6, 1e15
"""Between them Arrow writes a number with a fraction as `Decimal` does."""
NOT_FINITE = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}
FAULT = "\0"
"""Begins and ends what is wrong with a value, in the place of its JSON. JSON never has it."""
NO_CALENDAR = f"{FAULT}has a time that no calendar has{FAULT}"


def whole_numbers(array: pa.Array) -> pa.Array:
    """Return the digits of integers of any size, or `true` and `false`."""
    return array.cast(pa.string())


def decimals(array: pa.Array) -> pa.Array:
    """Return decimals with all their digits."""
    values = array.to_pylist()
    return pa.array(
        [None if each is None else canonical_json(each).decode() for each in values], pa.string()
    )


def floats(array: pa.Array) -> pa.Array:
    """Return the shortest numbers that are read as the same float, of the width that it has.

    JSON has no number for what is not finite. It becomes text, as in JSON files.
    """
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    texts = array.cast(pa.string())
    size = pc.abs(array)
    plain = pc.and_(
        pc.and_(pc.greater_equal(size, SMALLEST_PLAIN), pc.less(size, FIRST_BEYOND_PLAIN)),
        pc.not_equal(pc.floor(array), array),
    )
    other = pc.invert(plain)
    if not pc.any(other).as_py():
        return texts
    exact = [_float(each) for each in texts.filter(other).to_pylist()]
    return pc.replace_with_mask(texts, other, pa.array(exact, pa.string()))


def _float(text: str) -> str:
    value = float(text)
    return str(Decimal(repr(value))) if isfinite(value) else NOT_FINITE[str(value)]


def is_text(kind: pa.DataType) -> bool:
    """Whether it is text, or bytes that are read as text."""
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )


def quoted(array: pa.Array) -> pa.Array:
    """Return text in quotes; bytes that are not UTF-8 become U+FFFD, as in JSON files."""
    strings = _valid(array)
    if _has_escaped(strings):
        strings = _escaped(strings)
    return in_quotes(strings)


def in_quotes(strings: pa.Array) -> pa.Array:
    """Return text without any character to escape in quotes."""
    return pc.binary_join_element_wise('"', strings, '"', "")


def bytes_of(strings: pa.Array) -> bytes:
    """Return the bytes of all strings, end to end."""
    content, ends = strings.buffers()[2], ends_of(strings)
    return b"" if content is None else bytes(memoryview(content)[ends[0] : ends[-1]])


def ends_of(strings: pa.Array) -> memoryview:
    """Return where the first string begins in the bytes of its array, and where each ends."""
    if not len(strings):
        return memoryview(bytes(4)).cast("i")
    ends = memoryview(strings.buffers()[1]).cast("i")
    return ends[strings.offset : strings.offset + len(strings) + 1]


def _valid(array: pa.Array) -> pa.Array:
    strings = array.cast(pa.binary()).view(pa.string())
    if bytes_of(strings).isascii():
        return strings
    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        values = strings.view(pa.binary()).to_pylist()
        repaired = [None if each is None else each.decode(errors="replace") for each in values]
        return pa.array(repaired, pa.string())
    return strings


def _has_escaped(strings: pa.Array) -> bool:
    content = bytes_of(strings)
    return len(content.translate(None, ESCAPED)) != len(content)


def _escaped(strings: pa.Array) -> pa.Array:
    has_any = pc.match_substring_regex(strings, r'["\\\x00-\x1f]')
    escaped = [canonical_json(each)[1:-1].decode() for each in strings.filter(has_any).to_pylist()]
    return pc.replace_with_mask(strings, has_any, pa.array(escaped, pa.string()))


def dates_and_times(array: pa.Array) -> pa.Array:
    """Return ISO 8601 in quotes: a fraction only where there is one, `+00:00` where a zone is."""
    zone = getattr(array.type, "tz", None)
    if zone is not None:  # it is stored in UTC, whatever zone it is shown in
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    texts = array.cast(pa.string())
    unreadable = pc.starts_with(texts, "<")  # "<value out of range: …>"
    for pattern, replacement in (
        (" ", "T"),
        (r"(\.[0-9]*[1-9])0+(Z?)$", r"\1\2"),
        (r"\.0+(Z?)$", r"\1"),
        ("Z$", "+00:00"),
    ):
        texts = pc.replace_substring_regex(texts, pattern, replacement)
    return pc.if_else(unreadable, NO_CALENDAR, in_quotes(texts))
