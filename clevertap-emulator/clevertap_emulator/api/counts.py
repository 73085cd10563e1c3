"""Counts and trends: a `req_id` first, the number when the client polls with it."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.api.count_faults import standing_fault
from clevertap_emulator.api.exports import EventQuery
from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.api.responses import (
    BAD_DATES,
    COUNTS_REFUSED,
    INCORRECT_USAGE,
    ApiResponse,
    failure,
    partial,
    success,
)
from clevertap_emulator.data.calendar import day_stamp
from clevertap_emulator.settings import CountMode

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.api.count_faults import CountFault
    from clevertap_emulator.api.exports import EventQueryParser
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings

FIRST_REQ_ID = 384_649_162_721_759
KEPT_COUNTS = 5000
MAX_GROUPS = 5
TRENDS = frozenset(["daily", "weekly", "monthly"])
MAX_TREND_DAYS = 365


class CountEndpoint:
    """The endpoint `/1/counts/…`; a client polls with `req_id` [D:get-event-count-api]."""

    def __init__(
        self,
        settings: Settings,
        calendar: Calendar,
        query_parser: EventQueryParser,
        store: EventStore,
    ) -> None:
        self._settings = settings
        self._calendar = calendar
        self._query_parser = query_parser
        self._store = store
        self._standing = standing_fault(settings)
        self._pending: dict[int, tuple[int, ApiResponse]] = {}
        self._last = FIRST_REQ_ID

    def count(self, request: ApiRequest) -> ApiResponse:
        """Count, or return the count of an earlier request."""
        if self._settings.counts is CountMode.REFUSED:
            return COUNTS_REFUSED
        if "req_id" in request.params:
            return self._poll(request.params["req_id"])
        query = request.query()
        event_query = self._query_parser.parse(query)
        if request.anonymous:
            event_query = EventQuery("", [])
        if isinstance(event_query, ApiResponse):
            return event_query
        fault = request.fault.count or self._standing
        totals = _Totals(self._store, self._calendar, event_query, fault)
        counted = self._count(request.path, query or {}, totals)
        return counted if counted.code is not None else self._defer(counted, fault)

    def _defer(self, counted: ApiResponse, fault: CountFault) -> ApiResponse:
        polls = self._settings.preparing if fault.not_ready is None else fault.not_ready
        if not polls:
            return counted
        self._last += 97
        self._pending[self._last] = (polls - 1, counted)
        if len(self._pending) > KEPT_COUNTS:
            self._pending.pop(next(iter(self._pending)))
        return partial(self._last)

    def _poll(self, req_id: str) -> ApiResponse:
        number = parse_whole(req_id)
        known = None if number is None else self._pending.get(number)
        if number is None or known is None:
            return failure("invalid request id", 4004)
        polls, counted = known
        if polls <= 0:
            return counted
        self._pending[number] = (polls - 1, counted)
        return partial(number)

    def _count(self, path: str, query: dict[str, Any], totals: _Totals) -> ApiResponse:
        if path.endswith("trends.json"):
            return self._trends(query, totals)
        if path.endswith("profiles.json"):
            return success(totals.profiles())
        unique = query.get("unique") is True
        return success(_known({"count": totals.total(totals.days, unique=unique)}))

    def _trends(self, query: dict[str, Any], totals: _Totals) -> ApiResponse:
        if len(totals.days) > MAX_TREND_DAYS:
            return BAD_DATES
        groups = query.get("groups")
        if not isinstance(groups, dict) or not 0 < len(groups) <= MAX_GROUPS:
            return INCORRECT_USAGE
        unique = query.get("unique") is True
        found: dict[str, object] = {}
        for name, group in groups.items():
            trend = group.get("trend_type") if isinstance(group, dict) else None
            if not isinstance(trend, str) or trend not in TRENDS:
                return failure("Invalid group", 400)
            found[name] = totals.trend(trend, unique=unique, zeros=self._settings.trend_zeros)
        return success(found)


class _Totals:
    """The totals of one event's days, as a fault changes them."""

    def __init__(
        self, store: EventStore, calendar: Calendar, event_query: EventQuery, fault: CountFault
    ) -> None:
        self.days = event_query.days
        self._store = store
        self._calendar = calendar
        self._name = event_query.name
        self._filter = event_query.filter
        self._fault = fault
        self._changed = set(fault.selected(self.days, calendar.current_day()))

    def total(self, days: list[date], *, unique: bool) -> object:
        """Return the events, or the users, of some days; `UNSET` if a fault leaves them out."""
        fault = self._fault
        changed = sum(day in self._changed for day in days)
        if changed and fault.missing:
            return msgspec.UNSET
        if changed and fault.value is not msgspec.UNSET:
            return fault.value
        if unique:
            users = {event.person for day in days for event in self._events(day)}
            return fault.altered(len(users), changed)
        return sum(fault.altered(self._size(day), int(day in self._changed)) for day in days)

    def trend(self, kind: str, *, unique: bool, zeros: bool) -> dict[str, object]:
        """Return the total of each period; without `zeros` the periods without rows are absent."""
        periods: dict[str, list[date]] = defaultdict(list)
        for day in self.days:
            periods[_period(day, kind)].append(day)
        totals = {period: self.total(days, unique=unique) for period, days in periods.items()}
        shown = zeros or self._fault.value is not msgspec.UNSET
        return _known({period: total for period, total in totals.items() if shown or total != 0})

    def profiles(self) -> dict[str, object]:
        """Return the count of users, with the other keys of the recorded response [GMA]."""
        devices = {(event.person, event.device) for day in self.days for event in self._events(day)}
        count = self.total(self.days, unique=True)
        users_and_devices = {
            "devices": self._fault.altered(len(devices), len(self._changed)),
            "users": count,
        }
        return _known(
            {
                "count": count,
                "nQCount": 0,
                "tcount": self.total(self.days, unique=False),
                "userDeviceCount": _known(users_and_devices),
            }
        )

    def _size(self, day: date) -> int:
        if self._filter is None and self._fault.without_minutes is None:
            return self._store.size(self._name, day)
        return len(self._events(day))

    def _events(self, day: date) -> list[StoredEvent]:
        events = self._counted(day)
        return events if self._filter is None else self._filter.keep(events)

    def _counted(self, day: date) -> list[StoredEvent]:
        minutes = self._fault.without_minutes
        if minutes is None:
            return self._store.events(self._name, day)
        seconds = minutes * 60
        latest = self._calendar.stamp(self._calendar.now() - seconds)
        arrived = self._store.arrivals_until(time.monotonic() - seconds)
        events = self._store.events(self._name, day, arrived)
        return [event for event in events if event.ts <= latest]


def _known(content: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if value is not msgspec.UNSET}


def _period(day: date, trend: str) -> str:
    """Return the name of a day's period: YYYYMMDD, YYYYWW or YYYYMM [SNIP]."""
    if trend == "daily":
        return str(day_stamp(day))
    if trend == "monthly":
        return f"{day:%Y%m}"
    year, week, _ = day.isocalendar()
    return f"{year}{week:02d}"
