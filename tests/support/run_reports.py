"""Reports of any content, for pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from target_clevertap.delivery.counts import StreamCounts
from target_clevertap.report.figures import OTHER, UPLOADS, RequestTotals
from target_clevertap.report.report import REJECTS, ReportFacts
from tests.support.receipts import EVIL_NAMES

CODES = (515, "identity_missing", 99999, "<b>", None)


def counts_of(number):
    """Return counts in which everything happens."""
    return StreamCounts(
        received=1000 * number + 34,
        delivered=1000 * number,
        already_delivered=10,
        uncertain=2,
        taken_for_resent=1,
        rejected=Counter({code: place + 1 for place, code in enumerate(CODES)}),
        not_sent=Counter(deleted=3, unchanged=4, odd_word=1),
        fixed=Counter(phone=7),
    )


def figures_of(seconds):
    """Return figures of so many seconds, with more and fewer requests in flight."""
    figures = RequestTotals(Counter({UPLOADS: 4 * seconds, OTHER: 3}), 1_234_567, 5, 15)
    for second in range(seconds):
        slot = figures.timeline.at(float(second))
        slot.delivered, slot.requests = 1000 * (second % 17), 4
        slot.throttled, slot.most_in_flight = second % 2, 1 + second % 15
        for take in range(4):
            figures.latencies.add(0.05 * (1 + (second * take) % 29))
    return figures


def facts_of(names=EVIL_NAMES, seconds=90, **changed):
    """Return the facts of a run with these streams."""
    streams = {name: counts_of(number) for number, name in enumerate(names, 1)}
    total = StreamCounts()
    for counts in streams.values():
        total.add(counts)
    facts = ReportFacts(
        status=REJECTS,
        dry_run="off",
        account_id="TEST-000-0000",
        host="in1.api.clevertap.com",
        region="in1",
        started_at="2026-11-28T06:00:00Z",
        finished_at="2026-11-28T06:01:30Z",
        seconds=90.4,
        streams=streams,
        total=total,
        retries={"throttled": 5, "unknown": 1},
        figures=figures_of(seconds),
    )
    return replace(facts, **changed)
