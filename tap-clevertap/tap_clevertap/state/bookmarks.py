"""Bookmarks: the closed days of each event, and their totals."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap.counts.gap_days import GapDays, kept, pack_gaps, unpack_gaps
from tap_clevertap.counts.totals import DayTotals, KeptTotals, pack, unpack
from tap_clevertap.errors import StateError
from tap_clevertap.exports.windows import ONE_DAY
from tap_clevertap.state.state_files import FRESH_START

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from tap_clevertap.counts.gap_days import Retry
    from tap_clevertap.exports.windows import Window


class Bookmark:
    """The closed days of one event, and the windows of this run that may close more.

    - The stream calls `expect` once, then `close_window` as windows end, in any order.
    - The last closed day moves only over days that were all read to the end of their export.
    - Only the main thread uses it. The constructor raises a `StateError` for a wrong day.

    Args:
        partition: The event's part of the state; `close_window` changes it.
        today: In the project's time zone.
    """

    def __init__(self, partition: dict[str, Any], *, today: date) -> None:
        self._partition = partition
        self.today = today
        self._first_day = _day(partition.get("first_day"), today)
        self._last_closed_day = _day(partition.get("replication_key_value"), today)
        self._totals, self._doubted = _totals(partition.get("totals"))
        self._gaps = _gaps(partition.get("gaps"))
        self._next_day: date | None = None
        self._ended: dict[date, date] = {}

    @property
    def first_day(self) -> date | None:
        """The first day ever read, or None."""
        return self._first_day

    @property
    def last_closed_day(self) -> date | None:
        """The last day that was read after its end, or None."""
        return self._last_closed_day

    @property
    def totals(self) -> DayTotals:
        """The rows of closed days when they were read last."""
        return self._totals

    @property
    def doubted(self) -> AbstractSet[date]:
        """Days with fewer rows than CleverTap's daily total, which are read once more."""
        return self._doubted

    def keep_totals(
        self, totals: DayTotals, *, verify_days: int, doubted: AbstractSet[date] = frozenset()
    ) -> bool:
        """Keep totals of closed days; return whether that changed the state.

        Args:
            totals: Of days that were closed before, or are closed now.
            verify_days: The setting: only the last days are kept.
            doubted: Those of the days that have fewer rows than CleverTap's daily total.
        """
        # Windows end in any order: totals after the last closed day wait until it is there.
        self._totals |= totals
        self._doubted = (self._doubted - totals.keys()) | doubted
        closed, last = self._last_closed_day, {}
        if closed is not None:
            first = closed - min(verify_days, (closed - date.min).days) * ONE_DAY
            last = {day: total for day, total in self._totals.items() if first < day <= closed}
            self._doubted = {day for day in self._doubted if day > first}
        return self._write("totals", pack(last, self._doubted))

    @property
    def gaps(self) -> GapDays:
        """Closed days with a gap, and when they are read again."""
        return self._gaps

    def keep_gaps(self, retries: Mapping[date, Retry | None]) -> bool:
        """Keep or forget days with a gap; return whether that changed the state.

        Args:
            retries: Of days that are closed now; None if a day has no gap, or is given up.
        """
        others = {day: retry for day, retry in self._gaps.items() if day not in retries}
        self._gaps = others | {day: retry for day, retry in retries.items() if retry is not None}
        closed = self._last_closed_day
        gaps = {day: retry for day, retry in self._gaps.items() if closed and day <= closed}
        return self._write("gaps", pack_gaps(kept(gaps)))

    def again_on(self, day: date) -> date | None:
        """Return when a later run reads a closed day with a gap again, or None."""
        if day in kept(self._gaps):
            return self._gaps[day].due
        return self.today if day in self._doubted else None

    def _write(self, part: str, text: str | None) -> bool:
        before: object = self._partition.pop(part, None)
        if text is not None:
            self._partition[part] = text
        return text != before

    def expect(self, first: date) -> None:
        """Set the first day that this run reads."""
        self._next_day = first

    def close_window(self, window: Window, *, closed_through: date) -> bool:
        """Close the days of a window; return whether the last closed day moved.

        Args:
            window: It was read to its end, and has no day of another window.
            closed_through: The last day that was over when the export was opened.
        """
        self._ended[window.first] = min(window.last, closed_through)
        moved = False
        while self._next_day in self._ended:
            first = self._next_day
            last = self._ended.pop(first)
            self._next_day = last + ONE_DAY if last >= first else None
            if last >= first:
                self._move(first, last)
                moved = True
        return moved

    def _move(self, first: date, last: date) -> None:
        known, closed = self._first_day, self._last_closed_day
        # With unread days in between, one range over both would count them as read.
        is_apart = closed is not None and first > closed + ONE_DAY
        restarted = known is None or first < known or is_apart
        self._first_day = first if restarted else known
        if restarted or self._last_closed_day is None:
            self._last_closed_day = last
        else:
            self._last_closed_day = max(self._last_closed_day, last)
        self._partition["replication_key"] = "event_time"
        self._partition["replication_key_value"] = self._last_closed_day.isoformat()
        self._partition["first_day"] = str(self._first_day)


def check_days(stream_state: Mapping[str, Any], *, today: date) -> None:
    """Refuse a wrong day or total in the state of a stream, before anything is read.

    Args:
        stream_state: Of a shape that `check_shape` accepts.
        today: In the project's time zone.

    Raises:
        StateError: With what is wrong.
    """
    partitions, paused = stream_state.get("partitions", ()), stream_state.get("paused", {})
    for part in (stream_state, *partitions, *paused.values()):
        Bookmark(part, today=today)


def _totals(text: Any) -> KeptTotals:  # noqa: ANN401 - whatever the state holds
    with _refusing(text, "the totals of days"):
        return unpack(text) if text is not None else KeptTotals({}, frozenset())


def _gaps(text: Any) -> GapDays:  # noqa: ANN401 - whatever the state holds
    with _refusing(text, "days with a gap"):
        return unpack_gaps(text) if text is not None else {}


@contextmanager
def _refusing(text: Any, wanted: str) -> Iterator[None]:  # noqa: ANN401 - whatever the state holds
    try:
        yield
    except (AttributeError, ValueError, OverflowError):
        message = f"state: it has {shown(text)} where {wanted} must be; fix it, or {FRESH_START}"
        raise StateError(message) from None


def _day(text: Any, today: date) -> date | None:  # noqa: ANN401 - whatever the state holds
    try:
        day = None if text is None else date.fromisoformat(text)
    except (TypeError, ValueError):
        message = f"state: it has {shown(text)} where a day must be; fix it, or {FRESH_START}"
        raise StateError(message) from None
    if day is not None and day > today:
        message = (
            f"state: it has {day} as read, which is in the future; check this machine's "
            "clock, or set the state back to the last day that is in the warehouse"
        )
        raise StateError(message)
    return day
