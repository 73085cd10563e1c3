"""Closed days with a gap: when later runs read them again, and for how long."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.counts.letters import number_of, to_letters
from tap_clevertap.exports.windows import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TRIES = 7
"""Times that a day is read again: by the next run, then 1, 2, 4, 8, 16 and 32 days later."""
MOST_DAYS = 31
"""Days of an event. More would cost much where CleverTap's totals are always higher."""
MOST_RANGES = 8
"""Ranges of days of an event: a hundred events have 7 kB of state for them."""
OLDEST = 4000
"""Days that a gap is old at most: two letters hold the offsets of later days."""
RANGE_LETTERS = 6
SEPARATOR = " "


class Retry(NamedTuple):
    """When a day is read again."""

    tries: int
    """Times that it was read again."""
    due: date
    """The first day on which a run reads it again."""


GapDays = dict[date, Retry]


def first_retry(today: date) -> Retry:
    """Return the retry of a day whose gap is new: the next run reads it."""
    return Retry(0, today)


def next_retry(retry: Retry, today: date) -> Retry | None:
    """Return the retry of a day that was read again and stayed short, or None after the last."""
    tries = retry.tries + 1
    return Retry(tries, today + ONE_DAY * 2**retry.tries) if tries < MOST_TRIES else None


def kept(gaps: GapDays) -> GapDays:
    """Return the days that a state has room for: those found first, and the oldest of them."""
    latest = max((retry.due for retry in gaps.values()), default=date.min)
    recent = [day for day in gaps if (latest - day).days <= OLDEST]
    in_order = sorted(recent, key=lambda day: (-gaps[day].tries, day))[:MOST_DAYS]
    ranges = [*_ranges({day: gaps[day] for day in in_order})]
    ranges.sort(key=lambda days: in_order.index(days[0]))
    return {day: gaps[day] for days in ranges[:MOST_RANGES] for day in days}


def pack_gaps(gaps: GapDays) -> str | None:
    """Return days as the text that `unpack_gaps` reads; None if there are none.

    It has the first day. Letters follow for each range of days: its offset, its length less one,
    the number of tries, and the offset of the day when it is due.
    """
    first = min(gaps, default=None)
    if first is None:
        return None
    letters = ""
    for days in _ranges(gaps):
        retry = gaps[days[0]]
        offset, due = (
            to_letters((each - first).days).rjust(2, to_letters(0)) for each in (days[0], retry.due)
        )
        letters += f"{offset}{to_letters(len(days) - 1)}{to_letters(retry.tries)}{due}"
    return f"{first}{SEPARATOR}{letters}"


def unpack_gaps(text: str) -> GapDays:
    """Return the days in a text of `pack_gaps`.

    Raises:
        ValueError: If it is another text.
    """
    first_text, letters = text.split(SEPARATOR)
    first = date.fromisoformat(first_text)
    gaps: GapDays = {}
    if len(letters) % RANGE_LETTERS or len(letters) > MOST_RANGES * RANGE_LETTERS:
        raise ValueError(text)
    for at in range(0, len(letters), RANGE_LETTERS):
        offset, last, tries, due = (
            number_of(letters[at + start : at + end])
            for start, end in ((0, 2), (2, 3), (3, 4), (4, 6))
        )
        retry = Retry(tries, first + ONE_DAY * due)
        gaps |= {first + ONE_DAY * (offset + each): retry for each in range(last + 1)}
    return gaps


def _ranges(gaps: GapDays) -> Iterator[list[date]]:
    """Yield days that follow one another and have the same retry."""
    numbered = enumerate(sorted(gaps))
    for _, group in groupby(numbered, lambda each: (each[1] - ONE_DAY * each[0], gaps[each[1]])):
        yield [day for _, day in group]
