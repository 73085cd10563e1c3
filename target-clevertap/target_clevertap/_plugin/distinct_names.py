# Source: tap-clevertap/tap_clevertap/_plugin/distinct_names.py; copies: `make vendor`
"""JSON of settings in which no object has a name twice: readers of JSON keep only the last."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, NoReturn

from .shown import shown


class RepeatedNameError(ValueError):
    """An object has a name twice; the text says which one, and what to do."""


def read_settings(text: str, *, exactly: bool) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of JSON text; an unpaired surrogate stays, for a check that names it.

    Args:
        text: Without a BOM.
        exactly: Whether decimals keep all their digits.

    Raises:
        RepeatedNameError: For an object with a name twice.
        ValueError: Or a `RecursionError` or `ArithmeticError`, for text that is not JSON.
    """
    return json.loads(
        text,
        parse_float=Decimal if exactly else _double,
        parse_constant=_refuse,
        object_pairs_hook=_distinct,
    )


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                message = f"has {shown(name)} twice in one object; remove one of the two"
                raise RepeatedNameError(message)
            seen.add(name)
    return found


def _double(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are not JSON
