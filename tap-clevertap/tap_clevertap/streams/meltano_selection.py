"""Whether Meltano selects a stream by name: by default it selects all streams of a tap."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "MELTANO_EXTRACT__SELECT"
"""Has the patterns of `select`, or `["*.*"]`, as JSON in the environment of each tap."""


def is_selected_by_name(stream: str, environment: Mapping[str, str]) -> bool:
    """Return whether a pattern selects a stream that does not select all; True without Meltano.

    Args:
        stream: One that the catalog selects.
        environment: Of the process.
    """
    patterns = _patterns(environment.get(VARIABLE, ""))
    if patterns is None:
        return True
    names = {pattern.partition(".")[0] for pattern in patterns if not pattern.startswith("!")}
    return any(fnmatchcase(stream, name) for name in names if name.strip("*"))


def _patterns(text: str) -> list[str] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_list = isinstance(found, list) and all(isinstance(each, str) for each in found)
    return found if is_list else None
