"""Reads the keys of a rule about records that are not one flat row of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.rules.shape import FORMATS, TIME_UNITS, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = {"type": "string", "minLength": 1}
COLUMNS = {"type": ["string", "array"], "minLength": 1, "items": NAME, "minItems": 1}
"""A column, or several of which the first with a value counts."""

JOIN = {
    "type": "object",
    "required": ["join"],
    "properties": {"join": {"type": "array", "items": NAME, "minItems": 2}},
    "additionalProperties": False,
}
SOURCES = {
    "type": ["string", "array"],
    "minLength": 1,
    "items": {"anyOf": [NAME, JOIN]},
    "minItems": 1,
}
"""What a property is made of: a column, or a list of columns and of columns to join."""

PROPERTIES = {"type": "object", "additionalProperties": SOURCES}
SHAPE_KEYS: dict[str, Any] = {
    "preset": NAME,
    "anonymous": COLUMNS,
    "event_format": NAME,
    "events": {"type": "object", "additionalProperties": NAME},
    "time_unit": {"type": "string", "enum": list(TIME_UNITS)},
    "unpack": COLUMNS,
    "properties_of": {"type": "object", "additionalProperties": PROPERTIES},
    "exclude": {"type": "array", "items": NAME},
    "formats": {
        "type": "object",
        "additionalProperties": {"type": "string", "enum": list(FORMATS)},
    },
    "names": {"type": "string", "enum": ["keep", "snake_case"]},
    "nested": {"type": "string", "enum": ["text", "drop"]},
    "items": {"type": "object", "additionalProperties": NAME},
    "kind": NAME,
    "kind_field": NAME,
    "tables": {"type": "array", "items": NAME, "minItems": 1},
}
"""The schemas of the keys that a shape has and a usual rule has not; `kinds` is made of these."""

LISTED = ("identity", "anonymous", "event_field", "time", "unpack")
"""Keys with a column, or with several."""


def has_shape(settings: Mapping[str, Any]) -> bool:
    """Return whether a rule has keys, or lists of columns, that only a shape understands."""
    return (
        not SHAPE_KEYS.keys().isdisjoint(settings)
        or any(isinstance(settings.get(key), list) for key in LISTED)
        or any(isinstance(each, list) for each in settings.get("properties", {}).values())
    )


def read_shape(settings: Mapping[str, Any], own: Mapping[str, Any], preset: str | None) -> Shape:
    """Return the shape of a rule of one kind.

    Args:
        settings: All keys of the rule, those of its preset among them.
        own: Those that the user wrote.
        preset: Its name.
    """
    columns: dict[str, Any] = {key: _columns(settings.get(key, ())) for key in LISTED}
    given: dict[str, Any] = {
        key: settings[key]
        for key in ("event_format", "time_unit", "names", "nested", "events", "formats", "items")
        if key in settings
    }
    return Shape(
        **columns,
        **given,
        properties=_properties(settings.get("properties", {})),
        properties_of={
            event: _properties(each) for event, each in settings.get("properties_of", {}).items()
        },
        exclude=tuple(settings.get("exclude", ())),
        tables=tuple(settings.get("tables", ())),
        preset=preset,
        checked=(*(key for key in LISTED if key in own), *own.get("properties", {})),
        guessed_key="ledger_key" not in own,
    )


def first_column(value: Any) -> str | None:  # noqa: ANN401 - of the form of COLUMNS
    """Return the first of the columns that a key names."""
    return next(iter(_columns(value)), None) if value else None


def _columns(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - of the form of COLUMNS
    return (value,) if isinstance(value, str) else tuple(value)


def _properties(named: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {name: tuple(map(_source, _columns(sources))) for name, sources in named.items()}


def _source(source: Any) -> tuple[str, ...]:  # noqa: ANN401 - a column, or columns to join
    return (source,) if isinstance(source, str) else tuple(source["join"])
