"""Two properties with rules of their own: Items of the event Charged, and Phone of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.records import values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.limits import CHARGED_ITEMS
from target_clevertap.records.names import folded

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[Any], Any]

PHONE_INVALID = 516
"""CleverTap's code for a telephone number that it refuses [D:api-errors]."""

SHORTEST_INTERNATIONAL, LONGEST_INTERNATIONAL = 12, 15
"""Digits of a number that certainly has its country code: E.164 allows 15, and a number without a
country code has up to 11. Numbers of the USA have 11 with it."""


ITEMS = "Items"
"""The spelling of CleverTap's documentation."""


def is_charged(event_name: str) -> bool:
    """Whether an event is CleverTap's Charged, the only one with Items."""
    return folded(event_name) == "charged"


def is_items(name: str) -> bool:
    """Whether CleverTap reads a property as Items."""
    return folded(name) == "items"


def respell_items(properties: dict[str, Any]) -> None:
    """Give the Items of a Charged event the documented spelling: only then are they a list."""
    for name in properties:
        if name != ITEMS and is_items(name) and ITEMS not in properties:
            properties[ITEMS] = properties.pop(name)
            return


def is_phone(name: str) -> bool:
    """Whether CleverTap reads a property of a profile as Phone."""
    return folded(name) == "phone"


def items_conversion(where: str, most: int = CHARGED_ITEMS) -> Convert:
    """Return the conversion for Items of a Charged event: a list of flat objects [RUD].

    Text is read as JSON. An empty list is sent, as an order without items. Empty text is null.

    Args:
        where: The column, for the reason of a reject.
        most: Items at most.
    """

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, str):
            stripped = value.strip()
            value = values.read_json(stripped) if stripped else None
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            code, reason = (
                "items_invalid",
                f"{where} does not hold a list of objects for Items of Charged",
            )
            raise RecordRefusedError(code, reason)
        if len(value) > most:
            code = "too_many_items"
            reason = f"{where} holds {len(value)} Items; CleverTap takes {most}"
            raise RecordRefusedError(code, reason)
        return flat_items(value, where)

    return convert


def flat_items(entries: list[dict[str, Any]], where: str) -> list[dict[str, Any]]:
    """Return objects without nulls; nested values become JSON text."""
    part = values.plain(where, values.NO_LIMIT)
    return [
        {name: part(inner) for name, inner in entry.items() if inner is not None}
        for entry in entries
    ]


def items_as_text(convert: Convert, where: str) -> Convert:
    """Return the conversion for `Items` of any other event: JSON text.

    Args:
        convert: The usual conversion of the column.
        where: The column, for the reason of a reject.
    """

    def convert_flat(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            value = flat_items(value, where)
        return convert(value)

    return convert_flat


def phone_conversion(convert: Convert, where: str) -> Convert:
    """Return the conversion for Phone of a profile: a number becomes text with `+`.

    Args:
        convert: The usual conversion of the column.
        where: The column, for the reason of a reject.
    """

    def with_sign(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        sent = convert(value)
        if not values.is_number(sent):
            return sent
        digits = str(int(sent)) if 0 < sent < 10**LONGEST_INTERNATIONAL and sent % 1 == 0 else ""
        if len(digits) < SHORTEST_INTERNATIONAL:
            reason = (
                f"{where} holds a number that may have no country code; send text with + and the "
                "country code, for example with a stream map"
            )
            raise RecordRefusedError(PHONE_INVALID, reason)
        return f"+{digits}"

    return with_sign
