"""One export as a state machine: its next request, and the meaning of the response.

An export reads the rows of one event and one window, page by page, with a cursor. One pass of a
cursor is a walk. A walk ends only where a response has no `next_cursor`: a short page, an empty
page and the status mean nothing. [LEA; QH 0.21] If its cursor is lost or repeats, a new walk starts
at the first page.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_clevertap.api.outcomes import (
    CursorLost,
    EventNotExportable,
    EventUnknown,
    NotReady,
    Outcome,
    Refused,
    Success,
    TryAgain,
    Unauthorized,
)
from tap_clevertap.api.retries import Retries, growing_pause
from tap_clevertap.errors import CleverTapError, CredentialsError, endless_export, export_label
from tap_clevertap.exports.windows import ONE_DAY, Window, day_number, last_day_over, today_in
from tap_clevertap.query.fragment import NO_QUERY
from tap_clevertap.query.refusals import is_query_refused, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from zoneinfo import ZoneInfo

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.query.fragment import Query

Setback = (
    NotReady | TryAgain | CursorLost | EventUnknown | EventNotExportable | Unauthorized | Refused
)
"""Every outcome without a page."""
WALKS_PER_EXPORT = 6
"""Walks before the run stops: CleverTap has to prepare each of them."""

NO_ROWS = (b"", b"null", b"[]")
MOST_EMPTY_PAGES = 200
"""In a row. Some pages in the middle of a walk are empty [LEA]: they are filled from 23 shards."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of the export API, and the flags that select the blocks of its rows."""

    path: str
    flags: dict[str, str]


EVENTS = Endpoint("events.json", {"app": "true", "events": "false", "profile": "true"})
"""Without the summary of events, which is about three quarters of the bytes. [LEA]"""
PROFILES = Endpoint("profiles.json", {"app": "true", "events": "true", "profile": "true"})


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The settings of all exports of a run."""

    page_size: int
    not_ready_patience: float
    zone: ZoneInfo
    query: Query = NO_QUERY
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one response of an export, its end, or the reason to leave its event out."""

    export: Export
    walk: int
    rows: memoryview | bytes = b""
    """A JSON list, as sent, in the response or on its own; empty if it has no row."""
    ended: bool = False
    skipped: type[EventUnknown | EventNotExportable] | None = None


