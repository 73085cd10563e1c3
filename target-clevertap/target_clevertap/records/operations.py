"""Operators on a property of a profile, such as `$add` and `$incr`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.limit_table import LIST_VALUES
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
    from collections.abc import Callable

    from target_clevertap.records.kinds import Kind
    from target_clevertap.records.values import Convert

GROWING_OPERATORS = ("$add", "$set")
"""Operators that leave a property with at least the values of their operand."""

FALSE_TEXTS = frozenset(("", "false", "f", "no", "n", "off", "null", "none", "[]", "{}"))
"""Texts that leave the property in place, in a column with `$delete`."""


def operation_conversion(
    operator: str, kind: Kind, where: str, note_long: Callable[[], None] | None = None
) -> Convert:
    """Return the conversion of a column with an operator [D:upload-user-profiles-api].

    Args:
        operator: One of OPERATORS.
        kind: The values that the column may hold.
        where: The column, for the reason of a reject.
        note_long: Called for each list of which CleverTap drops the oldest values.
    """
    read = meant(kind, where)
    operate = _operation(operator, where)
    if note_long is not None and operator in GROWING_OPERATORS:
        operate = _noting(operate, operator, note_long)

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        value = read(value)
        if is_operation(value):
            check_numbers(value, where)
            return value
        return None if value is None else operate(value)

    return convert


def _noting(operate: Convert, operator: str, note_long: Callable[[], None]) -> Convert:
    def operate_and_note(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        operation = operate(value)
        if len(operation[operator]) > LIST_VALUES.most:
            note_long()
        return operation

    return operate_and_note


def _operation(operator: str, where: str) -> Convert:
    if operator == "$delete":
        return _delete
    if operator in NUMBER_OPERATORS:
        return _change_number(operator, where)
    return _change_list(operator, where)


def _delete(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    if isinstance(value, str):
        number = read_number(value)
        value = value.strip().lower() not in FALSE_TEXTS if number is None else number
    return {"$delete": 1} if value else None


def _change_number(operator: str, where: str) -> Convert:
    send = plain(where)

    def operate(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if not is_number(value):
            code, reason = "operation_invalid", f"{where} does not hold a number for {operator}"
            raise RecordRefusedError(code, reason)
        return {operator: send(value)}

    return operate


def _change_list(operator: str, where: str) -> Convert:
    send = plain(where, NO_LIMIT)

    def operate(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, str) and (text := _json_text(value)) is not None:
            value = read_json(text)
            if not isinstance(value, list):
                code, reason = (
                    "operation_invalid",
                    f"{where} holds JSON text that is not a list, for {operator}",
                )
                raise RecordRefusedError(code, reason)
        if isinstance(value, dict):
            code, reason = (
                "operation_invalid",
                f"{where} holds an object, not a list, for {operator}",
            )
            raise RecordRefusedError(code, reason)
        values = value if isinstance(value, list) else [value]
        return {operator: [send(inner) for inner in values if inner is not None]}

    return operate


def _json_text(text: str) -> str | None:
    """Return the part of a text that looks like JSON; None for plain text.

    JSON text within JSON text looks like JSON, too.
    """
    stripped = text.removeprefix("\ufeff").strip()
    if looks_like_json(stripped):
        return stripped
    inner = read_json(stripped) if stripped[:1] + stripped[-1:] == '""' else None
    return stripped if isinstance(inner, str) and looks_like_json(inner) else None


def unless_operation(convert: Convert, kind: Kind, where: str) -> Convert:
    """Return a conversion that keeps a value which is already an operator with its operand."""
    read = meant(kind, where) if kind.is_nested else None

    def convert_or_leave(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        found = value if read is None else read(value)
        if not is_operation(found):
            return convert(found)
        check_numbers(found, where)
        return found

    return convert_or_leave


def is_operation(value: Any) -> bool:  # noqa: ANN401 - any JSON value may stand there
    """Whether a value is exactly one operator with its operand, as CleverTap accepts it."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in OPERATORS


def changes_by_amount(properties: dict[str, Any]) -> bool:
    """Whether these properties of a profile count twice when they are sent twice."""
    return any(
        isinstance(value, dict) and not value.keys().isdisjoint(NUMBER_OPERATORS)
        for value in properties.values()
    )
