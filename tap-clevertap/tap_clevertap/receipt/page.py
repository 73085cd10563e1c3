"""The receipt as one page for a person: a calendar of events and days, without scripts."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from tap_clevertap._plugin.page import moment, name_label, page, page_text
from tap_clevertap.receipt.calendar import calendar
from tap_clevertap.receipt.files_page import files_section
from tap_clevertap.receipt.inbox import inbox_section
from tap_clevertap.receipt.page_style import CALENDAR_STYLE
from tap_clevertap.receipt.receipt import DayStatus, ReceiptSum
from tap_clevertap.receipt.report import COMPLETE, FAILED, GAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from tap_clevertap.receipt.receipt import DayResult, EventResult
    from tap_clevertap.receipt.report import RunFacts

MOST_DIFFERENCES = 1000
"""Lines of the list of differences; the calendar has all of them."""
STATUS = {
    COMPLETE: ("Complete", "Everything was read to its end, and no count differs by a gap."),
    GAP: (
        "Gap",
        "Rows are missing: CleverTap counts more on some days, or files are to be read again.",
    ),
    FAILED: ("Failed", "The run ended early. Days that are not closed are read by the next run."),
}
MEANING = {
    DayStatus.GAP: "fewer rows than counted",
    DayStatus.SURPLUS: "more rows than counted",
}
LEGEND = (
    ('<td class="proved">97', "proved: CleverTap counts the rows that were read"),
    ('<td class="gap">▼ 95/97', "gap: 95 rows were read, CleverTap counts 97"),
    ('<td class="gap">▼ 166k -7', "the same of a large number; the tooltip has all digits"),
    ('<td class="surplus">▲ 99/97', "more rows than CleverTap counts: it repeats rows"),
    ('<td class="unproved">? 97', "read to its end; CleverTap gave no count"),
    ('<td class="open">… 97', "not closed: the day was not over, or not read to its end"),
    ('<td class="proved late">↻ 97', "late: read again, as it grew since an earlier run"),
    ('<td class="proved">97 <small>=3</small>', "twins: 3 rows are identical to an earlier one"),
    ('<td class="proved zero">·', "CleverTap counts no row, so nothing was to be read"),
    ("<td>", "not read by this run"),
)


def receipt_page(events: Mapping[str, EventResult], facts: RunFacts) -> bytes:
    """Return a receipt as a whole HTML page.

    Args:
        events: By name.
        facts: Of the run.
    """
    word, _ = STATUS[facts.status]
    title = f"CleverTap {facts.account_id}: {word.lower()}, {moment(facts.finished_at)}"
    others = (*files_section(facts.files), *inbox_section(facts.inbox))
    parts = (*_head(facts), *_facts(events, facts), *others)
    days = (*_differences(events), *_left_out(events), *_legend(), *calendar(events))
    return page(title, CALENDAR_STYLE, (*parts, *(days if events or not others else ())))


def _head(facts: RunFacts) -> Iterator[str]:
    word, sentence = STATUS[facts.status]
    account = page_text(facts.account_id)
    yield f"<h1>What was read from CleverTap project {account}</h1>"
    yield f'<p class="status {facts.status}"><strong>{word}.</strong> {sentence}</p>'


def _facts(events: Mapping[str, EventResult], facts: RunFacts) -> Iterator[str]:
    found = ReceiptSum.of(events)
    requests = ", ".join(f"{count:,} {kind}" for kind, count in facts.requests.items())
    began, ended = moment(facts.started_at), moment(facts.finished_at)
    values = {
        "Events": f"{found.events:,}",
        "Rows": f"{found.rows:,}",
        "Twins": f"{found.twins:,} rows identical to an earlier one",
        "Days closed": f"{found.closed_days:,}, {found.proved_days:,} of them proved by counts",
        "Days with a gap": f"{found.gaps:,}",
        "Users": _users(facts),
        "Time zone of the days": page_text(facts.timezone),
        "Run": f"{began} to {ended}, {facts.seconds:,.0f} seconds",
        "Requests": requests,
    }
    if facts.replaced_text:
        values["Replaced text"] = _replaced(facts.replaced_text)
    yield "<dl>"
    yield from (f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in values.items())
    yield "</dl>"


def _users(facts: RunFacts) -> str:
    absent = ", ".join(
        f"{name_label(name)} ({count:,} counted)" for name, count in facts.absent_users.items()
    )
    if absent:
        return f"none came of {absent}"
    return "not proved, as CleverTap has no daily totals of users"


def _replaced(text: Mapping[str, int]) -> str:
    counts = ", ".join(f"{page_text(name)} ({count:,})" for name, count in text.items())
    return f"U+FFFD in records of {counts}"


def _differences(events: Mapping[str, EventResult]) -> Iterator[str]:
    found = [
        (name, day, result)
        for name, event in events.items()
        for day, result in sorted(event.days.items())
        if result.status in MEANING
    ]
    if not found:
        return
    yield "<h2>Days that differ</h2>"
    yield '<div class="wide"><table class="list"><thead><tr><th scope="col">Event'
    yield '<th scope="col">Day<th scope="col">Rows<th scope="col">Counted<th scope="col">Twins'
    yield '<th scope="col">Difference</thead><tbody>'
    yield from (_difference(*each) for each in found[:MOST_DIFFERENCES])
    yield "</tbody></table></div>"
    if len(found) > MOST_DIFFERENCES:
        yield f"<p>And {len(found) - MOST_DIFFERENCES:,} more; the calendar has all of them.</p>"


def _difference(name: str, day: date, result: DayResult) -> str:
    counted = result.counted or 0
    return (
        f'<tr><th scope="row">{name_label(name)}<td>{day}<td class="n">{result.rows:,}'
        f'<td class="n">{counted:,}<td class="n">{result.twins:,}'
        f'<td class="{result.status.value}">{result.rows - counted:+,}: {MEANING[result.status]}'
        f"{_when_again(result)}"
    )


def _when_again(result: DayResult) -> str:
    if not (result.missing and result.closed):
        return ""
    return f"; read again from {result.again}" if result.again else "; not read again"


def _left_out(events: Mapping[str, EventResult]) -> Iterator[str]:
    left_out = sorted((event.skipped, name) for name, event in events.items() if event.skipped)
    if not left_out:
        return
    yield "<h2>Events that are left out</h2><ul>"
    for reason, names in groupby(left_out, lambda each: each[0]):
        labels = ", ".join(name_label(name) for _, name in names)
        yield f"<li>{page_text(reason or '')}: {labels}"
    yield "</ul>"


def _legend() -> Iterable[str]:
    rows = (f"<tr>{cell}<td>{meaning}" for cell, meaning in LEGEND)
    return ("<h2>Calendar</h2>", '<table class="legend"><tbody>', *rows, "</tbody></table>")
