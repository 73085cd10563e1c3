"""How far each event was read: the state's shape, and how it moves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tap_clevertap.errors import StateError
from tap_clevertap.windows import ONE_DAY

if TYPE_CHECKING:
    from tap_clevertap.windows import Window

STATE_VERSION = 1
MOST_LEVELS = 100
"""Of a state; a tap's own has six, and what writes it gives up at some 250."""


def check_shape(state: Any) -> None:  # noqa: ANN401 - whatever the file holds
    """Refuse a state of a newer version, and one whose parts are not where they belong.

    Raises:
        StateError: Saying which version, or which part is not, or that it is nested too deeply.
    """
    if _is_deeper(state, MOST_LEVELS):
        message = "the state is nested too deeply to be one of this tap: start with an empty one."
        raise StateError(message)
    bookmarks = _part(state, "bookmarks", dict)
    for stream in bookmarks:
        stream_state = _part(bookmarks, stream, dict)
        _check_version(stream_state, stream)
        partitions = _part(stream_state, "partitions", list)
        _part(stream_state, "events", list)
        contexts = [_part(partition, "context", dict) for partition in partitions]
        names = [context.get("event_name") for context in contexts if len(context) == 1]
        known = {name for name in names if isinstance(name, str)}
        if len(known) < len(contexts):
            message = "the state's partitions are not one for each event_name: mend them."
            raise StateError(message)


def _is_deeper(value: Any, levels: int) -> bool:  # noqa: ANN401 - any JSON value
    if not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(part, levels - 1) for part in parts)


def _part(whole: Any, name: str, kind: type[Any]) -> Any:  # noqa: ANN401 - any part of a JSON value
    found = whole.get(name, kind()) if isinstance(whole, dict) else None
    if not isinstance(found, kind):
        message = f"the state's '{name}' is not where or what it should be: mend it."
        raise StateError(message)
    return found


def _check_version(stream_state: dict[str, Any], stream: str) -> None:
    version = stream_state.get("version", STATE_VERSION)
    if version != STATE_VERSION:
        message = (
            f"the state of stream {stream} has version {version!r}, this tap knows "
            f"{STATE_VERSION}: use the tap's release that wrote it, or a newer one."
        )
        raise StateError(message)


def check_timezone(stream_state: dict[str, Any], *, stream: str, timezone: str) -> None:
    """Refuse a state that was kept in another time zone.

    Raises:
        StateError: Naming both.
    """
    kept = stream_state.get("timezone", timezone)
    if kept != timezone:
        message = (
            f"the state of stream {stream} was kept in timezone {kept}, the setting says "
            f"{timezone}: days would be lost or read twice. Set timezone back to {kept}, or "
            "start with an empty state (meltano run --full-refresh)."
        )
        raise StateError(message)


def mark_state(stream_state: dict[str, Any], *, timezone: str) -> None:
    """Write what the bookmarks of a stream depend on into its state."""
    stream_state["version"] = STATE_VERSION
    stream_state["timezone"] = timezone
    stream_state.setdefault("query", None)


class Bookmark:
    """The closed days of one event, and the windows of this run that may close more.

    Windows end in any order; the last closed day moves only over days that were all read to the
    end of their export. The partition is the event's entry in the state and is written through.
    """

    def __init__(self, partition: dict[str, Any], *, today: date) -> None:
        self._partition = partition
        self._first_day = _day(partition.get("first_day"), today)
        self._last_closed_day = _day(partition.get("replication_key_value"), today)
        self._next_day: date | None = None
        self._ended: dict[date, date] = {}

    @property
    def first_day(self) -> date | None:
        """The first day ever read, or None."""
        return self._first_day

    @property
    def last_closed_day(self) -> date | None:
        """The last day that is read and had ended, or None."""
        return self._last_closed_day

    def expect(self, first: date) -> None:
        """Take the first of the days that this run is going to read."""
        self._next_day = first

    def close(self, window: Window, *, closed_through: date) -> bool:
        """Note that a window was read to its end; return whether the last closed day moved.

        Args:
            window: Some of the days expected; no two windows share one.
            closed_through: The last day of it that had ended when its export was opened.
        """
        self._ended[window.first] = min(window.last, closed_through)
        moved = False
        while self._next_day in self._ended:
            first = self._next_day
            last = self._ended.pop(first)
            self._next_day = last + ONE_DAY if last >= first else None
            if last >= first:
                self._move(first, last)
                moved = True
        return moved

    def _move(self, first: date, last: date) -> None:
        known, closed = self._first_day, self._last_closed_day
        # Were there days between that nobody read, a state over both would call them read.
        is_apart = closed is not None and first > closed + ONE_DAY
        restarted = known is None or first < known or is_apart
        self._first_day = first if restarted else known
        if restarted or self._last_closed_day is None:
            self._last_closed_day = last
        else:
            self._last_closed_day = max(self._last_closed_day, last)
        self._partition["replication_key"] = "event_time"
        self._partition["replication_key_value"] = self._last_closed_day.isoformat()
        self._partition["first_day"] = str(self._first_day)


def _day(text: Any, today: date) -> date | None:  # noqa: ANN401 - whatever the state holds
    try:
        day = None if text is None else date.fromisoformat(text)
    except (TypeError, ValueError):
        message = "the state holds something else where a day should be: mend it, or start empty."
        raise StateError(message) from None
    if day is not None and day > today:
        message = (
            f"the state calls {day} read, which is in the future: check this machine's clock; "
            "where it is right, set the state back to the last day that is in the warehouse."
        )
        raise StateError(message)
    return day
