"""What a column does to a property of a profile, instead of replacing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.records.limits import RecordRefusedError
from target_clevertap.records.numbers import read_number
from target_clevertap.records.values import (
    NO_LIMIT,
    check_numbers,
    is_number,
    looks_like_json,
    meant,
    plain,
    read_json,
)
from target_clevertap.rules.rule import NUMBER_OPERATORS, OPERATORS

if TYPE_CHECKING:
    from target_clevertap.records.kinds import Kind
    from target_clevertap.records.values import Convert

NOT_MEANT = frozenset(("", "false", "f", "no", "n", "off", "null", "none", "[]", "{}"))
"""Texts with which a column under `$delete` does not ask for it."""


def operated(operator: str, kind: Kind, place: str) -> Convert:
    """Return how a column changes a profile's property [D:upload-user-profiles-api].

    Args:
        operator: One of OPERATORS.
        kind: What the column may hold.
        place: Which column, for the reason of a refusal.
    """
    mean = meant(kind, place)
    operate = _operation(operator, place)

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        value = mean(value)
        if is_operation(value):
            check_numbers(value, place)
            return value
        return None if value is None else operate(value)

    return convert


def _operation(operator: str, place: str) -> Convert:
    if operator == "$delete":
        return _deleting
    if operator in NUMBER_OPERATORS:
        return _counting(operator, place)
    return _listing(operator, place)


def _deleting(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(value, str):
        number = read_number(value)
        value = value.strip().lower() not in NOT_MEANT if number is None else number
    return {"$delete": 1} if value else None


def _counting(operator: str, place: str) -> Convert:
    send = plain(place)

    def operate(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if not is_number(value):
            code, reason = "operation_invalid", f"{place} does not hold a number for {operator}"
            raise RecordRefusedError(code, reason)
        return {operator: send(value)}

    return operate


def _listing(operator: str, place: str) -> Convert:
    send = plain(place, NO_LIMIT)

    def operate(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, str) and (text := _json_text(value)) is not None:
            value = read_json(text)
            if not isinstance(value, list):
                code, reason = (
                    "operation_invalid",
                    f"{place} holds JSON text that is not a list, for {operator}",
                )
                raise RecordRefusedError(code, reason)
        if isinstance(value, dict):
            code, reason = (
                "operation_invalid",
                f"{place} holds an object, not a list, for {operator}",
            )
            raise RecordRefusedError(code, reason)
        values = value if isinstance(value, list) else [value]
        return {operator: [send(inner) for inner in values if inner is not None]}

    return operate


def _json_text(text: str) -> str | None:
    """Return the part of a text that looks like JSON; None where it is a text of its own.

    JSON text of a JSON text looks like it too: it is not one of a list's values.
    """
    stripped = text.removeprefix("\ufeff").strip()
    if looks_like_json(stripped):
        return stripped
    inner = read_json(stripped) if stripped[:1] + stripped[-1:] == '""' else None
    return stripped if isinstance(inner, str) and looks_like_json(inner) else None


def operation_or(convert: Convert, kind: Kind, place: str) -> Convert:
    """Return a conversion that leaves a value alone which already is one operator object."""
    mean = meant(kind, place) if kind.is_nested else None

    def convert_or_leave(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        found = value if mean is None else mean(value)
        if not is_operation(found):
            return convert(found)
        check_numbers(found, place)
        return found

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
