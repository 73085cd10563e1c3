"""Daily totals of one event: read from a response, and packed for the state."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.counts.letters import number_of, to_letters
from tap_clevertap.exports.windows import ONE_DAY, Window
from tap_clevertap.records.exact_json import UNREADABLE_JSON

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet

DayTotals = dict[date, int]

GROUP = "daily"
"""Our name of the group of daily totals; it is a key of the response. [SNIP]"""
MOST_DAYS = 365
"""Days of one request for trends: at most a year. [D:get-event-trends-api]"""
LARGEST = 2**63
"""Larger numbers are not counts, and too large for decimals."""
SEPARATOR = " "
UNKNOWN = -1
NOTHING = to_letters(0)
MARKS = "~"
"""Before the marks of days; earlier releases wrote the offset of each."""
DAY_DIGITS = 8

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class KeptTotals(NamedTuple):
    """The totals of closed days, as the state has them."""

    totals: DayTotals
    doubted: AbstractSet[date]
    """Days with fewer rows than CleverTap's daily total, which are read once more."""


def daily_totals(content: bytes, days: Window) -> DayTotals | None:
    """Return the totals in a response, without days that it leaves out.

    Args:
        content: The response to a request for trends.
        days: The days that were asked for; other days are ignored.

    Returns:
        None for a response that has no totals, or one that is not a number of rows.
    """
    try:
        group = _decode(content).get(GROUP)
    except UNREADABLE_JSON:
        return None
    if not isinstance(group, dict):
        return None
    totals: DayTotals = {}
    for text, total in group.items():
        day = _day(text)
        if day is None or not _is_count(total):
            return None
        if days.first <= day <= days.last:
            totals[day] = total
    return totals


def count_of(content: bytes) -> int | None:
    """Return the count in a response to a request for a count, or None."""
    try:
        count = _decode(content).get("count")
    except UNREADABLE_JSON:
        return None
    return count if _is_count(count) else None


def pack(totals: DayTotals, doubted: Collection[date] = ()) -> str | None:
    """Return totals as the text that `unpack` reads; None if there are none.

    It has the first day, the letters of each number, and the numbers: one for each day, to base 64,
    more by one, so that 0 is a day without a total. The marks of doubted days follow.
    """
    if not totals:
        return None
    days = [*Window(min(totals), max(totals)).each()]
    width = len(to_letters(max(totals.values()) + 1))
    numbers = (to_letters(totals.get(day, UNKNOWN) + 1).rjust(width, NOTHING) for day in days)
    marks = [offset for offset, day in enumerate(days) if day in doubted and day in totals]
    parts = (str(days[0]), str(width), "".join(numbers), _pack_marks(marks))
    return SEPARATOR.join(filter(None, parts))


def unpack(text: str) -> KeptTotals:
    """Return the totals in a text of `pack`.

    Raises:
        ValueError: If it is another text.
    """
    first, width_text, letters, *marks = text.split(SEPARATOR)
    day, width = date.fromisoformat(first), int(width_text)
    if width < 1 or len(letters) % width:
        raise ValueError(text)
    numbers = [number_of(letters[at : at + width]) for at in range(0, len(letters), width)]
    totals = {day + ONE_DAY * offset: number - 1 for offset, number in enumerate(numbers) if number}
    offsets = [offset for mark in marks for offset in _unpack_marks(mark)]
    doubted = {day + ONE_DAY * offset for offset in offsets}
    if not doubted <= totals.keys():
        raise ValueError(text)
    return KeptTotals(totals, doubted)


def _pack_marks(offsets: Collection[int]) -> str:
    """Return a bit for each day, six to a letter, or empty text."""
    if not offsets:
        return ""
    bits = sum(1 << offset for offset in offsets)
    return MARKS + to_letters(bits)


def _unpack_marks(text: str) -> list[int]:
    """Return the offsets of days: as `_pack_marks` has them, or as earlier releases do."""
    if not text.startswith(MARKS):
        return [int(text)]
    bits = number_of(text.removeprefix(MARKS))
    return [offset for offset in range(bits.bit_length()) if bits >> offset & 1]


def _day(text: str) -> date | None:
    if len(text) != DAY_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < LARGEST
