"""What the reader asks for between exports: the daily totals of an event, and a count of some days.

Each is a task of the reader, like an export, so counts share the requests in flight.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from tap_clevertap.counts.question import EVENTS, LATE, TRENDS, Question
from tap_clevertap.counts.totals import GROUP, MOST_DAYS, count_of, daily_totals
from tap_clevertap.exports.windows import (
    ONE_DAY,
    Window,
    day_number,
    last_day_over,
    split,
    today_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date
    from zoneinfo import ZoneInfo

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.api.outcomes import Outcome
    from tap_clevertap.counts.question import SecondsLeft
    from tap_clevertap.counts.totals import DayTotals

PATIENCE = 60.0
"""Seconds to wait for the totals of an event."""
RECOUNT_PATIENCE = 10.0
"""Seconds to wait for the second count of some days."""
UNREADABLE = "CleverTap's response has no number of rows for each day"


@dataclass(frozen=True, slots=True)
class CountOptions:
    """What all counts of a run share."""

    zone: ZoneInfo
    query: Mapping[str, Any] = field(default_factory=dict)
    """The setting: only rows that it selects are counted."""
    clock: Callable[[], float] = time.monotonic

    def question(
        self,
        path: str,
        event_name: str,
        days: Window,
        patience: float,
        seconds_left: SecondsLeft = lambda: inf,
    ) -> Question:
        """Return a question about some days of an event."""
        body = {
            **self.query,
            "event_name": event_name,
            "from": day_number(days.first),
            "to": day_number(days.last),
            "unique": False,
        }
        if path == TRENDS:
            body["groups"] = {GROUP: {"trend_type": GROUP}}
        return Question(path, body, patience, self.clock, seconds_left)


@dataclass(frozen=True, slots=True)
class Counted:
    """The daily totals of an event, or the reason why there are none."""

    task: EventCount
    totals: DayTotals | None
    """Of each day that was asked for; None without counts."""
    failure: str = ""
    unlisted: AbstractSet[date] = frozenset()
    """Days that CleverTap left out of its totals; they have 0 there."""
    closed_through: date | None = None
    """The last day that was over when the totals were asked for."""
    rows: bytes = b""
    ended: bool = True
    skipped: None = None

    @property
    def event_name(self) -> str:
        """The name of the event."""
        return self.task.event_name


@dataclass(frozen=True, slots=True)
class Recounted:
    """The count of some days, or None."""

    task: Recount
    count: int | None
    is_late: bool = False
    """Whether CleverTap did not have it in time."""
    rows: bytes = b""
    ended: bool = True
    skipped: None = None


@dataclass(eq=False)
class EventCount:
    """Asks for the daily totals of an event: at most a year in each request.

    CleverTap may leave out days without rows, or days that it does not know. They are told apart
    from a total of 0, which it states.

    Args:
        event_name: The event.
        days: The days to count.
        options: Of the run.
        is_wanted: Tells whether an answer is still of use.
    """

    event_name: str
    days: Window
    options: CountOptions
    is_wanted: Callable[[], bool] = lambda: True
    closed_through: date | None = None
    _totals: DayTotals = field(default_factory=dict)
    _slices: Iterator[Window] = field(init=False)
    _unlisted: set[date] = field(default_factory=set)
    _slice: Window = field(init=False)
    _question: Question = field(init=False)

    def __post_init__(self) -> None:
        self._slices = slices(self.days)
        self._ask_for(next(self._slices))

    @property
    def pause(self) -> float:
        """Seconds to wait before the next request."""
        return self._question.pause

    def send_request(self, client: ExportClient) -> Outcome:
        """Send the next request."""
        if self.closed_through is None:
            self.closed_through = today_in(self.options.zone) - ONE_DAY
        return self._question.send_request(client)

    def handle(self, outcome: Outcome, client: ExportClient) -> Counted | None:
        """Return the totals of all days, or None, and move to the next request."""
        question = self._question
        question.handle(outcome, client)
        if question.is_open:
            return None if self.is_wanted() else Counted(self, None, LATE)
        if question.failure is not None or question.content is None:
            return Counted(self, None, question.failure or "")
        if self.closed_through is not None and question.sent_at is not None:
            over = last_day_over(question.sent_at, self.options.zone)
            self.closed_through = min(self.closed_through, over)
        return self._take(question.content)

    def _take(self, content: bytes) -> Counted | None:
        found = daily_totals(content, self._slice)
        if found is None:
            return Counted(self, None, UNREADABLE)
        self._unlisted |= set(self._slice.each()) - found.keys()
        self._totals |= dict.fromkeys(self._slice.each(), 0) | found
        following = next(self._slices, None)
        if following is None:
            return Counted(
                self, self._totals, unlisted=self._unlisted, closed_through=self.closed_through
            )
        self._ask_for(following)
        return None

    def _ask_for(self, days: Window) -> None:
        self._slice = days
        self._question = self.options.question(TRENDS, self.event_name, days, PATIENCE)


@dataclass(eq=False)
class Recount:
    """Asks for the count of some days of an event.

    Args:
        event_name: The event.
        days: The days to count.
        options: Of the run.
        pause: Seconds to wait before the first request.
        seconds_left: Returns the seconds that the run still waits for it.
        path: Of the endpoint: what is counted.
    """

    event_name: str
    days: Window
    options: CountOptions
    pause: float = 0.0
    seconds_left: SecondsLeft = lambda: inf
    path: str = EVENTS
    _question: Question = field(init=False)

    def __post_init__(self) -> None:
        self._question = self.options.question(
            self.path, self.event_name, self.days, RECOUNT_PATIENCE, self.seconds_left
        )

    def send_request(self, client: ExportClient) -> Outcome:
        """Send the next request."""
        return self._question.send_request(client)

    def handle(self, outcome: Outcome, client: ExportClient) -> Recounted | None:
        """Return the count, or None while it is not there."""
        self._question.handle(outcome, client)
        self.pause = self._question.pause
        if self._question.is_open:
            return None
        content = self._question.content
        count = None if content is None else count_of(content)
        return Recounted(self, count, is_late=self._question.failure == LATE)


def slices(days: Window) -> Iterator[Window]:
    """Yield windows of at most a year that cover some days."""
    return split(days, MOST_DAYS)
