"""One export: what to ask CleverTap next for it, and what to do with the answer.

An export is a walk of a cursor over the rows of one event and one window. It ends where an answer
has no next_cursor, and nowhere else: a short page, a page without records and the status say
nothing. [LEA; QH 0.21] A walk whose cursor is lost or comes back is begun again from the start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_clevertap.api.outcomes import (
    Answer,
    CursorLost,
    EventNotExportable,
    EventUnknown,
    NotReady,
    Refused,
    Success,
    TryAgain,
    Unauthorized,
)
from tap_clevertap.api.retries import Retries, growing_pause
from tap_clevertap.errors import CleverTapError, CredentialsError, endless, where
from tap_clevertap.exports.windows import ONE_DAY, Window, day_of, today_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from zoneinfo import ZoneInfo

    from tap_clevertap.api.client import Client

Setback = (
    NotReady | TryAgain | CursorLost | EventUnknown | EventNotExportable | Unauthorized | Refused
)
"""Every answer that brings nothing."""
WALKS_PER_EXPORT = 6
"""Times an export is begun before the run stops: each costs a preparation on CleverTap's side."""

MOST_EMPTY_PAGES = 200
"""In a row. Some are empty in the midst of a walk [LEA]; a page is filled from 23 shards."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: the API's path, and the flags that decide what a row holds."""

    path: str
    flags: dict[str, str]


EVENTS = Source("events.json", {"app": "true", "events": "false", "profile": "true"})
"""Without the event summary, which is about three quarters of the bytes. [LEA]"""
PROFILES = Source("profiles.json", {"app": "true", "events": "true", "profile": "true"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What all exports of a run have in common."""

    page_size: int
    not_ready_patience: float
    zone: ZoneInfo
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer brought to an export: rows, the end, or why its event is left out."""

    export: Export
    walk: int
    rows: bytes = b""
    """A JSON list, as sent; empty where there are none."""
    ended: bool = False
    skipped: type[EventUnknown | EventNotExportable] | None = None


@dataclass(eq=False)
class Export:
    """A walk over the rows of one event and one window, begun again when its cursor is lost."""

    source: Source
    event_name: str
    window: Window
    terms: Terms
    walk: int = 0
    closed_through: date | None = None
    pages: int = 0
    """Pages with rows so far, of this walk."""
    has_ended: bool = False
    """Whether it was read to its end."""
    pause: float = 0.0
    """Seconds to wait before its next request."""
    _cursor: str | None = None
    _was_opened: bool = False
    _visited: set[str] = field(default_factory=set)
    _empty_pages: int = 0
    """In a row, of this walk."""
    _waits: int = 0
    _not_ready_since: float | None = None
    _retries: Retries = field(default_factory=Retries)

    def ask(self, client: Client) -> Answer:
        """Send the next request: open the export, or read the page its cursor stands for."""
        if self._cursor is not None:
            return client.read_page(self.source.path, self._cursor)
        # Only a day that had ended when the export was first asked for is complete in it.
        if self.closed_through is None:
            self.closed_through = today_in(self.terms.zone) - ONE_DAY
        flags = {"batch_size": str(self.terms.page_size), **self.source.flags}
        return client.open_export(self.source.path, flags, self._question())

    def _question(self) -> dict[str, Any]:
        return {
            "event_name": self.event_name,
            "from": int(self.window.first.strftime("%Y%m%d")),
            "to": int(self.window.last.strftime("%Y%m%d")),
        }

    def take(self, answer: Answer, client: Client) -> Page | None:
        """Return the page that an answer brings, if it brings one, and move on.

        Raises:
            CredentialsError: On a 401.
            CleverTapError: If the export cannot be read to its end.
        """
        self.pause = 0.0
        if isinstance(answer, Success):
            return self._advance(answer)
        if isinstance(answer, EventUnknown | EventNotExportable) and not self._was_opened:
            return Page(self, self.walk, skipped=type(answer))
        self._ask_again(answer, client)
        return None

    def _ask_again(self, answer: Setback, client: Client) -> None:
        if isinstance(answer, NotReady):
            self._wait()
        elif isinstance(answer, TryAgain):
            self.pause = self._retries.pause(answer, host=client.host, contacted=client.contacted)
        elif isinstance(answer, CursorLost):
            self._begin_again(answer.reason)
        elif isinstance(answer, EventUnknown | EventNotExportable):
            what = "knows" if isinstance(answer, EventUnknown) else "exports"
            self._begin_again(f"CleverTap opened it, and then no longer {what} the event")
        elif isinstance(answer, Unauthorized):
            raise CredentialsError(client.host)
        else:
            raise CleverTapError(self._failure(answer))

    def _advance(self, answer: Success) -> Page | None:
        self._retries.reset()
        self._not_ready_since, self._waits = None, 0
        opening = self._cursor is None
        following = answer.body.cursor if opening else answer.body.next_cursor
        if opening and not following:
            self._begin_again("it was opened without a cursor")
            return None
        if opening:
            self._was_opened = True
            self._trust_the_earlier_clock(answer)
        if following in self._visited:
            # Its rows may be those of an earlier page: they come again in the next walk.
            self._begin_again("its cursor came back")
            return None
        if following:
            self._visited.add(following)
            self._cursor = following
        rows = _rows(answer)
        self.pages += bool(rows)
        self._empty_pages = 0 if rows or opening else self._empty_pages + 1
        if following and self._empty_pages >= MOST_EMPTY_PAGES:
            raise endless(str(self), self._empty_pages, "without a row")
        self.has_ended = not following
        if self.has_ended:
            self._visited.clear()
        return Page(self, self.walk, rows, self.has_ended) if rows or self.has_ended else None

    def _trust_the_earlier_clock(self, answer: Success) -> None:
        """Close no day that is over by this machine's clock only."""
        if self.closed_through is not None and answer.sent_at is not None:
            by_their_clock = day_of(answer.sent_at, self.terms.zone) - ONE_DAY
            self.closed_through = min(self.closed_through, by_their_clock)

    def _wait(self) -> None:
        self._retries.reset()
        now = self.terms.clock()
        since = self._not_ready_since = self._not_ready_since or now
        if now - since > self.terms.not_ready_patience:
            message = (
                f"{self}: it was still in progress after {self.terms.not_ready_patience:g} s; "
                "raise not_ready_patience, or run again later to continue from the last closed day"
            )
            raise CleverTapError(message)
        self._waits += 1
        self.pause = growing_pause(self._waits)

    def _begin_again(self, reason: str) -> None:
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
        return f"{self}: CleverTap refuses it ({refused.reason}); {refused.advice}"

    @override
    def __str__(self) -> str:
        return where(self.event_name, self.window)


def _rows(answer: Success) -> bytes:
    rows = bytes(answer.body.records)
    # Not a set: the hash of a page of 3 MB takes longer than all else done with it here.
    return b"" if rows in (b"", b"null", b"[]") else rows
