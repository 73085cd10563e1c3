"""Rows of events that came one by one, collected as the columns of `EventRows`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.rows import ROWS_AT_A_TIME, EventRows
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import KnownMinutes

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

_digits = re.compile(r"[1-9][0-9]{13}").fullmatch
NOT_A_TIME = "has a `ts` that is not a time (yyyyMMddHHmmss)"


class TextEvent(NamedTuple):
    """A row of events in a format of text."""

    name: object
    ts: object
    user: Encoded
    props: Record | None
    session: Encoded


class EventColumns:
    """Collects rows, some at a time."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._minutes = KnownMinutes(zone)
        self._rows: list[tuple[Any, ...]] = []

    def add(self, number: int, event: TextEvent) -> None:
        """Add a row.

        Args:
            number: Of its line.
            event: The row; its name and time are checked.

        Raises:
            BadRowError: If it has no name, or its time is none.
        """
        name, ts, user, props, session = event
        if not isinstance(name, str) or not name:
            message = f"has {'more than one' if name else 'no'} {shown('eventName')}"
            raise BadRowError(message)
        if not isinstance(ts, str) or not _digits(ts):
            raise BadRowError(NOT_A_TIME)
        stamp = ts.encode()
        try:
            (time,) = self._minutes.times((stamp,))
        except (KeyError, ValueError):
            raise BadRowError(NOT_A_TIME) from None
        self._rows.append((number, name, stamp, user, props, session, time))

    @property
    def is_full(self) -> bool:
        """Whether the rows are as many as a reader yields at a time."""
        return len(self._rows) >= ROWS_AT_A_TIME

    def __len__(self) -> int:
        return len(self._rows)

    def take(self) -> EventRows:
        """Return the rows, of which there are some, and begin anew."""
        rows, self._rows = self._rows, []
        return EventRows(*zip(*rows, strict=True))
