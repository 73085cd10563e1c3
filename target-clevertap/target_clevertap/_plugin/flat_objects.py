# Source: tap-clevertap/tap_clevertap/_plugin/flat_objects.py; copies: `make vendor`
"""Objects in the environment that Meltano gives a plugin: it writes them without levels."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

OF_MELTANO = "MELTANO_PROJECT_ROOT"
"""A variable that each plugin has that Meltano starts."""

BETWEEN_LEVELS = re.compile(r"(?<!\\)\.")


def with_levels(flat: dict[str, Any]) -> dict[str, Any]:
    r"""Return an object as Meltano writes it into a configuration file.

    For the variable, Meltano writes `{orders: {type: event}}` as `{"orders.type": "event"}`. A dot
    within a name has a backslash: `{"shop\\.orders.type": "event"}`.

    Args:
        flat: The JSON of a variable. Without Meltano, or with levels, it is returned as it is.
    """
    has_levels = any(isinstance(value, Mapping) and value for value in flat.values())
    if OF_MELTANO not in os.environ or has_levels:
        return flat
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        *levels, last = [name.replace("\\.", ".") for name in BETWEEN_LEVELS.split(path)]
        level = nested
        for name in levels:
            level = level.setdefault(name, {})
            if not isinstance(level, dict):
                return flat
        level[last] = value
    return nested
