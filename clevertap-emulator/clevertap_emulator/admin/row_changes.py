"""Changes of a day after it was read: late rows, rows missing in exports, rows sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from clevertap_emulator.api.parsing import JSON_ERRORS
from clevertap_emulator.data.calendar import parse_day
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.history import History
    from clevertap_emulator.data.store import EventStore

Rows = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class RowChangeError(ValueError):
    """The posted change is not valid."""


class RowChange(msgspec.Struct, forbid_unknown_fields=True):
    """A change of one event's day as posted.

    Attributes:
        day: `YYYYMMDD`, not in the future.
        add: Rows that happen on it now.
        properties: `event_props` of the added rows; generated ones if None.
        hide: Rows of it that exports lack from now on; None changes nothing.
        repeat: Rows of it that exports have twice from now on; None changes nothing.
    """

    event_name: Annotated[str, msgspec.Meta(min_length=1)]
    day: int | str
    add: Rows = 0
    properties: dict[str, Any] | None = None
    hide: Rows | None = None
    repeat: Rows | None = None


class RowChanger:
    """Applies changes to the stored rows."""

    def __init__(self, calendar: Calendar, history: History, store: EventStore) -> None:
        self._calendar = calendar
        self._history = history
        self._store = store

    def change(self, body: bytes) -> dict[str, object]:
        """Apply a change; return the rows of its day, and those that exports have.

        Raises:
            RowChangeError: It is not a change of a day that has begun.
        """
        try:
            change = msgspec.json.decode(body, type=RowChange)
        except JSON_ERRORS as error:
            raise RowChangeError(str(error)) from error
        day = self._day(change.day)
        name = self._store.names.stored(change.event_name)
        self._add(name, day, change)
        if change.hide is not None or change.repeat is not None:
            self._store.change_exports(name, day, hidden=change.hide, repeated=change.repeat)
        return {
            "event_name": name,
            "rows": len(self._store.events(name, day)),
            "exported": len(self._store.exported(name, day)),
        }

    def _day(self, given: int | str) -> date:
        day = parse_day(given)
        if day is None or day > self._calendar.current_day():
            message = f"day: {shown(str(given))} is not a day until today; write it as YYYYMMDD"
            raise RowChangeError(message)
        first, after = self._calendar.bounds(day)
        if first == after:
            message = f"day: the time zone skipped {day}; choose another day"
            raise RowChangeError(message)
        return day

    def _add(self, name: str, day: date, change: RowChange) -> None:
        kind = self._store.names.kind(name)
        salt = self._store.arrivals
        for event in self._history.late_events(kind, day, change.add, change.properties, salt):
            self._store.add(name, day, event)
