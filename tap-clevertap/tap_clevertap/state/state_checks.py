"""What a state must be to be read: its shape, and the time zone and query of its days."""

from __future__ import annotations

from typing import Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import StateError
from tap_clevertap.files.bookmark import kept_files
from tap_clevertap.inbox.bookmark import kept_place
from tap_clevertap.state.name_changes import DISCARDED, MISSING
from tap_clevertap.state.state_files import FRESH_START, check_depth, check_owner
from tap_clevertap.streams.stream_names import EXPORTED_STREAMS, PUSHED_STREAMS

STATE_VERSION = 1
RESULTS = ("totals", "gaps")
"""Parts of a partition that hold only for the query with which they were obtained."""


def check_shape(state: Any) -> list[str]:  # noqa: ANN401 - whatever the file holds
    """Refuse a state of a newer version or another tap, and one with parts of a wrong type.

    Args:
        state: A state without wrappers.

    Returns:
        The streams in it that this tap does not have.

    Raises:
        StateError: With the version, the streams or the part.
    """
    check_depth(state)
    bookmarks = _part(state, "bookmarks", dict)
    others = check_owner(bookmarks)
    for stream in bookmarks.keys() - others:
        _check_stream(stream, _part(bookmarks, stream, dict))
    _check_parts_for_sdk(bookmarks)  # last: those of a newer version are another release's to read
    return others


def _check_parts_for_sdk(bookmarks: dict[str, Any]) -> None:
    """Refuse parts of a wrong type that the SDK reads of every stream, also of another tap's."""
    for stream in bookmarks:
        stream_state = _part(bookmarks, stream, dict)
        for each in (stream_state, *_part(stream_state, "partitions", list)):
            _part(each, "progress_markers", dict)


def _check_stream(stream: str, stream_state: dict[str, Any]) -> None:
    _check_version(stream_state, stream)
    if stream in EXPORTED_STREAMS:
        kept_files(stream_state)
    if stream in PUSHED_STREAMS:
        kept_place(stream_state)
    _part(stream_state, "columns", str)
    _part(stream_state, "gone", str)
    partitions = _part(stream_state, "partitions", list)
    for part in ("events", MISSING, DISCARDED):
        if not all(isinstance(each, str) for each in _part(stream_state, part, list)):
            message = (
                f"state: {shown(part)} of {shown(stream)} is not a list of names; fix it, or "
                f"{FRESH_START}"
            )
            raise StateError(message)
    paused = _part(stream_state, "paused", dict)
    for event_name in paused:
        _part(paused, event_name, dict)
    contexts = [_part(partition, "context", dict) for partition in partitions]
    names = [context.get("event_name") for context in contexts if len(context) == 1]
    known = {name for name in names if isinstance(name, str)}
    if len(known) < len(contexts):
        message = (
            f"state: the partitions of {shown(stream)} are not one for each `event_name`; "
            f"fix them, or {FRESH_START}"
        )
        raise StateError(message)


def _part(whole: Any, name: str, kind: type[Any]) -> Any:  # noqa: ANN401 - any part of a JSON value
    found = whole.get(name, kind()) if isinstance(whole, dict) else None
    if not isinstance(found, kind):
        message = f"state: {shown(name)} is missing or has the wrong type; fix it, or {FRESH_START}"
        raise StateError(message)
    return found


def _check_version(stream_state: dict[str, Any], stream: str) -> None:
    version = stream_state.get("version", STATE_VERSION)
    if version != STATE_VERSION:
        message = (
            f"state: {shown(stream)} has version {shown(version)}, this tap reads "
            f"{STATE_VERSION}; use the release of the tap that wrote it, or a newer one"
        )
        raise StateError(message)


def check_timezone(stream_state: dict[str, Any], *, stream: str, timezone: str) -> None:
    """Refuse a state of another time zone.

    Raises:
        StateError: With both time zones.
    """
    kept = stream_state.get("timezone", timezone)
    if kept != timezone:
        message = (
            f"state: {shown(stream)} was read in timezone {shown(kept)}, the setting is "
            f"{shown(timezone)}, so days would be lost or read twice; set timezone back, or "
            f"{FRESH_START}"
        )
        raise StateError(message)


def mark_state(stream_state: dict[str, Any], *, timezone: str, query: str | None = None) -> bool:
    """Write what the bookmarks depend on into the state of a stream.

    What is known of days under another query is dropped, but the days stay closed.

    Args:
        stream_state: The state of the stream.
        timezone: The setting.
        query: The digest of the setting, or None.

    Returns:
        Whether days in the state were read under another query.
    """
    changed = stream_state.get("query") != query
    if changed:
        _forget_results(stream_state)
    stream_state["version"] = STATE_VERSION
    stream_state["timezone"] = timezone
    stream_state["query"] = query
    return changed and _has_days(stream_state)


def _forget_results(stream_state: dict[str, Any]) -> None:
    for partition in stream_state.get("partitions", []):
        for name in RESULTS:
            partition.pop(name, None)


def _has_days(stream_state: dict[str, Any]) -> bool:
    parts = [stream_state, *stream_state.get("partitions", [])]
    return any("replication_key_value" in each for each in parts)
