"""What CleverTap's words about a refused request mean where it has a query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown

if TYPE_CHECKING:
    from tap_clevertap.query.fragment import Query

INVALID_EVENT = re.compile(r"invalid event\s*:?(.*)", re.IGNORECASE | re.DOTALL)
"""As in `["Invalid event : Uninstalled"]`. [LEA]"""


def is_query_refused(words: str, *, event_name: str, query: Query) -> bool:
    """Return whether CleverTap's words about an unknown event mean a name in the query.

    Args:
        words: The error's text.
        event_name: Of the export.
        query: The setting.
    """
    if not query.fragment:
        return False
    named = INVALID_EVENT.search(words)
    name = named[1].strip(' "[]') if named else ""
    if name:
        return name.casefold() != event_name.casefold()
    return bool(query.events)


def refusal(reason: str, words: str, advice: str) -> str:
    """Return the message of a refused export that has a query.

    Args:
        reason: Of the refusal.
        words: The error's text. It may quote values of the query: they are the user's own.
        advice: In case that the query is right.
    """
    quoted = f": {shown(words)}" if words else ""
    fault = f"CleverTap refuses it with the setting query ({reason}{quoted})"
    return f"{fault}; correct query, or {advice}"