@dataclass(eq=False)
class Export:
    """Reads the rows of one event and one window.

    - A reader thread calls `send_request`, and passes the outcome to `handle`.
    - Only one thread at a time uses it, so it has no lock. The planner reads `pages` and
      `has_ended` from other threads.
    - `handle` raises a `CleverTapError` if the export cannot be read to its end.
    """

    endpoint: Endpoint
    event_name: str
    window: Window
    options: ExportOptions
    walk: int = 0
    closed_through: date | None = None
    """The last day that was over when this walk was opened."""
    pages: int = 0
    """Pages with rows, in this walk."""
    has_ended: bool = False
    """Whether the export was read to its end."""
    pause: float = 0.0
    """Seconds to wait before the next request."""
    _cursor: str | None = None
    _was_opened: bool = False
    _visited: set[str] = field(default_factory=set)
    _empty_pages: int = 0
    """In a row, in this walk."""
    _waits: int = 0
    _not_ready_since: float | None = None
    _retries: Retries = field(default_factory=Retries)

    def send_request(self, client: ExportClient) -> Outcome:
        """Send the next request: open the export, or read the next page."""
        if self._cursor is not None:
            return client.read_page(self.endpoint.path, self._cursor)
        # Only a day that was over when the export was first requested is complete in it.
        if self.closed_through is None:
            self.closed_through = today_in(self.options.zone) - ONE_DAY
        flags = {"batch_size": str(self.options.page_size), **self.endpoint.flags}
        return client.open_export(self.endpoint.path, flags, self._request_body())

    def _request_body(self) -> dict[str, Any]:
        return {
            **self.options.query.fragment,
            "event_name": self.event_name,
            "from": day_number(self.window.first),
            "to": day_number(self.window.last),
        }

    def handle(self, outcome: Outcome, client: ExportClient) -> Page | None:
        """Return the page of an outcome, or None, and move to the next request.

        Raises:
            CredentialsError: On a 401.
            CleverTapError: If the export cannot be read to its end.
        """
        self.pause = 0.0
        if isinstance(outcome, Success):
            return self._advance(outcome)
        if isinstance(outcome, EventUnknown) and is_query_refused(
            outcome.words, event_name=self.event_name, query=self.options.query
        ):
            outcome = Refused("a name in it is unknown", words=outcome.words)
        if isinstance(outcome, EventUnknown | EventNotExportable) and not self._was_opened:
            return Page(self, self.walk, skipped=type(outcome))
        self._handle_setback(outcome, client)
        return None

    def _handle_setback(self, outcome: Setback, client: ExportClient) -> None:
        if isinstance(outcome, NotReady):
            self._wait_until_ready()
        elif isinstance(outcome, TryAgain):
            self.pause = self._retries.pause(outcome, host=client.host, contacted=client.contacted)
        elif isinstance(outcome, CursorLost):
            self._restart(outcome.reason)
        elif isinstance(outcome, EventUnknown | EventNotExportable):
            verb = "knows" if isinstance(outcome, EventUnknown) else "exports"
            self._restart(f"CleverTap opened it, and then no longer {verb} the event")
        elif isinstance(outcome, Unauthorized):
            raise CredentialsError(client.host)
        else:
            raise CleverTapError(self._failure(outcome))

    def _advance(self, success: Success) -> Page | None:
        self._retries.reset()
        self._not_ready_since, self._waits = None, 0
        opening = self._cursor is None
        following = success.body.cursor if opening else success.body.next_cursor
        if opening and not following:
            self._restart("it was opened without a cursor")
            return None
        if opening:
            self._was_opened = True
            self._use_the_earlier_clock(success)
        if following in self._visited:
            # Its rows may be those of an earlier page; the next walk has them again.
            self._restart("its cursor came back")
            return None
        if following:
            self._visited.add(following)
            self._cursor = following
        rows = _rows(success)
        self.has_ended = not following
        self._count_page(has_rows=bool(rows), is_opening=opening)
        if self.has_ended:
            self._visited.clear()
        return Page(self, self.walk, rows, self.has_ended) if rows or self.has_ended else None

    def _count_page(self, *, has_rows: bool, is_opening: bool) -> None:
        self.pages += has_rows
        self._empty_pages = 0 if has_rows or is_opening else self._empty_pages + 1
        if not self.has_ended and self._empty_pages >= MOST_EMPTY_PAGES:
            raise endless_export(str(self), self._empty_pages, "without a row")

    def _use_the_earlier_clock(self, success: Success) -> None:
        """Close no day that is over by only one of the two clocks."""
        if self.closed_through is not None and success.sent_at is not None:
            by_server_clock = last_day_over(success.sent_at, self.options.zone)
            self.closed_through = min(self.closed_through, by_server_clock)

    def _wait_until_ready(self) -> None:
        self._retries.reset()
        now = self.options.clock()
        since = self._not_ready_since = self._not_ready_since or now
        if now - since > self.options.not_ready_patience:
            message = (
                f"{self}: it was still in progress after {self.options.not_ready_patience:g} s; "
                "raise not_ready_patience, or run again later to continue from the last closed day"
            )
            raise CleverTapError(message)
        self._waits += 1
        self.pause = growing_pause(self._waits)

    def _restart(self, reason: str) -> None:
        self.walk += 1
        if self.walk >= WALKS_PER_EXPORT:
            message = (
                f"{self}: it could not be read to its end in {self.walk} walks ({reason}); "
                "run again later to continue from the last closed day"
            )
            raise CleverTapError(message)
        self._cursor = self.closed_through = None
        self.pages = self._empty_pages = 0
        self._retries.reset()
        self._visited.clear()
        self.pause = growing_pause(self.walk)

    def _failure(self, refused: Refused) -> str:
        if not self.options.query.fragment or self._cursor is not None:
            return f"{self}: CleverTap refuses it ({refused.reason}); {refused.advice}"
        return f"{self}: {refusal(refused.reason, refused.words, refused.advice)}"

    @override
    def __str__(self) -> str:
        return export_label(self.event_name, self.window)


def _rows(success: Success) -> memoryview | bytes:
    rows = memoryview(success.body.records)  # a copy would be a second page of 3 MB
    return b"" if any(rows == nothing for nothing in NO_ROWS) else rows
