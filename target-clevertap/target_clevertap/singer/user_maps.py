"""Whether stream maps leave the user of a row as it came in."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

SOURCE, FILTER = "__source__", "__filter__"


def keep_user(stream_maps: object, stream: str, column: str) -> bool:
    """Tell whether every stream map of a stream keeps all rows, and a column as it is.

    Args:
        stream_maps: The setting.
        stream: Its name, as it came in.
        column: With the user key, after stream maps.
    """
    maps = stream_maps if isinstance(stream_maps, Mapping) else {}
    return all(
        FILTER not in each and each.get(column, column) == column
        for name, each in maps.items()
        if isinstance(each, Mapping) and _is_of(name, each, stream)
    )


def _is_of(name: str, stream_map: Mapping[str, Any], stream: str) -> bool:
    """Tell whether the SDK uses a stream map for a stream [singer-sdk 0.54.9, mapper.py]."""
    source = str(stream_map.get(SOURCE, name))
    return stream == source or fnmatch(stream, source)
