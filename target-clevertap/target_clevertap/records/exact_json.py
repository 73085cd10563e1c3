"""JSON values with exact numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

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


known_number = _Numbers().__getitem__
"""`number`, for texts that come again and again."""

decode_value = msgspec.json.Decoder(float_hook=known_number).decode
