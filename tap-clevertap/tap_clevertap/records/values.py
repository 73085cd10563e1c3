"""Values of rows in the types of the schemas, whatever type CleverTap sends."""

from __future__ import annotations

from typing import Any

from tap_clevertap.records.exact_json import canonical_json


def as_text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return text and null unchanged, and anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    return canonical_json(value).decode()


def as_object(value: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON value
    """Return an object and null unchanged, and anything else under the key `value`."""
    if value is None or isinstance(value, dict):
        return value
    return {"value": value}


def as_list(value: Any) -> list[Any] | None:  # noqa: ANN401 - any JSON value
    """Return a list and null unchanged, and a single value as a list of one."""
    if value is None or isinstance(value, list):
        return value
    return [value]


def as_texts(value: Any) -> list[str | None] | None:  # noqa: ANN401 - any JSON value
    """Return a list of text, from a list or a single value."""
    items = as_list(value)
    if items is None:
        return None
    return [item if type(item) is str else as_text(item) for item in items]
