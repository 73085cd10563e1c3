"""The values of a query: texts, numbers, lists of them, and days."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_clevertap._plugin.shown import shown

if TYPE_CHECKING:
    from tap_clevertap.query.faults import Faults

LARGEST_INTEGER = 2**63 - 1
DATE_TEXT = re.compile(r"\$D_-?\d+", re.ASCII)
"""A date as the value of a property. [SNIP]"""
DAY_TEXT = re.compile(r"\s*(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
WANTED = "set text or a number"

Value: TypeAlias = "str | int | float"


def read_value(given: Any, path: str, faults: Faults) -> Value | list[Value] | None:  # noqa: ANN401 - any JSON value
    """Return a value as CleverTap takes it: text, a number, or a list of them.

    A boolean becomes the text `True` or `False`. [D:clevertap-query-language]

    Args:
        given: As configured.
        path: Of the value.
        faults: Takes what is wrong; the value is then not complete.
    """
    if not isinstance(given, list):
        return _primitive(given, path, faults)
    if not given:
        faults.add(path, "it is an empty list", WANTED)
    read = [_primitive(each, f"{path}[{number}]", faults) for number, each in enumerate(given)]
    return [each for each in read if each is not None]


def _primitive(given: Any, path: str, faults: Faults) -> Value | None:  # noqa: ANN401 - any JSON value
    if isinstance(given, bool):
        return str(given)
    if isinstance(given, str):
        return given
    if isinstance(given, (int, float, Decimal)):
        return _number(given, path, faults)
    what = "it is null" if given is None else "it is neither text nor a number"
    faults.add(path, what, WANTED)
    return None


def _number(given: float | Decimal, path: str, faults: Faults) -> float | None:
    """Return a number that keeps all its digits as an integer or double."""
    if isinstance(given, int):
        if abs(given) <= LARGEST_INTEGER:
            return given
    elif math.isfinite(number := float(given)) and given in (number, Decimal(repr(number))):
        return number
    faults.add(path, "it has more digits than CleverTap's numbers", "round it")
    return None


def is_number(value: object) -> bool:
    """Return whether a value is a number, or a date in the form of a property's value."""
    if isinstance(value, str):
        return DATE_TEXT.fullmatch(value) is not None
    return isinstance(value, (int, float))


def read_day(given: Any, path: str, faults: Faults) -> date | None:  # noqa: ANN401 - any JSON value
    """Return the day of a number `yyyymmdd`; None, with a fault, if it has no day."""
    advice = "write it as a number like 20260831"
    if isinstance(given, int) and not isinstance(given, bool):
        try:
            return date(given // 10_000, given // 100 % 100, given % 100)
        except (ValueError, OverflowError):
            faults.add(path, f"{shown(given)} is not a day", advice)
            return None
    text = DAY_TEXT.match(given) if isinstance(given, str) else None
    what = f"{shown(given)} is not a number" if isinstance(given, str) else "it is not a number"
    faults.add(path, what, f"write it as {''.join(text.groups())}" if text else advice)
    return None
