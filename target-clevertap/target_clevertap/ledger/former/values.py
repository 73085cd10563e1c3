"""Values of columns as commit 2f47414 sent them; frozen."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

LIST_OPERATORS = ("$add", "$remove", "$set")
NUMBER_OPERATORS = ("$incr", "$decr")
OPERATORS = (*LIST_OPERATORS, *NUMBER_OPERATORS, "$delete")


class NoFormerNameError(Exception):
    """A record that was refused, and so never had a name."""


encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
"""Sorted keys: equal records are equal bytes, whatever order their columns came in."""

FIRST_MILLISECONDS = 10**11
"""As seconds this is the year 5138: a number from here on was meant as milliseconds."""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
SECOND = dt.timedelta(seconds=1)

MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(?:Z|z|([+-])(\d\d):?(\d\d)?(?::\d\d)?)?)?"
)


def epoch(moment: dt.date) -> int:
    """Return whole seconds since 1970, reading a naive time as UTC."""
    if not isinstance(moment, dt.datetime):
        return calendar.timegm(moment.timetuple())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return (moment - EPOCH) // SECOND  # a float of seconds would round the fraction up at times


def read_moment(text: str) -> int:
    """Return whole seconds since 1970 of an ISO 8601 date or date-time.

    Raises:
        ValueError: For anything else.
    """
    try:
        return epoch(dt.datetime.fromisoformat(text))
    except ValueError:
        # Python 3.10 knows neither Z nor fractions of any length; no Python knows second 60
        return _read_moment_by_parts(text)


def _read_moment_by_parts(text: str) -> int:
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        fault = "not an ISO 8601 date or date-time"
        raise ValueError(fault)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    sign, offset_hours, offset_minutes = match.groups()[6:]
    leap = 1 if second == 60 else 0  # noqa: PLR2004 - a leap second, which POSIX time does not count
    moment = dt.datetime(year, month, day, hour, minute, second - leap, tzinfo=dt.timezone.utc)
    offset = int(offset_hours or 0) * 3600 + int(offset_minutes or 0) * 60
    return epoch(moment) + leap + (offset if sign == "-" else -offset)


def timestamp(value: Any) -> int:  # noqa: ANN401 - any JSON value may stand there
    """Return the `ts` of a record: epoch seconds from a date-time, a date or a number of seconds.

    Raises:
        NoFormerNameError: `time_missing` or `date_invalid`.
    """
    if value is None:
        raise NoFormerNameError
    try:
        seconds = _seconds(value)
    except (ValueError, OverflowError):
        seconds = 0
    if not 0 < seconds < FIRST_MILLISECONDS:
        raise NoFormerNameError
    return seconds


def _seconds(value: Any) -> int:  # noqa: ANN401 - any JSON value may stand there
    if isinstance(value, str):
        return read_moment(value)
    if isinstance(value, dt.date):
        return epoch(value)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        # compared first: to round 1e99999999 would take hours
        return math.floor(value) if math.isfinite(value) and 0 < value < FIRST_MILLISECONDS else 0
    fault = "neither text nor number"
    raise ValueError(fault)


def dated(column: str, *, strict: bool) -> Callable[[Any], Any]:
    """Return how a column of dates becomes `$D_<epoch>` [SNIP].

    Args:
        column: Its name, for the reason of a refusal.
        strict: Whether the schema allows nothing but dates there.
    """
    fallback = plain(column)

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if not isinstance(value, str) or value.startswith("$D_"):
            return fallback(value)
        try:
            return f"$D_{read_moment(value)}"
        except (ValueError, OverflowError):
            if not strict:
                return fallback(value)
        raise NoFormerNameError

    return convert


def plain(column: str) -> Callable[[Any], Any]:
    """Return how a column of text, numbers or nested values is sent: the last as JSON text."""

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, (str, int)):
            return value
        if isinstance(value, dt.date):
            return f"$D_{epoch(value)}"
        _check_numbers(value, column)
        return encode(value).decode() if isinstance(value, (dict, list)) else value

    return convert


def _check_numbers(value: Any, column: str) -> None:  # noqa: ANN401 - any JSON value may stand there
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise NoFormerNameError
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            _check_numbers(part, column)


def items(column: str) -> Callable[[Any], Any]:
    """Return how the Items of a Charged event are sent: a list of flat objects [RUD]."""
    part = plain(column)

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return part(value)
        return [
            {name: part(inner) for name, inner in item.items() if inner is not None}
            for item in value
        ]

    return convert


def operated(column: str, operator: str) -> Callable[[Any], Any]:
    """Return how a column changes a profile's property [D:upload-user-profiles-api].

    Args:
        column: Its name, for the reason of a refusal.
        operator: One of OPERATORS.
    """
    part = plain(column)

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if is_operation(value):
            _check_numbers(value, column)
            return value
        if operator == "$delete":
            return {operator: 1} if value else None
        if operator in LIST_OPERATORS:
            values = value if isinstance(value, list) else [value]
            return {operator: [part(inner) for inner in values if inner is not None]}
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise NoFormerNameError
        return {operator: part(value)}

    return convert


def operation_or(convert: Callable[[Any], Any], column: str) -> Callable[[Any], Any]:
    """Return a conversion that leaves a value alone which already is one operator object."""

    def convert_or_leave(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if not is_operation(value):
            return convert(value)
        _check_numbers(value, column)
        return value

    return convert_or_leave


def is_operation(value: Any) -> bool:  # noqa: ANN401 - any JSON value may stand there
    """Tell whether a value is exactly one operator with its operand, as CleverTap takes it."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in OPERATORS


def changes_by_amount(properties: dict[str, Any]) -> bool:
    """Tell whether sending these profile properties twice would count twice."""
    return any(
        isinstance(value, dict) and not value.keys().isdisjoint(NUMBER_OPERATORS)
        for value in properties.values()
    )


def date_format(schema: Any) -> str | None:  # noqa: ANN401 - a column's schema as the tap sent it
    """Return how surely a column holds dates: `strict`, `lenient` (text too) or None.

    Args:
        schema: The column's JSON schema, possibly a union.
    """
    if not isinstance(schema, dict):
        return None
    if schema.get("format") in ("date-time", "date"):
        return "strict"
    unions = [schema.get(name) for name in ("anyOf", "oneOf")]
    branches = [
        branch
        for union in unions
        for branch in (union if isinstance(union, list) else ())
        if isinstance(branch, dict) and branch.get("type") not in ("null", ["null"])
    ]
    found = [date_format(branch) for branch in branches]
    if not any(found):
        return None
    return "strict" if all(fit == "strict" for fit in found) else "lenient"
