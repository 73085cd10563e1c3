"""Exact numbers: read from text, and cleaned of the noise of floating point."""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from target_clevertap.records.exact_json import LONGEST_SPELLED, number

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

EXACT = Context(prec=80, Emin=-1_000_000, Emax=1_000_000)
LONGEST_MULTIPLE = 40
"""Most digits of a `multipleOf`; together with those of a double they fit the precision."""

DIGITS_OF_DOUBLE = 17
NOISE_ULPS = 4
"""Units in the last place by which a double may miss a number, after sums and conversions."""

COARSE_ULPS = 64
"""Units in the last place between two multiples, at least: fewer would be ambiguous."""


def is_spelled_number(text: str) -> bool:
    """Whether a text is a number, even one that is too large to read."""
    return NUMBER.fullmatch(text) is not None


def read_number(text: str) -> int | Decimal | None:
    """Return the exact number in a text; None where the text is not a number."""
    text = text.strip()
    if NUMBER.fullmatch(text) is None:
        return None
    try:
        if text.lstrip("+-").isdecimal():
            return int(text)
        return spelled(Decimal(text))
    except (ValueError, InvalidOperation):  # more digits than Python reads
        return None


def spelled(value: Decimal) -> int | Decimal:
    """Return a finite number in the form of the input's reader: equal numbers are identical."""
    if abs(value.adjusted()) > LONGEST_SPELLED:
        return value
    text = f"{value:f}"
    return number(text) if "." in text else int(text)


def multiple_of(value: Any) -> Decimal | None:  # noqa: ANN401 - what a tap sent
    """Return a `multipleOf` as a number; None where it is not a usable one.

    Args:
        value: As it came, or as text.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return None
    try:
        multiple = Decimal(str(value))
    except (ValueError, InvalidOperation):
        return None
    if (
        not multiple.is_finite()
        or multiple <= 0
        or len(multiple.as_tuple().digits) > LONGEST_MULTIPLE
    ):
        return None
    return multiple


def without_noise(value: Any, multiple: Decimal) -> Any:  # noqa: ANN401 - any JSON value may stand there
    """Return the nearest multiple where a number misses it only by the noise of a double.

    3.2999999999999998 in a column of hundredths is 3.3. All other values are returned unchanged.
    """
    if not isinstance(value, (Decimal, float)) or not math.isfinite(value) or not value:
        return value
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not 0 <= exact.adjusted() - multiple.adjusted() < DIGITS_OF_DOUBLE:
        return value
    ulp = Decimal(math.ulp(float(exact)))
    if multiple < ulp * COARSE_ULPS:
        return value
    nearest = EXACT.multiply(EXACT.divide(exact, multiple).to_integral_value(), multiple)
    miss = abs(EXACT.subtract(exact, nearest))
    return spelled(nearest) if 0 < miss <= ulp * NOISE_ULPS and nearest else value
