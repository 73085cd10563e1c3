"""Values of columns as CleverTap takes them: dates, exact numbers, nested values, operators."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import UNREADABLE, decode_value
from target_clevertap.records.kinds import BOOLEAN, DATE, DECIMAL, LIST, NUMBER, OBJECT
from target_clevertap.records.limits import VALUE_CHARACTERS
from target_clevertap.records.moments import (
    MomentError,
    epoch,
    is_zero_date,
    read_any_moment,
    read_moment,
)
from target_clevertap.records.numbers import is_spelled_number, read_number, without_noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.records.kinds import Kind

    Convert = Callable[[Any], Any]

encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
"""Sorted keys: equal records are equal bytes, whatever order their columns came in."""

FLAGS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
"""What databases write for true and false, in lower case."""

EXPECTED = {
    NUMBER: "a number",
    DECIMAL: "a number",
    BOOLEAN: "true or false",
    OBJECT: "JSON of an object",
    LIST: "JSON of a list",
}


def conversion(kind: Kind, place: str, longest: int = VALUE_CHARACTERS) -> Convert:
    """Return how a column becomes a property.

    - Text stays text where the column may hold one.
    - Elsewhere it is read as what the column holds, and empty text is null.

    Args:
        kind: What the column may hold.
        place: Which column, for the reason of a refusal.
        longest: Characters of a text at most.
    """
    if DATE in kind.allowed:
        return dated(kind, place, longest)
    send = plain(place, longest)
    if kind.has_text and kind.multiple is None:
        return send
    mean = meant(kind, place)
    if kind.multiple is not None or kind.allowed == {BOOLEAN}:
        return lambda value: send(mean(value))

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        return send(mean(value) if isinstance(value, str) else value)

    return convert


def sent_as_is(kind: Kind) -> tuple[bool, bool]:
    """Return whether `conversion` leaves text and numbers of a column as they are.

    Text has to be short enough for that, and a number has to be finite.
    """
    is_plain = DATE not in kind.allowed and kind.multiple is None
    return is_plain and kind.has_text, is_plain and kind.allowed != {BOOLEAN}


NO_LIMIT = 1 << 62
"""More characters than any text has."""


def plain(place: str, longest: int = VALUE_CHARACTERS) -> Convert:
    """Return how text, numbers and nested values are sent: the last as JSON text.

    Args:
        place: Which column, for the reason of a refusal.
        longest: Characters of a text at most.
    """

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, str):
            if len(value) <= longest:
                return value
            code, reason = "value_too_long", f"{place} exceeds {longest} characters"
            raise RecordRefusedError(code, reason)
        if isinstance(value, int):
            return value
        if isinstance(value, dt.date):
            return f"$D_{epoch(value)}"
        check_numbers(value, place)
        return convert(encode(value).decode()) if isinstance(value, (dict, list)) else value

    return convert


def meant(kind: Kind, place: str) -> Convert:
    """Return how a value becomes what it means by its column's schema; dates stay as they are.

    Args:
        kind: What the column may hold.
        place: Which column, for the reason of a refusal.
    """
    multiple, has_text = kind.multiple, kind.has_text
    only_flags = kind.allowed == {BOOLEAN}
    has_numbers = has_text or not kind.allowed.isdisjoint((NUMBER, DECIMAL))
    only_dates = DATE in kind.allowed and not has_numbers

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, str):
            if has_text:
                return value
            value = read_text(value, kind, place)
        elif only_flags and isinstance(value, (int, float, Decimal)):
            return _flag(value, place)
        elif only_dates and is_number(value):
            return _checked_date(value, place)
        return value if multiple is None else without_noise(value, multiple)

    return convert


def read_text(text: str, kind: Kind, place: str) -> Any:  # noqa: ANN401 - JSON out
    """Return what a text means in a column that holds no text: null where it is empty.

    Raises:
        RecordRefusedError: `value_invalid` or `date_invalid`.
    """
    stripped, allowed = text.strip(), kind.allowed
    if stripped in ("", "null"):
        return None
    if not allowed.isdisjoint((NUMBER, DECIMAL)) and is_spelled_number(stripped):
        return _number(stripped, place)
    if BOOLEAN in allowed and stripped.lower() in FLAGS:
        return FLAGS[stripped.lower()]
    read = read_json(stripped) if looks_like_json(stripped) else None
    if isinstance(read, dict) and OBJECT in allowed:
        return read
    if isinstance(read, list) and LIST in allowed:
        return read
    if DATE in allowed:
        return None if is_zero_date(stripped) else _checked_date(stripped, place)
    expected = " or ".join(dict.fromkeys(EXPECTED[each] for each in EXPECTED if each in allowed))
    code, reason = (
        "value_invalid",
        f"{place} holds text that is not {expected}, as in its SCHEMA",
    )
    raise RecordRefusedError(code, reason)


def rereads_user_keys(kind: Kind) -> bool:
    """Return whether a text in the column of user keys may mean another value."""
    return not kind.has_text


def user_key(text: str, kind: Kind) -> Any:  # noqa: ANN401 - JSON out
    """Return the user key that a text means: one user has one, however the tap writes it.

    "1001.00" in a column of numbers is the user 1001. JSON of a list or an object, as flattening
    writes it, is not a user key.
    """
    if not kind.has_text and looks_like_json(text):
        return read_json(text)
    if kind.allowed <= {NUMBER, DECIMAL}:
        number = read_number(text)
        return text if number is None else number
    return text


def _checked_date(value: Any, place: str) -> Any:  # noqa: ANN401 - text or a number
    try:
        read_any_moment(value)
    except MomentError as error:
        raise _no_date(place, error) from None
    return value


def _no_date(place: str, error: MomentError) -> RecordRefusedError:
    return RecordRefusedError("date_invalid", f"{place} holds no date: {error}")


def read_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a JSON text holds, its numbers exactly; the text where it is not JSON."""
    try:
        return decode_value(text)
    except UNREADABLE:
        return text


