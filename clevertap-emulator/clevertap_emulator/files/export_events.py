"""The files of events: of each event and day in each run, or of messages of all events."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from clevertap_emulator.files.eventbridge import BridgeEvents, Message, firehose_key
from clevertap_emulator.files.formats import event_format, event_truth
from clevertap_emulator.files.runs import split

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.parts import ExportParts
    from clevertap_emulator.files.runs import ExportRun

Places = list[list[str]]
"""The keys of the files that each event of a name and a day is in."""


class EventExport:
    """Writes files of one event and one day each."""

    def __init__(self, parts: ExportParts) -> None:
        settings = parts.settings
        self._parts = parts
        zone = parts.world.calendar.zone
        self._format = event_format(settings, parts.users, parts.columns, zone)
        self._truth = event_truth(settings, parts.users, parts.columns)

    def write(self) -> None:
        """Write all of them."""
        for name in self._parts.world.event_names:
            for day in self._parts.world.days:
                self._write_day(name, day)

    def _write_day(self, name: str, day: date) -> None:
        events = self._parts.world.events(name, day)
        take_line = self._parts.take_line
        places: Places = [[] for _ in events] if take_line else []
        for run in self._parts.runs:
            if run.covers(day):
                self._write_run(run, name, day, events, places)
        if take_line is not None:
            for line in self._truth.lines(name, events, places):
                take_line(line)

    def _write_run(
        self,
        run: ExportRun,
        name: str,
        day: date,
        events: Sequence[StoredEvent],
        places: Places,
    ) -> None:
        parts = self._parts
        for database, chosen in split(events, run.positions(events), day, parts.settings):
            key = parts.names.of_events(run.name, name, day, database)
            rows = [events[position] for position in chosen]
            parts.files.write(key, rows, partial(self._format.content, key, name))
            if places:
                for position in chosen:
                    places[position].append(key)


class MessageExport:
    """Writes files of messages, each of a part of a day."""

    def __init__(self, parts: ExportParts) -> None:
        self._parts = parts
        calendar, settings = parts.world.calendar, parts.settings
        account = parts.world.settings.account_id
        self._format = BridgeEvents(parts.users, account, calendar.zone, is_joined=settings.joined)
        self._truth = event_truth(settings, parts.users, parts.columns)

    def write(self) -> None:
        """Write all of them."""
        for day in self._parts.world.days:
            events = {
                name: self._parts.world.events(name, day) for name in self._parts.world.event_names
            }
            places: dict[str, Places] = {name: [[] for _ in rows] for name, rows in events.items()}
            for run in self._parts.runs:
                if run.covers(day):
                    self._write_run(run, events, places)
            if self._parts.take_line is not None:
                for name, rows in events.items():
                    for line in self._truth.lines(name, rows, places[name]):
                        self._parts.take_line(line)

    def _write_run(
        self,
        run: ExportRun,
        events: dict[str, list[StoredEvent]],
        places: dict[str, Places],
    ) -> None:
        parts = self._parts
        size = parts.settings.rows_per_file
        messages = [
            Message(rows[position].ts, name, position, rows[position])
            for name, rows in events.items()
            for position in run.positions(rows)
        ]
        messages.sort(key=itemgetter(0))
        for index, start in enumerate(range(0, len(messages), size)):
            some = messages[start : start + size]
            name = firehose_key(some, index, parts.world.calendar.zone)
            key = parts.names.of_messages(run.name, name)
            parts.files.write(key, some, self._format.content)
            for message in some:
                places[message.name][message.position].append(key)
