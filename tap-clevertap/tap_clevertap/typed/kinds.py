"""The types of properties: as getSchema spells them, as columns, and the values that fit."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any

from tap_clevertap.records.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Convert = Callable[[Any], Any]
    """Returns the value of a column, or None if it does not fit."""


class PropertyKind(Enum):
    """What a column contains."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    ANY = "any"
    """Lists, objects and unknown types: text as it is, anything else as JSON."""


SPELLINGS = {
    PropertyKind.TEXT: ("string", "text", "str", "char", "varchar"),
    PropertyKind.INTEGER: ("integer", "int", "long", "bigint", "short"),
    PropertyKind.NUMBER: ("number", "numeric", "float", "double", "decimal", "real"),
    PropertyKind.BOOLEAN: ("boolean", "bool"),
    PropertyKind.DATE: ("date", "datetime", "timestamp"),
}
"""How getSchema may spell types; the real spelling is unknown. [D:get-schema]"""
KINDS = {spelling: kind for kind, spellings in SPELLINGS.items() for spelling in spellings}

SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1
LARGEST_NUMBER = Decimal("1.7976931348623157e308")
"""Of a float with 64 bits; databases have no larger number."""
SMALLEST_NUMBER = -LARGEST_NUMBER
FIRST_OF_1970 = date(1970, 1, 1).toordinal()
MINUTES_OF_DAY = 1440
MINUTES = [f"{minute // 60:02}:{minute % 60:02}:" for minute in range(MINUTES_OF_DAY)]
SECONDS = [f"{second:02}+00:00" for second in range(60)]
"""Tables, as a datetime would take ten times as long."""
_date = re.compile(r"\$D_(-?[0-9]{1,12})").fullmatch
"""Epoch seconds. [U:concepts; D:upload-events-api]"""


def kind_of(declared: Any) -> PropertyKind:  # noqa: ANN401 - any JSON value
    """Return the kind of a declared type; `ANY` if it is not known."""
    if not isinstance(declared, str):
        return PropertyKind.ANY
    return KINDS.get("".join(filter(str.isalpha, declared.casefold())), PropertyKind.ANY)


JSON_TYPES: dict[PropertyKind, dict[str, Any]] = {
    PropertyKind.TEXT: {"type": ["string", "null"]},
    PropertyKind.INTEGER: {"type": ["integer", "null"]},
    PropertyKind.NUMBER: {"type": ["number", "null"]},
    PropertyKind.BOOLEAN: {"type": ["boolean", "null"]},
    PropertyKind.DATE: {"type": ["string", "null"], "format": "date-time"},
    PropertyKind.ANY: {"type": ["string", "null"]},
}
"""The schema of a column."""


def kind_in_catalog(schema: Mapping[str, Any], declared: PropertyKind) -> PropertyKind:
    """Return the kind of a column of a catalog, which may be older than getSchema, or changed.

    Args:
        schema: Of the column.
        declared: The kind by getSchema.
    """
    types = schema.get("type")
    given = {types} if isinstance(types, str) else {each for each in types or () if each != "null"}
    if given == {"string"}:
        has_time = schema.get("format") == "date-time"
        as_declared = declared in (PropertyKind.TEXT, PropertyKind.ANY)
        return PropertyKind.DATE if has_time else declared if as_declared else PropertyKind.ANY
    found = {PropertyKind(each) for each in given if each in ("integer", "number", "boolean")}
    return found.pop() if found and len(given) == 1 else PropertyKind.ANY


def _integer(value: int) -> int | None:
    return value if SMALLEST_INTEGER <= value <= LARGEST_INTEGER else None


def _whole(value: Decimal) -> int | None:
    if not value.is_finite() or value.adjusted() > len(str(LARGEST_INTEGER)):
        return None
    return _integer(int(value)) if value == value.to_integral_value() else None


def _number(value: Decimal | int) -> Decimal | int | None:
    return value if SMALLEST_NUMBER <= value <= LARGEST_NUMBER else None


def date_time(value: str) -> str | None:
    """Return the instant of a date, in UTC and ISO 8601; None if it is not a date."""
    found = _date(value)
    if found is None:
        return None
    minutes, second = divmod(int(found[1]), 60)
    days, minute = divmod(minutes, MINUTES_OF_DAY)
    day = _day(days)
    return f"{day}{MINUTES[minute]}{SECONDS[second]}" if day else None


@lru_cache(maxsize=16_384)
def _day(days: int) -> str | None:
    """Return a day, by the number of days since 1970; None beyond the years that dates have."""
    try:
        return f"{date.fromordinal(FIRST_OF_1970 + days)}T"
    except (OverflowError, ValueError):
        return None


def _no_value(_value: object) -> None:
    return None


class Converters(dict[type, "Convert | None"]):
    """By Python type, what converts a value; None if it is used as it is."""

    def __missing__(self, _type: type) -> Convert:
        return _no_value


CONVERTERS = {
    PropertyKind.TEXT: Converters({str: None}),
    PropertyKind.INTEGER: Converters({int: _integer, Decimal: _whole}),
    PropertyKind.NUMBER: Converters({int: _number, Decimal: _number}),
    PropertyKind.BOOLEAN: Converters({bool: None}),
    PropertyKind.DATE: Converters({str: date_time}),
    PropertyKind.ANY: Converters(
        dict.fromkeys((int, Decimal, bool, list, dict, float), as_text) | {str: None}
    ),
}
for _converters in CONVERTERS.values():
    _converters[NoneType] = None
