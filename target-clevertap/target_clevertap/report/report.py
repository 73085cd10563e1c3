"""The JSON form of a report, which other programs read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.report.figures import OTHER, UPLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.delivery.counts import StreamCounts
    from target_clevertap.import_files.figures import FileFigures
    from target_clevertap.report.figures import RequestTotals

VERSION = 1
COMPLETE = "complete"
REJECTS = "rejects"
FAILED = "failed"
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report has of a run; times are ISO 8601, in UTC."""

    status: str
    """`complete`, `rejects`, `failed` or `interrupted`."""

    dry_run: str
    """`off`, `local` or `vendor`."""

    account_id: str
    host: str
    region: str | None
    """None where `api_url` names the host."""

    started_at: str
    finished_at: str
    seconds: float
    streams: Mapping[str, StreamCounts]
    """By the name their rule is under."""

    total: StreamCounts
    retries: Mapping[str, int]
    """By cause."""

    figures: RequestTotals
    files: FileFigures | None = None
    """Where records went into files."""

    already_delivered: bool = False
    """Whether another tool delivered the records, and this run only noted them."""


def report_json(facts: ReportFacts) -> bytes:
    """Return a report as one line of JSON."""
    report: dict[str, Any] = {
        "version": VERSION,
        "status": facts.status,
        "dry_run": facts.dry_run,
        "already_delivered": facts.already_delivered,
        "account_id": facts.account_id,
        "host": facts.host,
        "region": facts.region,
        "started_at": facts.started_at,
        "finished_at": facts.finished_at,
        "seconds": facts.seconds,
        "total": _counts(facts.total),
        "streams": [
            {"stream": name, **_counts(counts)} for name, counts in sorted(facts.streams.items())
        ],
        "requests": _requests(facts),
    }
    if facts.files is not None:
        report["files"] = facts.files.as_json()
    return msgspec.json.encode(report) + b"\n"


def _counts(counts: StreamCounts) -> dict[str, Any]:
    return {
        "received": counts.received,
        "delivered": counts.delivered,
        "already_delivered": counts.already_delivered,
        "rejected": {str(code): count for code, count in counts.rejected.most_common()},
        "not_sent": dict(counts.not_sent.most_common()),
        "not_settled": counts.not_settled,
        "uncertain": counts.uncertain,
        "taken_for_resent": counts.taken_for_resent,
        "fixed": dict(counts.fixed.most_common()),
    }


def _requests(facts: ReportFacts) -> dict[str, Any]:
    figures = facts.figures
    return {
        "uploads": figures.kinds[UPLOADS],
        "other": figures.kinds[OTHER],
        "retries": dict(facts.retries),
        "throttled": figures.throttled,
        "bytes": figures.bytes,
        "most_in_flight": figures.most_in_flight,
        "latency_seconds": figures.latencies.quantiles(),
    }
