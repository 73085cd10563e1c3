"""Paths to the values of a record: columns, and members of the objects in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap._plugin.shown import shown
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.values import looks_like_json, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.singer.columns import Columns

FLATTENED = "__"
"""What the SDK's flattening writes between the names of nested columns."""


class Path(NamedTuple):
    """Where a value is."""

    column: str
    members: tuple[str, ...] = ()
    prefix: str = ""
    """What the columns of an object begin with that flattening took apart; empty for any other."""

    @property
    def text(self) -> str:
        """The path as rules and messages have it."""
        return ".".join((self.column, *self.members))


def located(wanted: str, columns: Columns) -> Path | None:
    """Return where a stream has what a rule names; None where it has nothing of that name.

    Names are compared exactly first, then without case: warehouses write columns in capitals.

    Args:
        wanted: A column, or a path into objects with a dot before each member.
        columns: Of the stream.
    """
    if (column := _column(wanted, columns)) is not None:
        return Path(column)
    parts = wanted.split(".")
    if len(parts) > 1 and (column := _column(FLATTENED.join(parts), columns)) is not None:
        return Path(column)
    for count in range(len(parts) - 1, 0, -1):
        if (column := _column(".".join(parts[:count]), columns)) is not None:
            return Path(column, tuple(parts[count:]))
    if columns.is_partial and columns.allows(parts[0]):
        return Path(parts[0], tuple(parts[1:]))
    return None


def located_object(wanted: str, columns: Columns) -> Path | None:
    """Return where a stream has an object: in one column, or in one for each member.

    Args:
        wanted: As for `located`.
        columns: Of the stream.
    """
    if (found := located(wanted, columns)) is not None:
        return found
    prefix = (wanted.replace(".", FLATTENED) + FLATTENED).lower()
    column = next((each for each in columns.listed if each.lower().startswith(prefix)), None)
    return None if column is None else Path(wanted, prefix=column[: len(prefix)])


def _column(wanted: str, columns: Columns) -> str | None:
    if wanted in columns.listed:
        return wanted
    lower = wanted.lower()
    found = next((each for each in columns.listed if each.lower() == lower), None)
    if found is None and any(
        schema is not False and re.search(pattern, wanted)
        for pattern, schema in columns.patterns.items()
    ):
        return wanted
    return found


def value_at(record: Mapping[str, Any], path: Path) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value at a path, or None; objects may be JSON text."""
    if path.prefix:
        start = len(path.prefix)
        return {name[start:]: each for name, each in record.items() if name.startswith(path.prefix)}
    return member_at(record.get(path.column), path.members)


def member_at(value: Any, members: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON value
    """Return what is in nested objects; None where there is nothing."""
    for member in members:
        if isinstance(value, str):
            value = read_json(value) if looks_like_json(value) else None
        value = value.get(member) if isinstance(value, dict) else None
    return value


def unpacked(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the members of an object, of its JSON text, or of a list of keys and values.

    Google Analytics writes such lists: `[{"key": "value", "value": {"double_value": 19.9}}]`.

    Args:
        value: Null is an object without members.
        place: The column, for the reason of a refusal.

    Raises:
        RecordRefusedError: `value_invalid`, when it is none of these.
    """
    if isinstance(value, str):
        value = read_json(value.strip()) if value.strip() else None
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(each, dict) and "key" in each for each in value):
        return {str(each["key"]): _typed(each.get("value")) for each in value}
    code, reason = "value_invalid", f"column {shown(place)} holds no object with the properties"
    raise RecordRefusedError(code, reason)


def _typed(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the one value in an object with a member for each type."""
    if isinstance(value, dict) and value and all(each.endswith("_value") for each in value):
        return next((each for each in value.values() if each is not None), None)
    return value
