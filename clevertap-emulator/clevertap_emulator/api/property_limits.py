"""Limits of properties that CleverTap documents without the code of what is beyond them.

They are checked only on demand, as 512 or 522. [U:platform-considerations]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LENGTH = 120
PROFILE_PROPERTIES = 256
FORBIDDEN = frozenset("%><!|&.:;$'\"\\")
FORBIDDEN_IN_PROFILES = FORBIDDEN | {"#"}


def event_limit_code(properties: Mapping[str, Any]) -> int | None:
    """Return the code for the properties of an event; None if they are within the limits."""
    return None if all(_is_name(name, FORBIDDEN) for name in properties) else 512


def profile_limit_code(properties: Mapping[str, Any], max_value_length: int) -> int | None:
    """Return the code for the properties of a profile; None if they are within the limits."""
    if len(properties) > PROFILE_PROPERTIES:
        return 522
    for name, value in properties.items():
        is_long = isinstance(value, str) and len(value) > max_value_length
        if is_long or not _is_name(name, FORBIDDEN_IN_PROFILES):
            return 512
    return None


def _is_name(name: str, forbidden: frozenset[str]) -> bool:
    return bool(name.strip()) and len(name) <= NAME_LENGTH and forbidden.isdisjoint(name)
