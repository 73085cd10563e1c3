"""The requests of a check: one at a time, a few tries of each, and a limit for all of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap._http.causes import Cause
from tap_clevertap.api.outcomes import (
    CursorLost,
    EventUnknown,
    NotReady,
    Refused,
    Success,
    TryAgain,
)
from tap_clevertap.check.regions import region_of_project
from tap_clevertap.config.schema import LARGEST_PAGE
from tap_clevertap.errors import CleverTapError
from tap_clevertap.exports.windows import day_number
from tap_clevertap.query.refusals import is_query_refused
from tap_clevertap.records.exact_json import UNREADABLE_JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.api.outcomes import Outcome
    from tap_clevertap.config.settings import TapSettings

MOST_SECONDS = 240.0
"""For all requests of a check."""
PHASES = 3
"""A request may take three timeouts: to connect, for its first byte, and for the rest."""
READY_SECONDS = 30.0
"""For an export or a count that is still in progress."""
TRIES = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0
MOST_PAGES, MOST_ROWS = 8, 15_000
"""Of an export; pages in the middle may have few rows, or none. [LEA]"""
EXPORT = "events.json"
COUNT = "counts/events.json"
FLAGS = {
    "batch_size": str(LARGEST_PAGE), "app": "false", "events": "false", "profile": "false",
}  # fmt: skip
"""Only `ts` is read: the rows come without what is known of their users."""


class _Row(msgspec.Struct):
    ts: Any = None


_decode_rows = msgspec.json.Decoder(list[_Row]).decode


class OutOfTimeError(Exception):
    """The requests of a check took too long together."""


class Sample(NamedTuple):
    """The `ts` of the rows of an export, and whether it was read to its end."""

    stamps: list[Any]
    is_complete: bool


class QueryRefused(NamedTuple):
    """CleverTap refuses an export with the setting `query`, and accepts it without."""

    reason: str
    words: str


class Probe:
    """Sends the requests of a check, and notes a limit that was reached with one in flight.

    - Its methods return an outcome that is no longer to be tried again.
    - They raise an `OutOfTimeError` when the time of the check is over, and a `CleverTapError` as
      the client does.

    Args:
        settings: Of the run.
        client: Its client.
    """

    def __init__(self, settings: TapSettings, client: ExportClient) -> None:
        self.settings = settings
        self._client = client
        self._until = time.monotonic() + MOST_SECONDS
        self._schema: Outcome | None = None
        self.was_throttled = False
        """Whether CleverTap counted too many requests in flight."""
        self.server_time: float | None = None
        """The time of its newest response by its own clock, in epoch seconds."""

    @property
    def host(self) -> str:
        """The host, as messages show it."""
        return self._client.host

    def schema(self) -> Outcome:
        """Return the outcome of getSchema, which is asked for once."""
        if self._schema is None:
            self._schema = self._outcome(lambda _: self._client.request_schema("events"))
        return self._schema

    def schema_content(self) -> bytes | None:
        """Return the response of getSchema, or None if there is none; raise nothing."""
        try:
            outcome = self.schema()
        except (CleverTapError, OutOfTimeError):
            return None
        return outcome.content if isinstance(outcome, Success) else None

    def empty_upload(self) -> Outcome:
        """Return the outcome of an upload of no record; only wrong credentials make a 401 of it."""
        return self._outcome(lambda _: self._client.upload_nothing())

    def count(self, event_name: str, day: date) -> Outcome:
        """Return the outcome of the count of one event and day."""
        body = self._body(event_name, day, day, self.settings.query.fragment)

        def send(waiting: NotReady | None) -> Outcome:
            if waiting is not None and waiting.req_id is not None:
                return self._client.poll_count(COUNT, waiting.req_id)
            return self._client.ask_count(COUNT, body)

        return self._outcome(send)

    def sample(self, event_name: str, first: date, last: date) -> Sample | QueryRefused | Outcome:
        """Return the `ts` of the first pages of an export; an outcome if it has none."""
        fragment = self.settings.query.fragment
        outcome = self._open(self._body(event_name, first, last, fragment))
        if self._may_be_of_query(outcome, event_name):
            plain = self._open(self._body(event_name, first, last, {}))
            if isinstance(plain, Success | NotReady):
                return _query_refused(outcome)
        if not isinstance(outcome, Success):
            return outcome
        if not outcome.body.cursor:
            return Refused("it was opened without a cursor")
        return self._pages(outcome.body.cursor)

    @staticmethod
    def _body(
        event_name: str, first: date, last: date, fragment: Mapping[str, Any]
    ) -> dict[str, Any]:
        days = {"from": day_number(first), "to": day_number(last)}
        return {**fragment, "event_name": event_name, **days}

    def _open(self, body: dict[str, Any]) -> Outcome:
        return self._outcome(lambda _: self._client.open_export(EXPORT, FLAGS, body))

    def _may_be_of_query(self, outcome: Outcome, event_name: str) -> bool:
        query = self.settings.query
        if isinstance(outcome, EventUnknown):
            return is_query_refused(outcome.words, event_name=event_name, query=query)
        return bool(query.fragment) and isinstance(outcome, Refused)

    def _pages(self, cursor: str) -> Sample | Outcome:
        stamps: list[Any] = []
        for _ in range(MOST_PAGES):
            outcome = self._page(cursor)
            if isinstance(outcome, CursorLost) and stamps:
                return Sample(stamps, is_complete=False)
            if not isinstance(outcome, Success):
                return outcome
            stamps += _stamps(outcome)
            if not outcome.body.next_cursor:
                return Sample(stamps, is_complete=True)
            if len(stamps) >= MOST_ROWS:
                break
            cursor = outcome.body.next_cursor
        return Sample(stamps, is_complete=False)

    def _page(self, cursor: str) -> Outcome:
        return self._outcome(lambda _: self._client.read_page(EXPORT, cursor))

    def region_of_project(self) -> str | None:
        """Return the region where the credentials read events, if it is not the configured one."""
        return region_of_project(self.settings, self._timeout)

    def _outcome(self, send: Callable[[NotReady | None], Outcome]) -> Outcome:
        """Send a request, again while that may help, and return its last outcome.

        Args:
            send: Is given the outcome of a count that is still in progress.
        """
        waiting: NotReady | None = None
        tries, pause, ready_by = 1, FIRST_PAUSE, time.monotonic() + READY_SECONDS
        while True:
            self._client.request_timeout = self._timeout()
            outcome = self._noted(send(waiting))
            if isinstance(outcome, NotReady):
                waiting = outcome
                if time.monotonic() > ready_by:
                    return outcome
            elif isinstance(outcome, TryAgain) and outcome.cause is not Cause.TIMEOUT:
                if tries == TRIES:
                    return outcome
                tries += 1
            else:
                return outcome
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _noted(self, outcome: Outcome) -> Outcome:
        """Note the server's time, and the limits that a request reached."""
        if isinstance(outcome, Success) and outcome.sent_at is not None:
            self.server_time = outcome.sent_at
        if isinstance(outcome, TryAgain):
            self.was_throttled |= outcome.cause is Cause.THROTTLED
            is_shortened = self._client.request_timeout < self.settings.request_timeout
            if outcome.cause is Cause.TIMEOUT and is_shortened and self._client.contacted:
                raise OutOfTimeError
        return outcome

    def _timeout(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return min(self.settings.request_timeout, left / PHASES)


def _query_refused(outcome: Outcome) -> QueryRefused:
    if isinstance(outcome, Refused):
        return QueryRefused(outcome.reason, outcome.words)
    words = outcome.words if isinstance(outcome, EventUnknown) else ""
    return QueryRefused("a name in it is unknown", words)


def _stamps(page: Success) -> list[Any]:
    try:
        return [row.ts for row in _decode_rows(page.body.records or b"[]")]
    except UNREADABLE_JSON:
        return []  # a run reports such a page; here it only shows nothing
