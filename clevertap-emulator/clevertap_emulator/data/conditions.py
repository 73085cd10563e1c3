"""One condition of the query language: a name, an operator, values [D:clevertap-query-language]."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

Scalar = str | int | float | bool

# Both spellings of the numeric operators: [JAVA] and [SUR].
SPELLINGS = {
    "equals": "equals",
    "not_equals": "not_equals",
    "contains": "contains",
    "does_not_contain": "does_not_contain",
    "not_contains": "does_not_contain",
    "exists": "exists",
    "does_not_exist": "does_not_exist",
    "greater_than": "greater_than",
    "gt": "greater_than",
    "greater_than_equals": "greater_than_equals",
    "gte": "greater_than_equals",
    "less_than": "less_than",
    "lt": "less_than",
    "less_than_equals": "less_than_equals",
    "lte": "less_than_equals",
}
NEGATIONS = {
    "not_equals": "equals",
    "does_not_contain": "contains",
    "does_not_exist": "exists",
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "greater_than": operator.gt,
    "greater_than_equals": operator.ge,
    "less_than": operator.lt,
    "less_than_equals": operator.le,
}
_DATE = re.compile(r"\$D_(-?\d{1,15})", re.ASCII)


@dataclass(frozen=True)
class Condition:
    """One condition; several values are alternatives.

    Attributes:
        operator: A value of `SPELLINGS`.
        values: Empty for `exists` and `does_not_exist`.
    """

    name: str
    operator: str
    values: tuple[Scalar, ...] = ()

    def holds(self, value: object) -> bool:
        """Return whether it holds for a property; None, an absent one, satisfies the negations."""
        found = [each for each in (value if isinstance(value, list) else [value]) if each != {}]
        found = [each for each in found if each is not None]
        negated = NEGATIONS.get(self.operator)
        if negated is not None:
            return not self._any(negated, found)
        return self._any(self.operator, found)

    def _any(self, plain: str, found: list[object]) -> bool:
        if plain == "exists":
            return bool(found)
        matches = _MATCHES.get(plain) or _comparison(plain)
        return any(matches(each, value) for each in found for value in self.values)


def number_of(value: object) -> float | None:
    """Return what numeric operators compare: a number, or the seconds of a `$D_` date."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    date = _DATE.fullmatch(value) if isinstance(value, str) else None
    return None if date is None else int(date[1])


def _comparison(name: str) -> Callable[[object, object], bool]:
    def compare(found: object, value: object) -> bool:
        left, right = number_of(found), number_of(value)
        return left is not None and right is not None and COMPARISONS[name](left, right)

    return compare


def _equal(found: object, value: object) -> bool:
    numbers = number_of(found), number_of(value)
    return _text(found) == _text(value) if None in numbers else numbers[0] == numbers[1]


def _contains(found: object, value: object) -> bool:
    return _text(value) in _text(found)


_MATCHES: dict[str, Callable[[object, object], bool]] = {"equals": _equal, "contains": _contains}


def _text(value: object) -> str:
    """Return a value as text; booleans are the texts "True" and "False" [SNIP]."""
    if isinstance(value, str):
        return value.lower() if value.lower() in {"true", "false"} else value
    return msgspec.json.encode(value).decode()
