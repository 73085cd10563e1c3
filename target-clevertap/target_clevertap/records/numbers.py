"""Exact numbers: those written as text, and those that a double has blurred."""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from target_clevertap.singer.lines import LONGEST_SPELLED, number

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)

EXACT = Context(prec=80, Emin=-1_000_000, Emax=1_000_000)
LONGEST_MULTIPLE = 40
"""Digits of a `multipleOf`; with those of a double they fit into the precision."""

DIGITS_OF_DOUBLE = 17
NOISE_ULPS = 4
"""Units in the last place of a double by which sums and conversions miss a number."""

COARSE_ULPS = 64
"""How many of them lie between two multiples at least, so that one of them is surely meant."""


def is_spelled_number(text: str) -> bool:
    """Tell whether a text spells a number, be it one that is too large to be read."""
    return NUMBER.fullmatch(text) is not None


def read_number(text: str) -> int | Decimal | None:
    """Return the number that a text spells in digits, exactly; None where it spells none."""
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
    """Return a finite number as the reader of the input makes it: equal ones alike."""
    if abs(value.adjusted()) > LONGEST_SPELLED:
        return value
    text = f"{value:f}"
    return number(text) if "." in text else int(text)


def multiple_of(value: Any) -> Decimal | None:  # noqa: ANN401 - what a tap sent
    """Return a `multipleOf` that can be counted with.

    Args:
        value: As it came, or as text, which it becomes on its way to another process.
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
    """Return the multiple that a number misses by no more than a double's noise.

    3.2999999999999998 in a column of hundredths is 3.3. What is truly not a multiple stays as it
    is, and so does all but numbers with a fraction.
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
