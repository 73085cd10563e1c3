"""Daily totals of one event: read from a response, and packed for the state."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.exports.windows import ONE_DAY
from tap_clevertap.records.exact_json import UNREADABLE_JSON

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet

    from tap_clevertap.exports.windows import Window

DayTotals = dict[date, int]

GROUP = "daily"
"""Our name of the group of daily totals; it is a key of the response. [SNIP]"""
MOST_DAYS = 365
"""Days of one request for trends: at most a year. [D:get-event-trends-api]"""
SEPARATOR = " "
UNKNOWN = "-"
DOUBT = "?"
"""Follows the number of a day with fewer rows than CleverTap's daily total."""
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
    """Return totals as the text that `unpack` reads: the first day, then a number for each day."""
    if not totals:
        return None
    first, last = min(totals), max(totals)
    days = (first + ONE_DAY * offset for offset in range((last - first).days + 1))
    marks = dict.fromkeys(doubted, DOUBT)
    numbers = (f"{totals[day]}{marks.get(day, '')}" if day in totals else UNKNOWN for day in days)
    return SEPARATOR.join((first.isoformat(), *numbers))


def unpack(text: str) -> KeptTotals:
    """Return the totals in a text of `pack`.

    Raises:
        ValueError: If it is another text.
    """
    first, *numbers = text.split(SEPARATOR)
    day = date.fromisoformat(first)
    totals: DayTotals = {}
    doubted = set()
    for offset, written in enumerate(numbers):
        number = written.removesuffix(DOUBT)
        if written == UNKNOWN:
            continue
        if not (number.isascii() and number.isdecimal()):
            raise ValueError(written)
        totals[day + ONE_DAY * offset] = int(number)
        if number != written:
            doubted.add(day + ONE_DAY * offset)
    return KeptTotals(totals, doubted)


def _day(text: str) -> date | None:
    if len(text) != DAY_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
