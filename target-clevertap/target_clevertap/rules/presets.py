"""Presets: rules for well-known sources, as YAML files in the package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.similar_names import similar_or_listed

NAMES = ("datafly", "ga4", "rudderstack", "segment", "shopify")
Settings = dict[str, Any]

WITH_EVENT_TABLES = frozenset(("rudderstack", "segment"))
"""Presets of warehouses with a table for each event, and one for all of them."""

NESTED = frozenset(("properties_of",))
"""Keys whose maps hold maps."""

ALL_EVENTS = "tracks"
"""The table of all events."""

INSTEAD = {
    "event": ("event_field", "event_format", "events"),
    "event_field": ("event", "event_format"),
}
"""By a key of a rule, the keys of its preset that it takes the place of."""


def preset_text(name: str) -> str:
    """Return the YAML of a preset."""
    return files("target_clevertap.presets").joinpath(f"{name}.yml").read_text(encoding="utf-8")


def summary(name: str) -> str:
    """Return what a preset is for: the first line of its YAML."""
    return preset_text(name).partition("\n")[0].lstrip("# ")


@cache
def preset(name: str) -> Settings:
    """Return the keys of a preset."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 - only presets need it

    found: Settings = yaml.safe_load(preset_text(name))
    return found


def unknown_preset(name: str) -> str:
    """Return what is wrong with the name of a preset that does not exist."""
    return f"{shown(name)} is not a preset; {similar_or_listed(name, NAMES)}"


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Settings:
    """Return the keys of two rules: those of the upper one win, and maps merge key by key."""
    replaced = {each for key in above for each in INSTEAD.get(key, ())} - above.keys()
    found = {key: value for key, value in below.items() if key not in replaced}
    for key, value in above.items():
        under = found.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            found[key] = _nested(under, value) if key in NESTED else {**under, **value}
        else:
            found[key] = value
    return found


def _nested(below: Mapping[str, Any], above: Mapping[str, Any]) -> Settings:
    return {**below, **{name: {**below.get(name, {}), **more} for name, more in above.items()}}
