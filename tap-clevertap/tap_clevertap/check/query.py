"""The finding about the setting `query`, which goes into every export and count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._plugin.findings import Finding
from tap_clevertap._plugin.shown import shown

if TYPE_CHECKING:
    from tap_clevertap.check.probe import QueryRefused


def query_refused(refused: QueryRefused, event_name: str) -> Finding:
    """Return the finding of a query that CleverTap refuses.

    Args:
        refused: Its words may quote values of the query: they are the user's own.
        event_name: Of the export.
    """
    quoted = f": {shown(refused.words)}" if refused.words else ""
    message = (
        f"CleverTap refuses it in an export of {shown(event_name)} ({refused.reason}{quoted}), "
        "and accepts the export without it"
    )
    return Finding("query", "refused", message, "correct query")
