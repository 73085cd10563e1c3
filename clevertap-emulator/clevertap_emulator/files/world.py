"""The history that files are written of: the server's, and the events that only files have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_emulator.data.calendar import Calendar, days_between
from clevertap_emulator.data.catalogue import EventNames
from clevertap_emulator.data.extra_events import further_kinds
from clevertap_emulator.data.history import History
from clevertap_emulator.data.people import People
from clevertap_emulator.data.store import EventStore
from clevertap_emulator.files.notifications import FILE_KINDS

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.settings import Settings


class World:
    """A project that nothing is uploaded to."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calendar = Calendar(settings)
        self.people = People(settings, self.calendar)
        self._names = EventNames((), [*further_kinds(settings), *FILE_KINDS])
        self.store = EventStore(self._names, History(settings, self.calendar, self.people))

    @property
    def event_names(self) -> list[str]:
        """All names, those that the API refuses to export included."""
        return self._names.spelled()

    @property
    def days(self) -> list[date]:
        """The days of the history."""
        return [*days_between(self.calendar.first_day, self.calendar.today)]
