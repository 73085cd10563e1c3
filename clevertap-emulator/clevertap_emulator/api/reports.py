"""Campaigns and their results, message reports, category groups, content blocks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.parsing import is_list_of_texts, parse_whole
from clevertap_emulator.api.responses import (
    BAD_DATES,
    EMPTY_200,
    INCORRECT_USAGE,
    MALFORMED,
    ApiResponse,
    failure,
    plain,
    success,
)
from clevertap_emulator.data.calendar import parse_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.content import Content
    from clevertap_emulator.settings import Settings

CAMPAIGN_DAYS = 31
PAGE_SIZE = 100
MESSAGE_FILTERS = ("channel", "delivery", "status", "message_type", "label")
MESSAGE_KEYS = frozenset(["from", "to", "daily", *MESSAGE_FILTERS])
_UNFINISHED = "This target hasn't been completed"
NOT_FINISHED = (
    plain({"status": "fail", "error": _UNFINISHED}),  # [SNIP]
    plain({"status": "fail", "error": _UNFINISHED}, status=409),  # the developer pages
    failure("This target has no result as of yet", 500, status=500),  # [ING], seen live
    plain({"status": "success", "error": _UNFINISHED, "code": 200}),  # [ING], seen live
)
"""What a campaign without a result responds with, by turns."""


class ReportEndpoints:
    """The endpoints for what the project has apart from users and events."""

    def __init__(self, settings: Settings, content: Content) -> None:
        self._settings = settings
        self._content = content
        self._handlers: dict[str, Callable[[ApiRequest], ApiResponse]] = {
            "/1/targets/list.json": self._campaigns,
            "/1/targets/result.json": self._result,
            "/1/message/report.json": self._messages,
            "/category-groups": self._category_groups,
            "/v1/contentBlock/list": self._content_blocks,
        }

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Respond to a request of the kind `report`."""
        posted = request.path.startswith("/1/")
        if request.method != ("POST" if posted else "GET"):
            return EMPTY_200
        return self._handlers[request.path](request)

    def _campaigns(self, request: ApiRequest) -> ApiResponse:
        days = _days(request)
        if isinstance(days, ApiResponse):
            return days
        if (days[1] - days[0]).days >= CAMPAIGN_DAYS:
            return BAD_DATES
        found = [] if request.anonymous else self._content.campaigns(*days)
        return success({"targets": found})

    def _result(self, request: ApiRequest) -> ApiResponse:
        campaign = (request.query() or {}).get("id")
        if not isinstance(campaign, int) or isinstance(campaign, bool):
            return MALFORMED
        day = None if request.anonymous else self._content.campaign_day(campaign)
        if day is None:
            return failure("Invalid target id", 400, status=400)
        turn = day.toordinal() // 2 % (2 * len(NOT_FINISHED))
        listed = self._content.campaigns(day, day)[0]
        if listed["status"] == "completed" and turn >= len(NOT_FINISHED):
            return success({"result": self._content.result(day)})
        return NOT_FINISHED[turn % len(NOT_FINISHED)]

    def _messages(self, request: ApiRequest) -> ApiResponse:
        days = _days(request)
        if isinstance(days, ApiResponse):
            return days
        query = request.query() or {}
        if not MESSAGE_KEYS.issuperset(query):
            return INCORRECT_USAGE
        wanted = _filters(query)
        if wanted is None:
            return MALFORMED
        asked = (days[1] - days[0]).days + 1
        if 0 < self._settings.report_max_days < asked:
            return BAD_DATES
        found = [] if request.anonymous else self._content.messages(*days)
        kept = [each for each in found if _is_wanted(each, wanted)]
        seconds = asked * self._settings.report_day_ms / 1000
        return success({"total_results": len(kept), "messages": kept}, seconds=seconds)

    def _category_groups(self, request: ApiRequest) -> ApiResponse:
        return success({"list": [] if request.anonymous else self._content.category_groups()})

    def _content_blocks(self, request: ApiRequest) -> ApiResponse:
        page = parse_whole(request.params.get("pageNumber", "1"))
        size = parse_whole(request.params.get("pageSize", str(PAGE_SIZE)))
        if not page or not size or size > PAGE_SIZE:
            return failure("Invalid page number or page size", 400, status=400)
        blocks = [] if request.anonymous else self._content.content_blocks()
        for name, key, least in (
            ("updatedFrom", "updatedAt", True),
            ("updatedTo", "updatedAt", False),
            ("createdAtFrom", "createdAt", True),
            ("createdAtTo", "createdAt", False),
        ):
            bound = request.params.get(name)
            if bound is None:
                continue
            if not _has_milliseconds(bound):
                return failure("Enter date in ISO format", 400, status=400)
            blocks = [
                each for each in blocks if (each[key] >= bound if least else each[key] <= bound)
            ]
        shown = blocks[(page - 1) * size : page * size]
        return plain({"contentBlocks": shown, "total": len(blocks)})


def _days(request: ApiRequest) -> tuple[date, date] | ApiResponse:
    query = request.query()
    if query is None:
        return MALFORMED
    first, last = parse_day(query.get("from")), parse_day(query.get("to"))
    return BAD_DATES if first is None or last is None or first > last else (first, last)


def _filters(query: dict[str, Any]) -> dict[str, set[str]] | None:
    """Return the values of each filter, a list or a text with commas; None for another type."""
    given = {name: query[name] for name in MESSAGE_FILTERS if query.get(name) is not None}
    lists = {
        name: value.split(",") if isinstance(value, str) else value for name, value in given.items()
    }
    if not all(is_list_of_texts(value) for value in lists.values()):
        return None
    return {name: {*value} for name, value in lists.items()}


def _is_wanted(message: dict[str, Any], wanted: dict[str, set[str]]) -> bool:
    for name, values in wanted.items():
        has = message["labels" if name == "label" else name]
        if not values & {*(has if isinstance(has, list) else [has])}:
            return False
    return True


def _has_milliseconds(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 - only its form counts
    except ValueError:
        return False
    return True