def looks_like_json(text: str) -> bool:
    """Return whether a text begins and ends as a list or an object does."""
    stripped = text.strip()
    return stripped[:1] + stripped[-1:] in ("[]", "{}")


def _number(text: str, place: str) -> int | Decimal:
    number = read_number(text)
    if number is None:
        code, reason = "not_a_number", f"{place} holds a number that is too large"
        raise RecordRefusedError(code, reason)
    return number


def _flag(value: Any, place: str) -> bool:  # noqa: ANN401 - a number
    if value in (0, 1):
        return bool(value)
    code, reason = "value_invalid", f"{place} holds a number that is not true or false (1 or 0)"
    raise RecordRefusedError(code, reason)


def dated(kind: Kind, place: str, longest: int = VALUE_CHARACTERS) -> Convert:
    """Return how a column of dates becomes `$D_<epoch>` [SNIP].

    Args:
        kind: What the column may hold, DATE among it.
        place: Which column, for the reason of a refusal.
        longest: Characters of a text at most.
    """
    send = plain(place, longest)
    if kind.has_text:
        return _dated_or_text(send)
    mean = meant(kind, place)
    has_numbers = not kind.allowed.isdisjoint((NUMBER, DECIMAL))

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        try:
            if isinstance(value, str) and value[4:5] == "-" and not value.startswith("0000"):
                return f"$D_{read_moment(value)}"
            if isinstance(value, str) or has_numbers:
                value = mean(value)
            if isinstance(value, str) or (is_number(value) and not has_numbers):
                return f"$D_{read_any_moment(value)}"
        except MomentError as error:
            raise _no_date(place, error) from None
        return send(value)

    return convert


def is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON value may stand there
    """Return whether a value is a number: true and false are none."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _dated_or_text(send: Convert) -> Convert:
    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, str) and not value.startswith("$D_"):
            try:
                return f"$D_{read_moment(value)}"
            except MomentError:
                return send(value)
        return send(value)

    return convert


def _is_finite(value: float | Decimal) -> bool:
    """Return whether a number is one, though no double holds it."""
    return isinstance(value, Decimal) and value.is_finite()


def check_numbers(value: Any, place: str) -> None:  # noqa: ANN401 - any JSON value may stand there
    """Check that all numbers in a value are some that JSON has.

    Raises:
        RecordRefusedError: `not_a_number`.
    """
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        fault = "a number that is too large" if _is_finite(value) else "NaN or an infinity"
        code, reason = "not_a_number", f"{place} holds {fault}"
        raise RecordRefusedError(code, reason)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            check_numbers(part, place)
