"""The receipt of a run: the rows of each day of each event, next to CleverTap's totals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.receipt.files import FilesResult
from tap_clevertap.receipt.inbox import InboxResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from tap_clevertap.state.bookmarks import Bookmark


class DayStatus(Enum):
    """What is known of a day that was read."""

    PROVED = "proved"
    """Closed, and CleverTap counts the rows that were read."""
    UNPROVED = "unproved"
    """Closed, without a count."""
    GAP = "gap"
    """Fewer rows than counted."""
    SURPLUS = "surplus"
    """More rows than counted."""
    OPEN = "open"
    """Not closed: it was not over, or was not read to its end."""


@dataclass(slots=True)
class DayResult:
    """What was read of a day."""

    rows: int = 0
    counted: int | None = None
    """By CleverTap; None if it is not known."""
    twins: int = 0
    """Rows that are identical to an earlier one."""
    closed: bool = False
    missing: bool = False
    """Whether fewer rows were read than counted, beyond the tolerance."""
    lacking: bool = False
    """Whether fewer rows were read than counted, within the tolerance too."""
    again: date | None = None
    """When a later run reads it again, if it is closed with a gap; None if none does."""
    surplus: bool = False
    """Whether more rows were read than counted."""
    late: bool = False
    """Whether it is read again because it grew since an earlier run."""

    @property
    def status(self) -> DayStatus:
        """What is known of it."""
        if self.missing:
            return DayStatus.GAP
        if self.surplus:
            return DayStatus.SURPLUS
        if not self.closed:
            return DayStatus.OPEN
        return DayStatus.UNPROVED if self.counted is None else DayStatus.PROVED


@dataclass(frozen=True, slots=True)
class DriftResult:
    """What getSchema and the rows of an event do not have in common."""

    new: int
    """Properties that were not declared before, or have no column in the catalog."""
    vanished: int
    """Properties that are no longer declared."""
    misfits: int
    """Values that do not fit the declared type of their property."""
    undeclared: int
    """Properties in rows that getSchema does not declare."""


@dataclass(slots=True)
class EventResult:
    """What was read of an event."""

    skipped: str | None = None
    """Why it was left out."""
    drift: DriftResult | None = None
    """Of a typed stream."""
    days: dict[date, DayResult] = field(default_factory=dict)

    def day(self, day: date) -> DayResult:
        """Return the result of a day, new if there is none."""
        return self.days.setdefault(day, DayResult())

    @property
    def counted_days(self) -> int:
        """The number of days that CleverTap counts rows of."""
        return sum(day.counted is not None for day in self.days.values())


class DayRead(NamedTuple):
    """The rows so far of one day of an export."""

    event_name: str
    day: date
    rows: int
    twins: int


@dataclass
class Receipt:
    """What a run read of the events stream, of export files, and of the inbox.

    The main thread fills it. After a signal another thread may read it, if the main thread waits
    for the target.
    """

    events: dict[str, EventResult] = field(default_factory=dict)
    unfinished: Callable[[], Iterable[DayRead]] = tuple
    """Returns the rows so far of exports that were not read to their end."""
    bookmarks: dict[str, Bookmark] = field(default_factory=dict)
    """Of each event: they have the last word on which days are closed."""

    absent_users: dict[str, int] = field(default_factory=dict)
    """By event: users that CleverTap counts, where its export of users had no row."""

    files: dict[str, FilesResult] = field(default_factory=dict)
    """By stream: what was read of export files."""

    inbox: InboxResult = field(default_factory=InboxResult)
    """What was read of pushed messages."""

    replaced_text: Counter[str] = field(default_factory=Counter)
    """By stream: records with U+FFFD in their text."""

    def add_replaced(self, stream: str, records: int) -> None:
        """Count records of a stream that have U+FFFD in their text."""
        if records:
            self.replaced_text[stream] += records

    def files_of(self, stream: str) -> FilesResult:
        """Return the result of a stream of export files, new if there is none."""
        return self.files.setdefault(stream, FilesResult())

    def event(self, name: str) -> EventResult:
        """Return the result of an event, new if there is none."""
        return self.events.setdefault(name, EventResult())

    def finish(self) -> None:
        """Add what is only known at the end of the run; call it once.

        It adds the rows so far of unfinished exports. A window that ended after a gap, or after one
        that did not end, is read again by the next run, so its days are not closed.
        """
        for read in self.unfinished():
            result = self.event(read.event_name).day(read.day)
            result.rows += read.rows
            result.twins += read.twins
        for name, event in self.events.items():
            for day, result in event.days.items():
                bookmark = self.bookmarks.get(name)
                result.closed &= _has_closed(bookmark, day)
                if bookmark is not None and result.missing and result.closed:
                    result.again = bookmark.again_on(day)

    @property
    def has_gap(self) -> bool:
        """Whether rows are missing of any day or file, or all users of an event."""
        days = (day for event in self.events.values() for day in event.days.values())
        files_have_gap = any(each.has_gap for each in self.files.values())
        return bool(self.absent_users) or files_have_gap or any(day.missing for day in days)


def _has_closed(bookmark: Bookmark | None, day: date) -> bool:
    if bookmark is None or bookmark.first_day is None or bookmark.last_closed_day is None:
        return False
    return bookmark.first_day <= day <= bookmark.last_closed_day


class ReceiptSum(NamedTuple):
    """The figures of all events together."""

    events: int
    """Events that were not left out."""
    rows: int
    twins: int
    closed_days: int
    proved_days: int
    gaps: int
    """Days with missing rows."""

    @classmethod
    def of(cls, events: Mapping[str, EventResult]) -> ReceiptSum:
        """Return the figures of events."""
        days = [day for event in events.values() for day in event.days.values()]
        return cls(
            events=sum(event.skipped is None for event in events.values()),
            rows=sum(day.rows for day in days),
            twins=sum(day.twins for day in days),
            closed_days=sum(day.closed for day in days),
            proved_days=sum(day.status is DayStatus.PROVED for day in days),
            gaps=sum(day.missing for day in days),
        )
