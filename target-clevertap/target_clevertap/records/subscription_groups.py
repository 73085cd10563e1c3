"""Subscription groups: two properties of profiles that hold an object, and not its text [RUD]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.records import values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.names import folded

if TYPE_CHECKING:
    from target_clevertap.records.kinds import Kind
    from target_clevertap.records.values import Convert

NAMES = frozenset(("category-unsubscribe", "category-resubscribe"))


def are_groups(name: str) -> bool:
    """Whether a property of a profile changes the user's subscription groups."""
    return folded(name) in NAMES


def groups_conversion(kind: Kind, place: str) -> Convert:
    """Return the conversion for subscription groups: an object, or its JSON text, as an object.

    Args:
        kind: The values that the column may hold.
        place: The column, for the reason of a reject.
    """
    read = values.meant(kind, place)

    def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
        found = read(value)
        if isinstance(found, str):
            found = values.read_json(found) if found.strip() else None
        if found is not None and not isinstance(found, dict):
            code, reason = "value_invalid", f"{place} holds no object, which groups need"
            raise RecordRefusedError(code, reason)
        values.check_numbers(found, place)
        return found

    return convert
