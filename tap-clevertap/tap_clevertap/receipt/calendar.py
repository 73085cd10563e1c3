"""The calendar of a page: for each month a table of events and days.

A year of hundreds of events has 200,000 cells. So a cell is as short as it can be, equal days
without rows are one cell, and a browser lays a month out only when it is shown.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from tap_clevertap._plugin.page import name_label
from tap_clevertap.exports.windows import ONE_DAY
from tap_clevertap.receipt.receipt import DayResult, DayStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from tap_clevertap.receipt.receipt import EventResult

LARGEST_EXACT = 99_999
"""Larger numbers are rounded in a cell; its tooltip has all digits."""
SYMBOLS = {
    DayStatus.PROVED: "",
    DayStatus.UNPROVED: "? ",
    DayStatus.GAP: "▼ ",
    DayStatus.SURPLUS: "▲ ",
    DayStatus.OPEN: "… ",
}
"""What a cell shows besides its colour, for print and for people who do not see the colour."""
EMPTY = '<td class="proved zero"{span}>·'
UNREAD = "<td{span}>"


def calendar(events: Mapping[str, EventResult]) -> Iterator[str]:
    """Yield the HTML of a calendar, the newest month first."""
    names = sorted((name for name, event in events.items() if event.days), key=str.casefold)
    days = {day for name in names for day in events[name].days}
    if not days:
        yield "<p>No day of any event was read.</p>"
        return
    months = groupby(sorted(days), lambda day: day.replace(day=1))
    for month, found in reversed([(month, [*found]) for month, found in months]):
        yield from _month(month, found[0], found[-1], {name: events[name] for name in names})


def _month(
    month: date, first: date, last: date, events: Mapping[str, EventResult]
) -> Iterator[str]:
    days = [first + offset * ONE_DAY for offset in range((last - first).days + 1)]
    lines = len(events) + 2
    yield f'<section style="--lines:{lines}"><h3>{month:%B %Y}</h3>'
    yield '<div class="wide"><table class="month"><colgroup><col class="name"></colgroup>'
    heads = "".join(f'<th scope="col">{day.day}' for day in days)
    yield f'<thead><tr><th scope="col">Event{heads}</thead><tbody>'
    for name, event in events.items():
        results = [event.days.get(day) for day in days]
        if any(results):
            yield f'<tr><th scope="row">{name_label(name)}{"".join(_cells(results))}'
    yield "</tbody></table></div></section>"


def _cells(results: list[DayResult | None]) -> Iterator[str]:
    for form, group in groupby(results, _form):
        alike = [*group]
        if form:
            span = f" colspan={len(alike)}" if len(alike) > 1 else ""
            yield form.format(span=span)
        else:
            yield from (_cell(result) for result in alike if result is not None)


def _form(result: DayResult | None) -> str:
    """Return the cell that a day shares with its neighbours, or empty text."""
    if result is None:
        return UNREAD
    is_empty = not (result.rows or result.counted or result.late)
    return EMPTY if is_empty and result.status is DayStatus.PROVED else ""


def _cell(result: DayResult) -> str:
    status = result.status
    is_rounded = max(result.rows, result.counted or 0, result.twins) > LARGEST_EXACT
    text = _number(result.rows)
    if result.counted is not None and result.counted != result.rows:
        difference = result.rows - result.counted
        text += f" {difference:+,}" if is_rounded else f"/<wbr>{result.counted:,}"
    twins = f" <small>={_number(result.twins)}</small>" if result.twins else ""
    late = "↻ " if result.late else ""
    kind = status.value + (" late" if result.late else "")
    # A quote or a slash is not needed around one word.
    attribute = f'class="{kind}"' if result.late else f"class={kind}"
    title = f' title="{_in_words(result)}"' if is_rounded else ""
    return f"<td {attribute}{title}>{SYMBOLS[status]}{late}{text}{twins}"


def _in_words(result: DayResult) -> str:
    counted = "not counted" if result.counted is None else f"{result.counted:,} counted"
    return f"{result.rows:,} rows, {counted}, {result.twins:,} twins"


def _number(number: int) -> str:
    if number <= LARGEST_EXACT:
        return f"{number:,}"
    for unit, name in ((1_000_000_000, "G"), (1_000_000, "M")):
        if number >= unit:
            return (
                f"{number / unit:.2f}{name}" if number < 100 * unit else f"{number // unit}{name}"
            )
    return f"{number // 1000}k"
