"""Singer lines as they are decoded, many at once where they are plain."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec


class Line(msgspec.Struct, gc=False):
    """One Singer message, its record and state kept as the bytes that came."""

    type: str
    stream: str | None = None
    record: msgspec.Raw = msgspec.Raw()
    schema: Any = None
    value: msgspec.Raw = msgspec.Raw()
    key_properties: Any = None
    bookmark_properties: Any = None
    code: msgspec.Raw = msgspec.Raw()
    stream_alias: Any = None
    rejected_at: Any = None

    @property
    def is_replay(self) -> bool:
        """Whether it is a reject that is sent again."""
        return bool(self.code)


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation)
"""The last is a Decimal's, for an exponent of more digits than it has room for."""

DIGITS_TO_KEEP = "123456789"
"""Last digits of a fraction that is written as short as can be."""

LONGEST_SPELLED = 30
"""Digits up to which a number with an exponent is written without it."""

NUMBERS_KEPT = 10_000
"""They take about 2 MB."""


def number(text: str) -> int | Decimal:
    """Return a number exactly, and equal ones alike: 1.50 and 1.5, 2.0, 2 and 2e0.

    What was delivered is known by a hash of what was sent, and a column that changes its type is
    written otherwise.

    Raises:
        InvalidOperation: For an exponent of more digits than a Decimal has room for.
    """
    if text[-1] in DIGITS_TO_KEEP and "e" not in text and "E" not in text:
        return Decimal(text)
    if "e" in text or "E" in text:
        value = Decimal(text)
        if abs(value.adjusted()) > LONGEST_SPELLED:
            return value
        text = f"{value:f}"
        if "." not in text:
            return int(text)
    text = text.rstrip("0")
    return int(text[:-1]) if text.endswith(".") else Decimal(text)


class _Numbers(dict[str, "int | Decimal"]):
    """The numbers read last, by their text: prices and amounts come again and again."""

    def __missing__(self, text: str) -> int | Decimal:
        found = number(text)
        if len(self) >= NUMBERS_KEPT:
            self.clear()
        if len(text) <= LONGEST_SPELLED:
            self[text] = found
        return found


_number = _Numbers().__getitem__
decode_line = msgspec.json.Decoder(Line, float_hook=_number).decode
_decode_many = msgspec.json.Decoder(Line, float_hook=_number).decode_lines
decode_value = msgspec.json.Decoder(float_hook=_number).decode


def decode_lines(content: bytes) -> list[Line] | None:
    """Return the message of each line; None where they have to be read one by one.

    The decoder takes messages, not lines: it passes over blank ones, and takes a message of two
    lines, or two of one. A line end between two braces is between two messages.

    Args:
        content: Whole lines; the last one may lack its end.
    """
    try:
        found = _decode_many(content)
    except UNREADABLE:
        return None
    is_ended = content.endswith(b"\n")
    between = len(found) - 1
    if content.count(b"\n") != between + is_ended or content.count(b"}\n{") != between:
        return None
    return found
