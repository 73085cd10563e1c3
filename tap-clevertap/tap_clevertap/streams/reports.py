"""Campaigns and their results, reports of messages, and the daily totals of events."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_clevertap._plugin.shown import shown
from tap_clevertap.config.event_names import list_names
from tap_clevertap.counts.tasks import Counted, CountOptions, EventCount
from tap_clevertap.errors import CleverTapError
from tap_clevertap.exports.windows import ONE_DAY, Window, day_number, split
from tap_clevertap.lookups.dispensable import Dispensable
from tap_clevertap.records import lists
from tap_clevertap.records.lists import list_record
from tap_clevertap.streams.further import FurtherStream
from tap_clevertap.streams.further_schemas import FURTHER_SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from tap_clevertap.lookups.lookup import Answer, Lookup

CAMPAIGN_DAYS = 31
"""Days that a list of campaigns is made for. [D:get-campaigns-api]"""
DAYS_AHEAD = 12 * CAMPAIGN_DAYS
"""Campaigns are listed by the day they are scheduled on, which may be to come. [ING]"""
REPORT_DAYS = 14
"""Days of one report of messages: of 30 days it takes 26 seconds. [LEA]"""


class Campaigns(FurtherStream):
    """The campaigns that were created through the API. [D:get-campaigns-api].

    Their status changes long after they were scheduled, so all of them are read in each run.
    """

    name = reads = "campaigns"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    schema = FURTHER_SCHEMAS["campaigns"]
    columns = lists.CAMPAIGN

    @override
    def _read(self) -> Iterator[Record]:
        settings = self._run.settings
        ahead = DAYS_AHEAD * ONE_DAY if settings.end == settings.today else 0 * ONE_DAY
        yield from map(self._record, self._campaigns(Window(settings.start, settings.end + ahead)))

    def _campaigns(self, days: Window) -> Iterator[Record]:
        """Yield the campaigns that are scheduled on some days, as sent."""
        for answer in self._ask(map(self._window, split(days, CAMPAIGN_DAYS))):
            window: Window = answer.lookup.about
            if answer.refused is None or window.first <= self._run.settings.today:
                yield from self._listed(answer, "targets")

    def _window(self, window: Window) -> Lookup:
        body = {"from": day_number(window.first), "to": day_number(window.last)}
        return self._lookup("POST", "/1/targets/list.json", body=body, about=window)


class CampaignReports(Campaigns):
    """The results of campaigns.

    One that is not finished, or that CleverTap does not give, is reported in a later run.
    """

    name = reads = "campaign_reports"
    schema = FURTHER_SCHEMAS["campaign_reports"]

    @override
    def _read(self) -> Iterator[Record]:
        days = Window(self._run.settings.start, self._run.settings.end)
        campaigns = list(self._campaigns(days))
        unfinished, refused = 0, Counter[str]()
        dispensable = Dispensable()
        for answer in self._ask(self._result_of(each, dispensable) for each in campaigns):
            result = self._result(answer)
            if result is not None:
                yield self._report(answer.lookup.about, result)
            elif answer.refused is None or answer.refused.not_finished:
                unfinished += 1
            else:
                refused[answer.refused.reason] += 1
        self._log_without_result(unfinished, refused)

    def _result_of(self, campaign: Record, dispensable: Dispensable) -> Lookup:
        body, path = {"id": campaign.get("id")}, "/1/targets/result.json"
        lookup = self._lookup("POST", path, body=body, about=campaign)
        lookup.dispensable = dispensable
        return lookup

    def _result(self, answer: Answer) -> Record | None:
        """Return the result in an answer; None without one, also in a success. [ING tests]."""
        if answer.refused is not None:
            return None
        result = self._body(answer).get("result")
        return result if isinstance(result, dict) and result else None

    def _report(self, campaign: Record, result: Record) -> Record:
        listed = self._record(campaign)
        report = list_record(result, lists.RESULT)
        return {name: listed[name] for name in ("id", "name", "scheduled_on")} | report

    def _log_without_result(self, unfinished: int, refused: Counter[str]) -> None:
        if unfinished:
            message = "campaign_reports: %d campaigns have no result yet; a later run reads them"
            self.logger.info(message, unfinished)
        if refused:
            message = (
                "campaign_reports: CleverTap does not give the results of %d campaigns (%s); a "
                "later run asks again, and if it repeats, ask CleverTap's support"
            )
            self.logger.warning(message, refused.total(), ", ".join(refused))


class MessageReports(FurtherStream):
    """The reports of messages by the day they started on. [D:get-message-reports-api; LEA]."""

    name = reads = "message_reports"
    primary_keys: ClassVar[tuple[str, ...]] = ("message_id",)
    replication_key = "start_date"
    schema = FURTHER_SCHEMAS["message_reports"]
    columns = lists.MESSAGE

    @override
    def _read(self) -> Iterator[Record]:
        bookmark = self._bookmark()
        days = self._days_to_read(bookmark)
        bookmark.expect(days.first)
        for answer in self._ask(map(self._report_of, split(days, REPORT_DAYS))):
            yield from map(self._record, self._listed(answer, "messages"))
            self._close(bookmark, answer.lookup.about)

    def _report_of(self, window: Window) -> Lookup:
        body = {"from": f"{window.first:%Y%m%d}", "to": f"{window.last:%Y%m%d}"}
        return self._lookup("POST", "/1/message/report.json", body=body, about=window)


class EventCounts(FurtherStream):
    """The daily totals of events, as CleverTap counts them; days without rows are left out."""

    name = reads = "event_counts"
    primary_keys: ClassVar[tuple[str, ...]] = ("event", "day")
    replication_key = "day"
    schema = FURTHER_SCHEMAS["event_counts"]

    @override
    def _read(self) -> Iterator[Record]:
        bookmark = self._bookmark()
        days = self._days_to_read(bookmark)
        bookmark.expect(days.first)
        state: dict[str, Any] = self.stream_state
        before = set(state.get("events", ()))
        failures: dict[str, str] = {}
        counted: list[str] = []
        for result in self._answers(self._counts(days, before)):
            if isinstance(result, Counted) and result.totals is None:
                failures[result.event_name] = result.failure
            elif isinstance(result, Counted):
                counted.append(result.event_name)
                yield from self._records(result)
        self._check(counted, failures)
        # The bookmark is only for these events: another one is read from the start.
        state["events"] = sorted(counted)
        self._close(bookmark, days)

    def _counts(self, days: Window, before: set[str]) -> Iterator[EventCount]:
        settings = self._run.settings
        for name in self._select_events().events.names:
            first = days.first if name in before else min(days.first, settings.start)
            options = CountOptions(settings.zone, settings.query.fragment)
            yield EventCount(name, Window(first, days.last), options)

    def _records(self, result: Counted) -> Iterator[Record]:
        for day, total in sorted((result.totals or {}).items()):
            if total:
                yield {"event": result.event_name, "day": day.isoformat(), "total": total}

    def _check(self, counted: list[str], failures: dict[str, str]) -> None:
        if not failures:
            return
        (name, reason), *_ = failures.items()
        if not counted:
            message = (
                f"{self.name}: no event has totals ({reason}); your project may have no counts"
            )
            raise CleverTapError(message)
        message = "event_counts: %d events have no totals (%s); %s: %s"
        self.logger.warning(
            message, len(failures), list_names(sorted(failures)), shown(name), reason
        )
