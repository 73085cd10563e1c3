"""Counts and trends: a `req_id` first, the number when the client polls with it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.exports import EventQuery
from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.api.responses import INCORRECT_USAGE, ApiResponse, failure, partial, success
from clevertap_emulator.data.calendar import day_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from clevertap_emulator.api.exports import EventQueryParser
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings

FIRST_REQ_ID = 384_649_162_721_759
KEPT_COUNTS = 5000
MAX_GROUPS = 5


class CountEndpoint:
    """The endpoint `/1/counts/…`; a client polls with `req_id` [D:get-event-count-api]."""

    def __init__(
        self, settings: Settings, query_parser: EventQueryParser, store: EventStore
    ) -> None:
        self._settings = settings
        self._query_parser = query_parser
        self._store = store
        self._pending: dict[int, tuple[int, ApiResponse]] = {}
        self._last = FIRST_REQ_ID

    def count(self, request: ApiRequest) -> ApiResponse:
        """Count, or return the count of an earlier request."""
        if "req_id" in request.params:
            return self._poll(request.params["req_id"])
        query = request.query()
        event_query = self._query_parser.parse(query)
        if request.anonymous:
            event_query = EventQuery("", [])
        if isinstance(event_query, ApiResponse):
            return event_query
        counted = self._count(request.path, query or {}, event_query)
        return counted if counted.code is not None else self._defer(counted)

    def _defer(self, counted: ApiResponse) -> ApiResponse:
        if not self._settings.preparing:
            return counted
        self._last += 97
        self._pending[self._last] = (self._settings.preparing - 1, counted)
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

    def _count(self, path: str, query: dict[str, Any], event_query: EventQuery) -> ApiResponse:
        if path.endswith("trends.json"):
            return self._trends(query, event_query)
        if path.endswith("profiles.json") or query.get("unique") is True:
            people = self._store.people_of(event_query.name, event_query.days)
            return success({"count": len(people)})
        events = sum(len(self._store.events(event_query.name, day)) for day in event_query.days)
        return success({"count": events})

    def _trends(self, query: dict[str, Any], event_query: EventQuery) -> ApiResponse:
        groups = query.get("groups")
        if not isinstance(groups, dict) or not 0 < len(groups) <= MAX_GROUPS:
            return INCORRECT_USAGE
        unique = query.get("unique") is True
        found: dict[str, object] = {}
        for name, group in groups.items():
            trend = group.get("trend_type") if isinstance(group, dict) else None
            if trend not in {"daily", "weekly", "monthly"}:
                return failure("Invalid group", 400)
            found[name] = self._trend(event_query, trend, unique=unique)
        return success(found)

    def _trend(self, event_query: EventQuery, trend: str, *, unique: bool) -> dict[str, int]:
        if not unique:
            sums: Counter[str] = Counter()
            for day in event_query.days:
                sums[_period(day, trend)] += len(self._store.events(event_query.name, day))
            return dict(sums)
        periods = dict.fromkeys(_period(day, trend) for day in event_query.days)
        return {
            period: len(
                self._store.people_of(event_query.name, _days_in(event_query.days, trend, period))
            )
            for period in periods
        }


def _days_in(days: list[date], trend: str, period: str) -> Iterator[date]:
    return (day for day in days if _period(day, trend) == period)


def _period(day: date, trend: str) -> str:
    """Return the name of a day's period: YYYYMMDD, YYYYWW or YYYYMM [SNIP]."""
    if trend == "daily":
        return str(day_stamp(day))
    if trend == "monthly":
        return f"{day:%Y%m}"
    year, week, _ = day.isocalendar()
    return f"{year}{week:02d}"
