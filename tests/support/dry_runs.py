"""What a dry run shows: its two tables, read again."""

from __future__ import annotations

import re


def table(log, head):
    """Return the rows of a table in a log, each by the names in its head."""
    after = log.split(f"\n{head}", 1)[1]
    names = re.split(r"  +", head + after.split("\n", 1)[0].rstrip())
    rows = []
    for line in after.split("\n")[1:]:
        if not line or line.startswith("20"):
            break
        rows.append(dict(zip(names, re.split(r"  +", line), strict=True)))
    return rows


def by_stream(log):
    return {row["stream"]: row for row in table(log, "stream  ")}


def refusals(log):
    """Return the refused records by stream and code."""
    if "  code" not in log:
        return {}
    head = re.search(r"^stream +code .*$", log, re.MULTILINE)[0]
    return {(row["stream"], row["code"]): int(row["records"]) for row in table(log, head)}
