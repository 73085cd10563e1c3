"""Which format the beginning of a text has."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTE_ORDER_MARK = "\ufeff"
ENVELOPE = frozenset(("source", "detail-type", "detail"))
"""What each message of EventBridge has."""
CSV_NAMES = frozenset(
    (
        *("ts", "eventName", "controlGroupName", "eventTime", "profile", "deviceInfo"),
        *("eventProps", "sessionProps", "identity", "all_identities", "clevertapId"),
        *("clevertapIds", "token", "subscriptionGroups", "Email", "Phone", "Name"),
    )
)
CSV_BLOCKS = ("profile.", "deviceInfo.", "eventProps.", "sessionProps.", "MSG-")
ENOUGH_NAMES = 2

_separators = re.compile(r"[,;\t|]").split
_is_xml = re.compile(r"<(?:\?xml|!--|!DOCTYPE\s|[A-Za-z_][^<>]*>)").match
_is_object = re.compile(r'\{\s*(?:"|\}|$)').match
_is_odd = re.compile(
    r"""[^\t -~\x80-\U0010ffff]|\ufffd|\{|(?<!\d)\d{14}"?[,;\t|]|[,;\t|]"?\d{14}(?!\d)"""
).search
"""What a broken file, a list of rows or a row of CSV has, and the name of an event has not."""
MOST_LINES = 50
"""That are looked at."""
_first_value = json.JSONDecoder(strict=False).raw_decode


def text_format(head: bytes, columns: Mapping[str, str]) -> str | None:
    """Return the format of a text, or None if its beginning does not tell.

    Args:
        head: Its beginning, which may end within a line.
        columns: As in `ReadOptions`; a CSV header may have these names.
    """
    beginning = b"\n".join(head.split(b"\n", MOST_LINES)[:MOST_LINES])
    text = beginning.decode(errors="replace").removeprefix(BYTE_ORDER_MARK)
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    if not lines:
        return None
    first = lines[0]
    has_objects = any(line.startswith("{") for line in lines[:2]) or any(map(_first_object, lines))
    csv_names = _csv_names(first, columns)
    signs = {
        "eventbridge": _first_object(text.lstrip()).keys() >= ENVELOPE,
        "json": has_objects and csv_names < ENOUGH_NAMES,
        "csv": csv_names,
        "xml": _is_xml(first),
    }
    is_only_a_name = len(lines) == 1 and text.endswith("\n") and not _is_odd(first)
    only_a_name = "json" if is_only_a_name else None
    return next((name for name, is_this in signs.items() if is_this), only_a_name)


def _first_object(text: str) -> dict[str, object]:
    """Return the object that a text begins with, or an empty one."""
    if not text.startswith("{"):
        return {}
    try:
        found, _ = _first_value(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _csv_names(line: str, columns: Mapping[str, str]) -> int:
    """Return how many columns of a line are known; an object has values next to its names."""
    if _is_object(line):
        return 0
    names = [cell.strip().strip('"') for cell in _separators(line)]
    return sum(
        name in CSV_NAMES or name in columns or name.startswith(CSV_BLOCKS) for name in names
    )
