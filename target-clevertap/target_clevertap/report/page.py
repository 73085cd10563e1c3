"""The report as one page for a person: what became of the records, and how the requests went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_clevertap._plugin.page import moment, name_label, page, page_text
from target_clevertap.delivery.counts import NOT_SENT
from target_clevertap.records.own_codes import BY_CODE
from target_clevertap.report.charts import charts
from target_clevertap.report.figures import OTHER, UPLOADS
from target_clevertap.report.page_style import CHART_STYLE
from target_clevertap.report.page_tables import table
from target_clevertap.report.report import COMPLETE, FAILED, INTERRUPTED, REJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_clevertap.delivery.counts import StreamCounts
    from target_clevertap.report.page_tables import Cells
    from target_clevertap.report.report import ReportFacts

STATUS = {
    COMPLETE: ("Complete", "All input was read, and every record came to its end."),
    REJECTS: ("Rejects", "All input was read, but more records were refused than max_rejects."),
    FAILED: ("Failed", "The run ended early; its log says why. No state passes what is missing."),
    INTERRUPTED: ("Interrupted", "A signal ended the run. The next one continues from its state."),
}
DRY_RUN = {
    "local": "This was a dry run: nothing was sent, and what is called delivered would have been.",
    "vendor": "This was a dry run: CleverTap checked the records, and stored none of them.",
}
TAKEN_OVER = (
    "Nothing was sent: what is called delivered was delivered by another tool, and is noted in the "
    "ledger."
)
QUOTED = re.compile("`([^`]*)`")
UNKNOWN_CODE = ("this code is not in our table", "Look at the record's reason in the rejects file.")


def report_page(facts: ReportFacts) -> bytes:
    """Return a report as a whole HTML page."""
    word, _ = STATUS[facts.status]
    title = f"CleverTap {facts.account_id}: {word.lower()}, {moment(facts.finished_at)}"
    body = (*_head(facts), *_facts(facts), *_streams(facts.streams), *_refusals(facts))
    further = (
        *(*_not_sent(facts), *_files(facts), *_latencies(facts)),
        *charts(facts.figures.timeline),
    )
    return page(title, CHART_STYLE, (*body, *further))


def _head(facts: ReportFacts) -> Iterator[str]:
    word, sentence = STATUS[facts.status]
    yield f"<h1>What was delivered to CleverTap project {page_text(facts.account_id)}</h1>"
    yield f'<p class="status {facts.status}"><strong>{word}.</strong> {sentence}</p>'
    if facts.already_delivered:
        yield f'<p class="status">{TAKEN_OVER}</p>'
    if facts.dry_run in DRY_RUN:
        yield f'<p class="status">{DRY_RUN[facts.dry_run]}</p>'


def _facts(facts: ReportFacts) -> Iterator[str]:
    total, figures = facts.total, facts.figures
    began, ended = moment(facts.started_at), moment(facts.finished_at)
    values = {
        "Records received": f"{total.received:,}",
        "Delivered": f"{total.delivered:,}",
        "Already delivered": f"{total.already_delivered:,}, not sent again",
        "Refused": f"{total.rejects:,}, in the rejects file",
        "Not sent for other reasons": f"{total.not_sent.total():,}",
        "Not settled": f"{total.not_settled:,}, come again with the next run",
        "Outcome unknown": f"{total.uncertain:,}",
        "Host": page_text(facts.host),
        "Run": f"{began} to {ended}, {facts.seconds:,.0f} seconds",
        "Requests": f"{figures.kinds[UPLOADS]:,} uploads, {figures.kinds[OTHER]:,} other calls",
        "Sent": f"{figures.bytes:,} bytes of records",
        "In flight at most": f"{figures.most_in_flight}",
        "Sent again": _kinds(facts.retries) or "none",
    }
    yield "<dl>"
    yield from (f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in values.items())
    yield "</dl>"


def _streams(streams: Mapping[str, StreamCounts]) -> Iterator[str]:
    if not streams:
        yield "<p>No record came.</p>"
        return
    heads = ("Stream", "Received", "Delivered", "Already delivered", "Refused", "Not sent")
    yield "<h2>Streams</h2>"
    yield from table((*heads, "Not settled"), (_row(*each) for each in sorted(streams.items())))


def _row(name: str, counts: StreamCounts) -> Cells:
    ended = (counts.delivered, counts.already_delivered, counts.rejects)
    numbers = (counts.received, *ended, counts.not_sent.total(), counts.not_settled)
    return name_label(name), *numbers


def _refusals(facts: ReportFacts) -> Iterator[str]:
    if not facts.total.rejected:
        return
    yield "<h2>Refusals by code, and what to do</h2>"
    yield from table(
        ("Code", "Records", "Streams", "Meaning", "What to do"),
        (_refusal(facts, code, count) for code, count in facts.total.rejected.most_common()),
    )


def _refusal(facts: ReportFacts, code: object, count: int) -> Cells:
    entry = BY_CODE.get(str(code))
    meaning, fix = (entry.meaning, entry.fix) if entry else UNKNOWN_CODE
    streams = sorted(name for name, each in facts.streams.items() if code in each.rejected)
    labels = ", ".join(map(name_label, streams))
    return page_text(str(code)), count, labels, _advice(meaning), _advice(fix)


def _advice(text: str) -> str:
    return QUOTED.sub(r"<code>\1</code>", page_text(text))


def _not_sent(facts: ReportFacts) -> Iterator[str]:
    total = facts.total
    kinds = (
        ("Records that were not sent", "Reason", total.not_sent),
        ("Values that were fixed", "Kind", total.fixed),
    )
    for title, head, counts in kinds:
        if counts:
            yield f"<h2>{title}</h2>"
            yield from table((head, "Number"), _reasons(counts))


def _reasons(counts: Mapping[str, int]) -> Iterable[Cells]:
    return ((page_text(NOT_SENT.get(word, word)), count) for word, count in counts.items())


def _files(facts: ReportFacts) -> Iterator[str]:
    if facts.files is None:
        return
    yield "<h2>Files that were published</h2>"
    yield from table(
        ("File", "Rows", "Bytes"),
        ((page_text(each.name), each.rows, each.size) for each in facts.files.files),
    )
    if facts.files.empty:
        yield f"<p>{facts.files.empty:,} empty texts were left out of events.</p>"


def _latencies(facts: ReportFacts) -> Iterator[str]:
    if not facts.figures.kinds:
        return
    names = {"p50": "half of them", "p90": "90 %", "p99": "99 %", "max": "all"}
    quantiles = facts.figures.latencies.quantiles().items()
    yield "<h2>How long requests took</h2>"
    yield from table(
        ("Requests", "Milliseconds at most"),
        ((names[name], round(seconds * 1000, 1)) for name, seconds in quantiles),
    )
    yield "<p>These are right within 5 %; the longest is exact.</p>"


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {page_text(kind)}" for kind, count in sorted(counts.items()))
