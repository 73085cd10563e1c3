"""Telephone numbers as CleverTap takes them: `+`, country code, digits (E.164)."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    is_valid_number,
    parse,
)

from target_clevertap.records.limit_table import PHONE_DIGITS

SENT = re.compile(rf"\+\d{{{PHONE_DIGITS.least},{PHONE_DIGITS.most}}}", re.ASCII)
SHORTEST_INTERNATIONAL = 12
"""Digits of a number that certainly has its country code, as no national number is as long."""

LONGEST_WRITTEN = 40
"""Characters of a telephone number with everything that people write between its digits."""


def international(value: Any, country: str | None) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a telephone number in E.164; None where that takes a guess, or it is none.

    - A number with `+` needs no country, and has to be a possible one.
    - One without has to be valid in the country, or to be so long that it has its country code.
    - An extension or letters cannot be sent, so such numbers stay as they are.

    Args:
        value: Text or a number.
        country: Of numbers without a country code, two letters; None where nobody gave it.
    """
    text = _written(value)
    if text is None or any(map(str.isalpha, text)):
        return None
    if text.startswith(("+", "\N{FULLWIDTH PLUS SIGN}")):
        number = _parsed(text, None)
        return _sent(number) if number is not None and is_possible_number(number) else None
    number = None if country is None else _parsed(text, country)
    if number is not None and is_valid_number(number):
        return _sent(number)
    digits = "".join(filter(str.isdecimal, text))
    number = _parsed(f"+{digits}", None) if len(digits) >= SHORTEST_INTERNATIONAL else None
    is_sure = number is not None and not digits.startswith("0") and is_valid_number(number)
    return _sent(number) if number is not None and is_sure else None


def _written(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return value.strip() if len(value) <= LONGEST_WRITTEN else None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if not isinstance(value, int) and not math.isfinite(value):
        return None
    if not 0 < value < 10**PHONE_DIGITS.most or value % 1 != 0:
        return None
    return str(int(value))


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    try:
        number = parse(text, country)
    except NumberParseException:
        return None
    return number if number.extension is None else None


def _sent(number: PhoneNumber) -> str | None:
    text = format_number(number, PhoneNumberFormat.E164)
    return text if SENT.fullmatch(text) else None
