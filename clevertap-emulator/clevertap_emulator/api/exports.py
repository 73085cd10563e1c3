"""The read endpoints: open an export, read its pages, look up one profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.api.cursors import Position, is_malformed
from clevertap_emulator.api.pages import PageFault
from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.api.responses import (
    BAD_DATES,
    CURSOR_INVALIDATED,
    INCORRECT_USAGE,
    MALFORMED,
    NOT_EXPORTABLE,
    ApiResponse,
    failure,
    success,
)
from clevertap_emulator.data.calendar import days_between, parse_day
from clevertap_emulator.data.event_filter import EventFilter
from clevertap_emulator.data.profile_json import ProfileParts, profile_record
from clevertap_emulator.data.query import FilterDatesError, FilterError, FilterQuery, parse_query

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.admin.faults import FaultAction
    from clevertap_emulator.api.cursors import Cursors
    from clevertap_emulator.api.open_exports import ExportStore, OpenExport
    from clevertap_emulator.api.pages import PageRenderer
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings


@dataclass(frozen=True)
class EventQuery:
    """One event name, its days, first and last included, and further conditions, if any."""

    name: str
    days: list[date]
    filter: EventFilter | None = None


class EventQueryParser:
    """Parses the query of an export or a count, and rejects what the API rejects."""

    def __init__(
        self, settings: Settings, calendar: Calendar, store: EventStore, people: People
    ) -> None:
        self._settings = settings
        self._calendar = calendar
        self._store = store
        self._people = people

    def parse(self, query: dict[str, Any] | None) -> EventQuery | ApiResponse:
        """Return the query, or the API's error response [LEA, ING]."""
        if query is None:
            return MALFORMED
        name = query.get("event_name")
        if not isinstance(name, str) or not self._store.names.known(name):
            return self._not_understood(f"Invalid event : {name}")
        if name in self._settings.unexportable:
            return NOT_EXPORTABLE
        try:
            return EventQuery(name, self._days(query), self._filter(query))
        except FilterDatesError:
            return BAD_DATES
        except FilterError as error:
            return self._not_understood(str(error))

    def _days(self, query: dict[str, Any]) -> list[date]:
        first, last = parse_day(query.get("from")), parse_day(query.get("to"))
        if first is None or last is None or first > last or last > self._calendar.current_day():
            raise FilterDatesError
        return list(days_between(first, last))

    def _filter(self, query: dict[str, Any]) -> EventFilter | None:
        parsed = parse_query(query, self._calendar.current_day())
        unknown = [name for name in parsed.event_names() if not self._store.names.known(name)]
        if unknown:
            message = f"Invalid event : {unknown[0]}"
            raise FilterError(message)
        return None if parsed == FilterQuery() else EventFilter(parsed, self._store, self._people)

    def _not_understood(self, text: str) -> ApiResponse:
        written = msgspec.json.encode([text]).decode()  # a list in a string [LEA]
        return failure(written, 400, status=self._settings.unknown_event_status)


class ExportEndpoint:
    """Opens exports and returns their pages."""

    def __init__(
        self,
        settings: Settings,
        query_parser: EventQueryParser,
        exports: ExportStore,
        cursors: Cursors,
    ) -> None:
        self._settings = settings
        self._query_parser = query_parser
        self._exports = exports
        self._cursors = cursors

    def open_export(self, request: ApiRequest, *, profiles: bool) -> ApiResponse:
        """Open an export and return its first cursor."""
        batch = request.params.get("batch_size")
        batch_size = None if batch is None else parse_whole(batch)
        if batch is not None and batch_size is None:
            return INCORRECT_USAGE
        event_query = self._query_parser.parse(request.query())
        if isinstance(event_query, ApiResponse):
            return event_query if not request.anonymous else self._open_empty(profiles=profiles)
        export = self._exports.open(
            replace(event_query, days=[]) if request.anonymous else event_query,
            profiles=profiles,
            batch_size=batch_size,
            parts=_parts(request),
        )
        return self._cursor_of(export)

    def name_of(self, request: ApiRequest) -> str | None:
        """Return the event name that a request of an export is about."""
        if request.kind != "page":
            return request.event_name()
        position = self._cursors.decode(request.params["cursor"])
        return None if position is None else self._exports.name_of(position)

    def read_page(self, request: ApiRequest, pages: PageRenderer, *, profiles: bool) -> ApiResponse:
        """Return the page of a cursor, or code 2 while its export is not ready."""
        cursor = request.params["cursor"]
        if is_malformed(cursor):
            return INCORRECT_USAGE
        position = self._cursors.decode(cursor)
        export = None if position is None else self._exports.find(position, profiles=profiles)
        if position is None or export is None:
            return CURSOR_INVALIDATED
        request.export = export
        fault = request.fault
        export.expired = fault.expire_cursor
        if export.expired:
            return CURSOR_INVALIDATED
        export.preparing = export.preparing if fault.reset_code2 is None else fault.reset_code2
        if export.preparing > 0:
            export.preparing -= 1
            text = "Request still in progress, please retry later"
            return failure(text, 2, status=self._settings.preparing_status)
        export.pages_served += 1
        return pages.render(export, position, _page_fault(fault))

    def _open_empty(self, *, profiles: bool) -> ApiResponse:
        export = self._exports.open(
            EventQuery("", []), profiles=profiles, batch_size=None, parts=ProfileParts()
        )
        return self._cursor_of(export)

    def _cursor_of(self, export: OpenExport) -> ApiResponse:
        return success({"cursor": self._cursors.encode(Position(export.number))})


def _page_fault(fault: FaultAction) -> PageFault:
    return PageFault(fault.repeat_cursor, fault.repeat_row, fault.drop_row)


def _parts(request: ApiRequest) -> ProfileParts:
    off = {name for name in ("app", "events", "profile") if request.params.get(name) == "false"}
    return ProfileParts(
        app="app" not in off, events="events" not in off, profile="profile" not in off
    )


def look_up_profile(people: People, request: ApiRequest) -> ApiResponse:
    """Look up one user by exactly one of identity, objectId and email [D:get-user-profiles-api]."""
    keys = [
        (key, request.params[key])
        for key in ("identity", "objectId", "email")
        if key in request.params
    ]
    if len(keys) != 1:
        return INCORRECT_USAGE
    key, value = keys[0]
    found = people.find_by_email(value) if key == "email" else people.find(f"{key}:{value}")
    if found is None or request.anonymous:
        return failure("User not found", 404, status=404)
    return success({"record": profile_record(found, ProfileParts())})
