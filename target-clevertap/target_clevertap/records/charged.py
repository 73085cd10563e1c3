"""What CleverTap takes in two properties alone: the Items of Charged, and a telephone number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.records import values
from target_clevertap.records.limits import CHARGED_ITEMS, RecordRefusedError
from target_clevertap.records.names import folded

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[Any], Any]

PHONE_INVALID = 516
"""CleverTap's code for a telephone number that it does not take [D:api-errors]."""

SHORTEST_INTERNATIONAL, LONGEST_INTERNATIONAL = 12, 15
"""Digits of a number that surely has its country code: E.164 allows 15, and numbers without one
have up to 11, those of the USA with it too."""


ITEMS = "Items"
"""As CleverTap's documentation spells it."""


def is_charged(event_name: str) -> bool:
    """Tell whether an event is CleverTap's Charged, the one that has Items."""
    return folded(event_name) == "charged"


def is_items(name: str) -> bool:
    """Tell whether a property is Items to CleverTap."""
    return folded(name) == "items"


def respell_items(properties: dict[str, Any]) -> None:
    """Give the Items of a Charged event the documented spelling, for they alone may be a list."""
    for name in properties:
        if name != ITEMS and is_items(name) and ITEMS not in properties:
            properties[ITEMS] = properties.pop(name)
            return


def is_phone(name: str) -> bool:
    """Tell whether a profile's property is Phone to CleverTap."""
    return folded(name) == "phone"


def items(place: str) -> Convert:
    """Return how the Items of a Charged event are sent: a list of flat objects [RUD].

    JSON text is read, for there is no other list of objects in a text. An empty list is sent, as
    an order without items; empty text is null.

    Args:
        place: Which column, for the reason of a refusal.
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
                f"{place} does not hold a list of objects for Items of Charged",
            )
            raise RecordRefusedError(code, reason)
        if len(value) > CHARGED_ITEMS:
            code = "too_many_items"
            reason = f"{place} holds {len(value)} Items; CleverTap takes {CHARGED_ITEMS}"
            raise RecordRefusedError(code, reason)
        return flat(value, place)

    return convert


def flat(entries: list[dict[str, Any]], place: str) -> list[dict[str, Any]]:
    """Return objects without nulls, what is nested in them as JSON text."""
    part = values.plain(place, values.NO_LIMIT)
    return [
        {name: part(inner) for name, inner in entry.items() if inner is not None}
        for entry in entries
    ]


def items_as_text(convert: Convert, place: str) -> Convert:
    """Return how `Items` of another event than Charged are sent: as JSON text.

    Args:
        convert: How the column is sent otherwise.
        place: Which column, for the reason of a refusal.
    """

    def convert_flat(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            value = flat(value, place)
        return convert(value)

    return convert_flat


def phone(convert: Convert, place: str) -> Convert:
    """Return how a profile's Phone is sent: a number that has its country code as text with `+`.

    Args:
        convert: How the column is sent otherwise.
        place: Which column, for the reason of a refusal.
    """

    def with_sign(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        sent = convert(value)
        if not values.is_number(sent):
            return sent
        digits = str(int(sent)) if 0 < sent < 10**LONGEST_INTERNATIONAL and sent % 1 == 0 else ""
        if len(digits) < SHORTEST_INTERNATIONAL:
            reason = (
                f"{place} holds a number that may have no country code; send text with + and the "
                "country code, for example with a stream map"
            )
            raise RecordRefusedError(PHONE_INVALID, reason)
        return f"+{digits}"

    return with_sign
