"""Reading a JSON object as Python does: with NaN, infinities and halves of surrogate pairs."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from target_clevertap.lines import number


def members(text: str) -> dict[str, tuple[Any, str]] | None:
    """Return each member of a JSON object with its value and the text of it, exactly as it came.

    Raises:
        JSONDecodeError: For anything but JSON.
    """
    decoder = json.JSONDecoder(parse_float=_number, parse_constant=Decimal)
    whole, end = decoder.raw_decode(text, _skip(text, 0))
    if (rest := _skip(text, end)) != len(text):
        fault = "extra data"
        raise json.JSONDecodeError(fault, text, rest)
    if not isinstance(whole, dict):
        return None
    found: dict[str, tuple[Any, str]] = {}
    position = _skip(text, text.index("{") + 1)
    while text[position] != "}":
        name, end = decoder.raw_decode(text, position)
        start = _skip(text, _skip(text, end) + 1)
        value, end = decoder.raw_decode(text, start)
        found[name] = (value, text[start:end])
        position = _skip(text, end)
        position = _skip(text, position + 1) if text[position] == "," else position
    return found


def _number(text: str) -> int | Decimal:
    try:
        return number(text)
    except InvalidOperation:
        return Decimal("NaN")  # no double holds it: to be refused where it is sent


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
