"""The bookmarks of both layouts in one state: those of the layout that is not used wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clevertap.config.schema import PER_EVENT, SINGLE
from tap_clevertap.state.state_files import our_streams
from tap_clevertap.typed.layout import is_typed_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WAITS = "waits"
"""In the state of a stream: the last run had the other layout."""


def change_layout(bookmarks: Mapping[str, Any], layout: str) -> str | None:
    """Mark the bookmarks of the other layout; return what to log if the layout has changed.

    Args:
        bookmarks: The state of each stream, by its name; it is changed.
        layout: The setting.
    """
    own: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    for name in our_streams(bookmarks):
        if is_typed_stream(name):
            (own if layout == PER_EVENT else other).append(bookmarks[name])
        elif name == "events":
            (own if layout == SINGLE else other).append(bookmarks[name])
    left = [state for state in other if was_read(state) and WAITS not in state]
    resumed = [state for state in own if state.pop(WAITS, None)]
    for state in left:
        state[WAITS] = True
    if not left and not resumed:
        return None
    before = SINGLE if layout == PER_EVENT else PER_EVENT
    if any(map(was_read, own)):
        how = "its streams continue from their own bookmarks"
    else:
        how = "its streams are new, so each event is read from start_date"
    return f"stream_layout: it was {before}, now it is {layout}; {how}; those of {before} are kept"


def was_read(state: Mapping[str, Any]) -> bool:
    """Return whether days of an event are closed in the state of a stream."""
    partitions: Iterable[Mapping[str, Any]] = state.get("partitions", [])
    return any("replication_key_value" in each for each in partitions)
