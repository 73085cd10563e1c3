"""The JSON form of a receipt, which other programs read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.receipt.inbox import InboxResult

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tap_clevertap.receipt.files import FilesResult
    from tap_clevertap.receipt.receipt import DayResult, EventResult

VERSION = 1
COMPLETE = "complete"
GAP = "gap"
FAILED = "failed"


@dataclass(frozen=True)
class RunFacts:
    """What a receipt has of the run as a whole; times are ISO 8601, in UTC."""

    status: str
    """`complete`, `gap` or `failed`."""
    account_id: str
    timezone: str
    started_at: str
    finished_at: str
    seconds: float
    absent_users: Mapping[str, int]
    """By event: users that CleverTap counts, where its export of users had no row."""
    requests: Mapping[str, int]
    """The number of requests by kind: `exports`, `pages`, `counts`, and `retries` of them."""
    files: Mapping[str, FilesResult] = field(default_factory=dict)
    """By stream: what was read of export files."""
    inbox: InboxResult = field(default_factory=InboxResult)
    """What was read of pushed messages."""
    replaced_text: Mapping[str, int] = field(default_factory=dict)
    """By stream: records with U+FFFD in their text."""


def receipt_json(events: Mapping[str, EventResult], facts: RunFacts) -> bytes:
    """Return a receipt as one line of JSON.

    Args:
        events: By name, in the order of the receipt.
        facts: Of the run.
    """
    report: dict[str, Any] = {
        "version": VERSION,
        "status": facts.status,
        "account_id": facts.account_id,
        "timezone": facts.timezone,
        "started_at": facts.started_at,
        "finished_at": facts.finished_at,
        "events": [_event(name, result) for name, result in events.items()],
        "requests": dict(facts.requests),
        "seconds": facts.seconds,
    }
    if facts.absent_users:
        report["absent_users"] = [
            {"event_name": name, "counted": count} for name, count in facts.absent_users.items()
        ]
    if facts.files:
        report["files"] = [found.as_json(stream) for stream, found in facts.files.items()]
    if facts.replaced_text:
        report["replaced_text"] = [
            {"stream": stream, "records": count} for stream, count in facts.replaced_text.items()
        ]
    if facts.inbox.was_read:
        report["inbox"] = facts.inbox.as_json()
    return msgspec.json.encode(report) + b"\n"


def _event(name: str, result: EventResult) -> dict[str, Any]:
    days = [_day(day, read) for day, read in sorted(result.days.items())]
    found = {"event_name": name, "skipped": result.skipped, "days": days}
    return found if result.drift is None else found | {"drift": asdict(result.drift)}


def _day(day: date, read: DayResult) -> dict[str, Any]:
    found = {
        "day": day.isoformat(),
        "rows": read.rows,
        "counted": read.counted,
        "twins": read.twins,
        "closed": read.closed,
    }
    return found | {"again": read.again} if read.missing and read.closed else found
