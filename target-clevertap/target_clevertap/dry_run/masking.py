"""Hiding values of records: their shape, length and type stay, the values do not."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

LONGEST_SHAPE = 40
"""Characters of a text whose shape is shown as a whole."""

SHAPE_OF_LONG = 24
"""Characters whose shape is shown of a longer text."""

LENGTHS = (LONGEST_SHAPE, 120, 512, 1024)
"""CleverTap's limits of texts, between which the length of a long text is told."""

DATE = "$D_"
"""How CleverTap's dates begin."""

LOOKS_LIKE_A_VALUE = re.compile(r"@|\d{4}").search
"""Finds a key within a value that may be personal data itself, such as an address or a number."""

SHOWN_IN_PAYLOADS = frozenset(("type", "evtName", "ts", "$source", "status"))
"""Fields of a CleverTap record that say nothing of the user."""

PROPERTIES = frozenset(("evtData", "profileData"))


def masked_record(record: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a source record with its values masked; its columns are names, and stay."""
    if not isinstance(record, dict):
        return masked(record)
    return {column: masked(value) for column, value in record.items()}


def masked_payload(payload: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a CleverTap record with its values masked; names, type and time stay."""
    if not isinstance(payload, dict):
        return masked(payload)
    return {name: _masked_field(name, value) for name, value in payload.items()}


def _masked_field(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if name in SHOWN_IN_PAYLOADS and isinstance(value, (str, int)):
        return value
    return masked_record(value) if name in PROPERTIES else masked(value)


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value of the same type and shape: `x` for each letter, `9` for each digit.

    True, false and null stay as they are.
    """
    if isinstance(value, dict):
        return {_masked_key(key): masked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, bool) or value is None:
        return value
    return _masked_number(value)


def masked_text(text: str) -> str:
    """Return the shape of a text, and its length in words where it is long."""
    start = DATE if text.startswith(DATE) else ""
    rest = text[len(start) :]
    if len(rest) <= LONGEST_SHAPE:
        return start + _shape(rest)
    return f"{start}{_shape(rest[:SHAPE_OF_LONG])}… ({_length(len(rest))} characters)"


def _shape(text: str) -> str:
    return "".join(map(_masked_character, text))


def _masked_character(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x"
    if character.isnumeric():
        return "9"
    return character if character.isascii() and character.isprintable() else "?"


def _length(length: int) -> str:
    for least, most in pairwise(LENGTHS):
        if length <= most:
            return f"{least + 1} to {most}"
    return f"more than {LENGTHS[-1]}"


def _masked_number(value: Any) -> Any:  # noqa: ANN401 - int, float or Decimal
    if isinstance(value, int):
        nines = 10 ** min(len(f"{Decimal(abs(value))}"), LONGEST_SHAPE) - 1
        return nines if value >= 0 else -nines
    mantissa = re.sub(r"\d", "9", str(value)).partition("E")[0]
    return Decimal(mantissa) if "9" in mantissa else value


def _masked_key(key: str) -> str:
    return masked_text(key) if LOOKS_LIKE_A_VALUE(key) else key
