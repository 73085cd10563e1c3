"""Answers to readers: exports opened and paged, single profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.cursors import Position, malformed
from clevertap_emulator.api.pages import Twist
from clevertap_emulator.api.responses import (
    BAD_DATES,
    CURSOR_INVALIDATED,
    INCORRECT_USAGE,
    MALFORMED,
    NOT_EXPORTABLE,
    Answer,
    failure,
    success,
)
from clevertap_emulator.data.calendar import days_between, parse_day
from clevertap_emulator.data.profile_json import Flags, profile_record

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.api.cursors import Cursors
    from clevertap_emulator.api.exports import Export, Exports
    from clevertap_emulator.api.pages import Pages
    from clevertap_emulator.api.request import Asked
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.catalogue import Names
    from clevertap_emulator.data.people import People
    from clevertap_emulator.settings import Settings


@dataclass(frozen=True)
class Range:
    """What a question is about: one event name and its days, both ends included."""

    name: str
    days: list[date]


class Questions:
    """Reads `event_name`, `from` and `to`, and refuses what the API refuses."""

    def __init__(self, settings: Settings, calendar: Calendar, names: Names) -> None:
        self._settings = settings
        self._calendar = calendar
        self._names = names

    def read(self, question: dict[str, Any] | None) -> Range | Answer:
        """Return the range asked for, or the answer that says why not [LEA, ING]."""
        if question is None:
            return MALFORMED
        name = question.get("event_name")
        if not isinstance(name, str) or not self._names.known(name):
            text = f'["Invalid event : {name}"]'
            return failure(text, 400, status=self._settings.unknown_event_status)
        if name in self._settings.unexportable:
            return NOT_EXPORTABLE
        first, last = parse_day(question.get("from")), parse_day(question.get("to"))
        if first is None or last is None or first > last or last > self._calendar.current_day():
            return BAD_DATES
        return Range(name, list(days_between(first, last)))


class Reading:
    """Opens and pages exports, and looks up single profiles."""

    def __init__(
        self, settings: Settings, questions: Questions, exports: Exports, cursors: Cursors
    ) -> None:
        self._settings = settings
        self._questions = questions
        self._exports = exports
        self._cursors = cursors

    def opened(self, asked: Asked, *, profiles: bool) -> Answer:
        """Open an export and hand out its first cursor."""
        batch = asked.query.get("batch_size")
        if batch is not None and not (batch.isascii() and batch.isdecimal()):
            return INCORRECT_USAGE
        wanted = self._questions.read(asked.question())
        if isinstance(wanted, Answer):
            return wanted if not asked.stranger else self._nothing(profiles=profiles)
        export = self._exports.open(
            wanted.name,
            [] if asked.stranger else wanted.days,
            profiles=profiles,
            batch_size=None if batch is None else int(batch),
            flags=_flags(asked),
        )
        return self._cursor_of(export)

    def page(self, asked: Asked, pages: Pages, *, profiles: bool) -> Answer:
        """Return the page of a cursor, once its export is prepared."""
        arrived = asked.query["cursor"]
        if malformed(arrived):
            return INCORRECT_USAGE
        position = self._cursors.read(arrived)
        export = None if position is None else self._exports.find(position, profiles=profiles)
        if position is None or export is None:
            return CURSOR_INVALIDATED
        asked.export = export
        fault = asked.fault
        export.expired = fault.expire_cursor
        if export.expired:
            return CURSOR_INVALIDATED
        export.preparing = export.preparing if fault.reset_code2 is None else fault.reset_code2
        if export.preparing > 0:
            export.preparing -= 1
            text = "Request still in progress, please retry later"
            return failure(text, 2, status=self._settings.preparing_status)
        return pages.answer(export, position, Twist(fault.repeat_cursor, fault.repeat_row))

    def _nothing(self, *, profiles: bool) -> Answer:
        export = self._exports.open("", [], profiles=profiles, batch_size=None, flags=Flags())
        return self._cursor_of(export)

    def _cursor_of(self, export: Export) -> Answer:
        return success({"cursor": self._cursors.write(Position(export.number))})


def _flags(asked: Asked) -> Flags:
    off = {name for name in ("app", "events", "profile") if asked.query.get(name) == "false"}
    return Flags(app="app" not in off, events="events" not in off, profile="profile" not in off)


def one_profile(people: People, asked: Asked) -> Answer:
    """Look up one user by exactly one of identity, objectId and email [D:get-user-profiles-api]."""
    keys = [
        (key, asked.query[key]) for key in ("identity", "objectId", "email") if key in asked.query
    ]
    if len(keys) != 1:
        return INCORRECT_USAGE
    key, value = keys[0]
    found = people.find_by_email(value) if key == "email" else people.find(f"{key}:{value}")
    if found is None or asked.stranger:
        return failure("User not found", 404, status=404)
    return success({"record": profile_record(found, Flags())})
