"""The state in a file: alone, or in the wrapper of a Singer message or of Meltano."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import StateError
from tap_clevertap.records.depth import MOST_LEVELS, is_deeper
from tap_clevertap.streams.stream_names import STREAMS
from tap_clevertap.typed.layout import is_typed_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

"""The streams whose bookmarks a state of this tap holds, but for typed ones."""
OF_PROFILES = frozenset(("version", "replication_key_value"))
"""The state of our profiles has one of these; other taps' states may have cursors only."""
WRAPPERS = (
    "value",  # a whole STATE message of Singer
    "singer_state",  # `meltano state get`
    "completed",  # state.json of Meltano's file backends, `meltano state export`
    "completed_state",  # the table `state` of Meltano's database
    "payload",  # the table `job` of earlier ones
    "state",  # other runners
)
PARTIAL = {"completed": "partial", "completed_state": "partial_state"}
"""Meltano's names of a completed state, and of what failed runs added to it."""
MOST_WRAPPERS = 6
MOST_NAMES_SHOWN = 3
FRESH_START = "start with an empty state (meltano run --full-refresh)"
WANTED = f"give the state that tap-clevertap wrote, or {FRESH_START}"


def unwrap_state(given: Any) -> tuple[dict[str, Any], list[str]]:  # noqa: ANN401 - whatever the file holds
    """Return the state in a file, and the names of its wrappers.

    Args:
        given: The file's JSON. Null and empty objects are the state of a first run.

    Raises:
        StateError: If it is not a state, or there are several.
    """
    path: list[str] = []
    while not _is_state(given := _decoded(given)):
        name, given = _inside(given)
        path.append(name)
        if len(path) > MOST_WRAPPERS:
            message = f"state: it is wrapped more than {MOST_WRAPPERS} times; {WANTED}"
            raise StateError(message)
    return given, path


def _decoded(given: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    if isinstance(given, str) and given:
        try:  # JSON as text, from a column of a table
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, RecursionError):
            given = ""
    check_depth(given)
    if given is None:
        return {}
    if not isinstance(given, dict):
        message = f"state: it is not a JSON object of bookmarks; {WANTED}"
        raise StateError(message)
    return given


def _is_state(given: dict[str, Any]) -> bool:
    if "bookmarks" not in given:
        return not given
    if others := [name for name in WRAPPERS if isinstance(given.get(name), dict) and given[name]]:
        message = (
            f"state: it has `bookmarks` and another state in {shown(others[0])}; "
            "keep only the right one"
        )
        raise StateError(message)
    return True


def _inside(given: dict[str, Any]) -> tuple[str, Any]:
    known = [name for name in (*WRAPPERS, *PARTIAL.values()) if name in given]
    filled = [name for name in known if given[name]]
    if not known:
        return _exported(given)
    if not filled:
        return known[0], None
    completed = filled[0]
    if len(filled) == 1:
        return completed, given[completed]
    if filled == [completed, PARTIAL.get(completed)]:
        both = f"{completed}+{PARTIAL[completed]}"
        return both, _merged(given[completed], given[PARTIAL[completed]])
    names = " and ".join(map(shown, filled))
    message = f"state: it has a state in each of {names}; keep only the right one"
    raise StateError(message)


def _exported(given: dict[str, Any]) -> tuple[str, Any]:
    """Return the only state in the output of `meltano state export`."""
    if not all(isinstance(each, dict) and PARTIAL.keys() & each.keys() for each in given.values()):
        names = ", ".join(map(shown, list(given)[:MOST_NAMES_SHOWN]))
        message = f"state: it has no `bookmarks` (it has {names}); {WANTED}"
        raise StateError(message)
    if len(given) > 1:
        names = ", ".join(map(shown, list(given)[:MOST_NAMES_SHOWN]))
        message = (
            f"state: it has {len(given)} states ({names}); use one, from meltano state get STATE_ID"
        )
        raise StateError(message)
    return next(iter(given.items()))


def _merged(completed: Any, partial: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Merge a completed state and what failed runs added, by stream, as Meltano does."""
    states = [unwrap_state(each)[0] for each in (completed, partial)]
    streams = [each.get("bookmarks") or {} for each in states]
    if not all(isinstance(each, dict) for each in streams):
        message = f"state: its `bookmarks` are not an object; {WANTED}"
        raise StateError(message)
    return {"bookmarks": {**streams[0], **streams[1]}}


def check_owner(bookmarks: dict[str, Any]) -> list[str]:
    """Refuse the state of another tap; return the streams in it that this tap does not have.

    Args:
        bookmarks: The state of each stream, by its name.

    Raises:
        StateError: With the streams.
    """
    ours = our_streams(bookmarks)
    others = [name for name in bookmarks if name not in ours]
    foreign = [name for name in STREAMS if not _is_ours(name, bookmarks.get(name))]
    if foreign or len(others) == len(bookmarks) > 0:
        names = ", ".join(map(shown, (foreign or others)[:MOST_NAMES_SHOWN]))
        message = f"state: its bookmarks of {names} are those of another tap; {WANTED}"
        raise StateError(message)
    return others


def our_streams(bookmarks: Mapping[str, Any]) -> list[str]:
    """Return the streams in a state that this tap has, typed ones too."""
    return [
        name
        for name, state in bookmarks.items()
        if name in STREAMS or (is_typed_stream(name) and _is_of_an_event(state))
    ]


def _is_of_an_event(state: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a state may be that of a typed stream; the SDK makes empty ones."""
    return state == {} or (isinstance(state, dict) and _has_our_partitions(state))


def _is_ours(stream: str, state: Any) -> bool:  # noqa: ANN401 - any JSON value
    if not state or not isinstance(state, dict) or "timezone" in state:
        return True  # `check_shape` refuses what is not an object
    if stream == "profiles":
        key = state.get("replication_key", "seen_through")
        return key == "seen_through" and not OF_PROFILES.isdisjoint(state)
    return "replication_key_value" not in state and _has_our_partitions(state)


def _has_our_partitions(state: dict[str, Any]) -> bool:
    partitions = state.get("partitions")
    if not isinstance(partitions, list) or not partitions:
        return "partitions" in state or "version" in state
    return all(isinstance(each, dict) and _is_our_partition(each) for each in partitions)


def _is_our_partition(partition: dict[str, Any]) -> bool:
    context, key = partition.get("context"), partition.get("replication_key", "event_time")
    return isinstance(context, dict) and context.keys() == {"event_name"} and key == "event_time"


def check_depth(state: Any) -> None:  # noqa: ANN401 - any JSON value
    """Refuse a state that is nested too deeply to be written again.

    Raises:
        StateError: If it is.
    """
    if is_deeper(state, MOST_LEVELS):
        message = f"state: it is nested too deeply to be one of this tap; {FRESH_START}"
        raise StateError(message)
