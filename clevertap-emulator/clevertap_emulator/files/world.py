"""The history that files are written of: the server's, and the events that only files have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_emulator.data.calendar import Calendar, days_between
from clevertap_emulator.data.catalogue import EventNames
from clevertap_emulator.data.extra_events import further_kinds
from clevertap_emulator.data.history import History
from clevertap_emulator.data.people import People
from clevertap_emulator.files.notifications import FILE_KINDS
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.settings import ExportSettings
    from clevertap_emulator.settings import Settings


class World:
    """A project that nothing is uploaded to.

    Args:
        history: Its settings.
        settings: Of the files, of which `event` and `rows` matter here.

    Raises:
        ValueError: The history has no event of a wanted name, or no closed day for many rows.
    """

    def __init__(self, history: Settings, settings: ExportSettings) -> None:
        self.settings = history
        self.calendar = Calendar(history)
        self.people = People(history, self.calendar)
        self._names = EventNames((), [*further_kinds(history), *FILE_KINDS])
        self._history = History(history, self.calendar, self.people)
        self.event_names = wanted_names(self._names.spelled(), settings.event)
        """Those that the API refuses to export included."""
        self._rows = settings.rows
        self.days = [*days_between(self.calendar.first_day, self.calendar.today)]
        """Of the history; many rows are spread over the closed ones."""
        if self._rows:
            self.days.pop()
        if not self.days:
            message = "--rows: they are of closed days, and today is none; use --days 2 or more"
            raise ValueError(message)

    def events(self, name: str, day: date) -> list[StoredEvent]:
        """Return the events of a name and a day, in order of time."""
        kind = self._names.kind(name)
        if not self._rows:
            return self._history.events(kind, day)
        place = self.event_names.index(name) * len(self.days) + self.days.index(day)
        places = len(self.event_names) * len(self.days)
        count = self._rows * (place + 1) // places - self._rows * place // places
        return self._history.late_events(kind, day, count, None, place)


def wanted_names(known: list[str], wanted: tuple[str, ...]) -> list[str]:
    """Return the names of the events to write; all of them, where none is wanted.

    Raises:
        ValueError: There are no events of a name.
    """
    for name in wanted:
        if name not in known:
            message = f"--event: {shown(name)} is not an event; use one of the history"
            raise ValueError(message)
    return [name for name in known if name in wanted or not wanted]
