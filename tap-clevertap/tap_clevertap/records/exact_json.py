"""JSON with exact numbers: decoded without loss, repaired where it is invalid, encoded again."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any

import msgspec

UNREADABLE_JSON = (msgspec.DecodeError, ValueError, RecursionError)
"""Raised by decoders for bytes that are not the expected JSON."""

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="number")
canonical_json = _canonical.encode
"""Encodes with sorted keys, no white space, and the digits that were sent; keys are made of it.
A Struct keeps the order of its fields."""
canonical_lines = _canonical.encode_lines
"""Encodes each of several values so, each with a line feed after it."""
_in_order = msgspec.json.Encoder(decimal_format="number")
encode_json = _in_order.encode
"""Encodes in the order of the keys, with the digits that were sent."""
encode_json_lines = _in_order.encode_lines
"""Encodes each of several values so, each with a line feed after it."""
decode_record = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
"""Decodes a record that one of these encoded."""


def lines_in(encoded: bytes) -> list[bytes]:
    """Return the lines of several values, without their line feeds."""
    return [line[:-1] for line in BytesIO(encoded)]  # the fastest way to find them


def exact_number(text: str) -> Decimal | str:
    """Return a number with all digits that were sent; as text if its exponent is too large."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def exact_integer(text: str) -> int | str:
    """Return an integer; as text if it has more digits than Python reads."""
    try:
        return int(text)
    except ValueError:
        return text


def repair_json(content: bytes) -> bytes:
    """Return valid JSON for JSON with broken text.

    CleverTap sends some emoji broken [U: profile-exports]. Bytes that are not UTF-8 and unpaired
    surrogates become U+FFFD. Numbers keep their digits; those that no decoder reads become text.

    Raises:
        ValueError: If the content is not JSON.
    """
    text = content.decode(errors="replace")
    found = json.loads(text, parse_float=exact_number, parse_int=exact_integer, parse_constant=str)
    return encode_json(_with_valid_text(found))


def _with_valid_text(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_with_valid_text(item) for item in value]
    if isinstance(value, dict):
        return {_with_valid_text(key): _with_valid_text(item) for key, item in value.items()}
    return value
