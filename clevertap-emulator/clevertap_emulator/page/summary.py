"""The summary: totals of what arrived, in a time that does not grow with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clevertap_emulator.api.record_checks import error_text

if TYPE_CHECKING:
    from clevertap_emulator.project import Project


def summary(project: Project) -> dict[str, object]:
    """Return totals of requests, records, refusals, faults, exports and dropped files."""
    settings = project.settings
    return {
        "instance": project.instance,
        "resets": project.resets,
        "account_id": settings.account_id,
        "timezone": settings.timezone,
        "today": project.calendar.current_day().isoformat(),
        "count_uploads": settings.count_uploads,
        "drops": settings.drops is not None,
        "requests": _requests(project),
        "records": _records(project),
        "refusals": _refusals(project),
        "faults": {"active": project.faults.count, "fired": project.faults.fired},
        "exports": project.exports.count,
        "imports": _imports(project),
    }


def _requests(project: Project) -> dict[str, object]:
    journal = project.journal
    return {
        "last_number": journal.last_number,
        "kinds": journal.kinds,
        "in_flight": project.limits.in_flight(),
        "max_in_flight": journal.max_in_flight,
        "outcomes": [
            {"kind": kind, "status": status, "code": code, "count": count}
            for (kind, status, code), count in journal.outcomes.items()
        ],
    }


def _records(project: Project) -> dict[str, int]:
    """Count records; those of a removed user or device count, too."""
    stored: dict[str, int] = {kind: len(each) for kind, each in project.uploads.stored.items()}
    calls = {kind: len(each) for kind, each in project.calls.stored.items()}
    refused = project.refusals.counts.total()
    return {**stored, **calls, "refused": refused, "counted": project.uploads.counted}


def _refusals(project: Project) -> list[dict[str, object]]:
    return [
        {"kind": kind, "code": code, "reason": error_text(code, None), "count": count}
        for (kind, code), count in project.refusals.counts.most_common()
    ]


def _imports(project: Project) -> dict[str, int]:
    """Count dropped files by status, and their rows."""
    imports = project.imports
    statuses = Counter(each.status for each in imports)
    return {
        **{status: statuses[status] for status in ("running", "done", "refused")},
        "accepted": sum(each.accepted for each in imports),
        "failed": sum(each.failed for each in imports),
    }
