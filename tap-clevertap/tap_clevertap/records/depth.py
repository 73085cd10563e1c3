"""How deeply JSON values are nested: encoders, and many targets, fail at some hundred levels."""

from __future__ import annotations

from typing import Any

MOST_LEVELS = 100
"""Encoders fail at about 250."""


def is_deeper(value: Any, levels: int) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a value has more levels of objects and lists."""
    if not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_deeper(part, levels - 1) for part in parts)
