"""Number identical rows, across repeated reads of an export."""

from __future__ import annotations

from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING

from tap_clevertap.numbering.hourly_counts import HourlyCounts
from tap_clevertap.records.event_time import HOURS_OF_DAY
from tap_clevertap.records.repeats import MOST_PAGES_WITHOUT_NEW

if TYPE_CHECKING:
    from collections.abc import Sequence


class DuplicateNumbering:
    """Numbers the identical rows of one export, and recognizes rows that were already emitted.

    - Identical events of one day are legitimate: events have no id, and `ts` counts seconds. [ING]
    - When an export is read again, as many identical rows are left out as were emitted before.
    - The main thread calls `number` for some rows of a page at a time, then `end_page`.

    Args:
        merge: Emit only the first of identical rows.
    """

    def __init__(self, *, merge: bool = False) -> None:
        self._merge = merge
        self._emitted = HourlyCounts()
        self._in_walk = self._emitted
        self._walk = 0
        self._has_new_row = False
        self._pages_without_new = 0
        self._rows: Counter[int] = Counter()
        """By their hours."""
        self._twins: Counter[int] = Counter()
        """Rows that are identical to an earlier one."""

    def number(
        self, fingerprints: Sequence[bytes], hours: Sequence[int], *, walk: int
    ) -> Sequence[int | None]:
        """Return the ordinal of each row among identical rows, or None for a row to leave out.

        Args:
            fingerprints: Of the rows, in their order.
            hours: Of the `ts` of each row, as `yyyyMMddHH`.
            walk: The walk of the export that the rows are from, counted from 0.

        Raises:
            CleverTapError: If a temporary file cannot be read.
        """
        if walk != self._walk:
            self._walk, self._in_walk = walk, HourlyCounts()
            self._pages_without_new = 0
            self._rows, self._twins = Counter(), Counter()
        ordinals = self._in_walk.add(fingerprints, hours)
        self._rows.update(hours)
        if any(ordinals):
            self._twins.update(compress(hours, ordinals))
        self._has_new_row = self._has_new_row or 0 in ordinals
        if self._in_walk is self._emitted and not self._merge:
            return ordinals
        return list(map(self._unless_left_out, fingerprints, hours, ordinals))

    def _unless_left_out(self, fingerprint: bytes, hour: int, ordinal: int) -> int | None:
        if ordinal and self._merge:
            return None
        if self._in_walk is self._emitted:
            return ordinal
        if ordinal < self._emitted.count(fingerprint, hour):
            return None
        self._emitted.add([fingerprint], [hour])
        return ordinal

    def days(self) -> dict[int, tuple[int, int]]:
        """Return the rows and twins of each day of the current walk, by `yyyyMMdd`."""
        rows, twins = Counter[int](), Counter[int]()
        for hour, count in [*self._rows.items()]:  # a copy: a thread may ask after a signal
            day = hour // HOURS_OF_DAY
            rows[day] += count
            twins[day] += self._twins[hour]
        return {day: (count, twins[day]) for day, count in rows.items()}

    def end_page(self) -> bool:
        """Return whether too many pages in a row had no row that is new in its walk.

        Call it after the rows of each page that has rows.
        """
        self._pages_without_new = 0 if self._has_new_row else self._pages_without_new + 1
        self._has_new_row = False
        return self._pages_without_new >= MOST_PAGES_WITHOUT_NEW
