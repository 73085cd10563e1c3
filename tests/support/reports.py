"""What a run of the target counts has to add up: in its log, in its report, and in both."""

from __future__ import annotations

import re

STATUSES = {0: "complete", 3: "rejects"}
"""Of a report, by the exit status of a run that read all its input."""
SUMMARY = re.compile(
    r" delivered (\d+), already delivered (\d+), rejected (\d+)[^\n]*, uncertain (\d+), "
    r"retried (\d+)[^\n]* records/s"
)


def check_line(status, log):
    """Check that a run that read all its input left no record unaccounted for."""
    line = SUMMARY.search(log)
    if line is not None and status in STATUSES:
        assert "not settled" not in line.group(), line.group()


def check_report(report, status, log):
    """Check that the counts of a report add up, and are those of the log."""
    total, streams, requests = report["total"], report["streams"], report["requests"]
    for counts in (total, *streams):
        assert counts["received"] == ended_of(counts) + counts["not_settled"], counts
        assert counts["not_settled"] >= 0, counts
        assert counts["not_settled"] == 0 or status not in STATUSES, counts
    for key in ("received", "delivered", "already_delivered", "not_settled", "uncertain"):
        assert total[key] == sum(each[key] for each in streams), key
    assert report["status"] == STATUSES.get(status, "interrupted" if status > 128 else "failed")
    assert requests["throttled"] <= requests["uploads"] + requests["other"]
    if found := SUMMARY.search(log):
        rejected = sum(total["rejected"].values())
        counted = (total["delivered"], total["already_delivered"], rejected, total["uncertain"])
        assert tuple(map(int, found.groups())) == (*counted, sum(requests["retries"].values()))


def ended_of(counts):
    """Return how many records came to an end."""
    rejected, not_sent = sum(counts["rejected"].values()), sum(counts["not_sent"].values())
    return counts["delivered"] + counts["already_delivered"] + rejected + not_sent
