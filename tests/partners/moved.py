"""What the runs with partners moved: a table at their end, and the facts of the document."""

from __future__ import annotations

import json

PROPERTY = "moved"
FACT = "compatibility"


def report(record_property, pair, *, rows_in, rows_out, equal, seconds):
    """Add a row to the table at the end of the run."""
    row = [pair, f"{rows_in:,}", f"{rows_out:,}", "yes" if equal else "NO", f"{seconds:.1f}"]
    record_property(PROPERTY, json.dumps(row))


def measured(record_property, partner, case, first, second=()):
    """Keep what a partner did in a case, for docs/compatibility.md: comparisons of two runs."""
    fact = {
        "partner": partner.name,
        "version": partner.version,
        "case": case,
        "rows_in": sum(each.rows_in for each in first),
        "rows_out": sum(each.rows_out for each in first),
        "values": _values(first),
        "second_run": _second(second),
    }
    record_property(FACT, json.dumps(fact))


def _values(comparisons):
    """Report whether all values are equal, or which columns are not."""
    differing = sorted({name for each in comparisons for name in each.differing})
    return f"not equal: {', '.join(differing)}" if differing else "all equal"


def _second(comparisons):
    if not comparisons:
        return ""
    rows_in, rows_out = (
        sum(getattr(each, name) for each in comparisons) for name in ("rows_in", "rows_out")
    )
    return f"{rows_out:,} of {rows_in:,}, {_values(comparisons)}"


def table(reports):
    """Return the lines of the table, from the reports of tests."""
    rows = [["pair", "rows in", "rows out", "equal", "seconds"]]
    for each in reports:
        rows += [json.loads(value) for name, value in each.user_properties if name == PROPERTY]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        f"{row[0]:<{widths[0]}}"
        + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]


def facts(reports):
    """Return the facts of the document, from the reports of tests."""
    return [
        json.loads(value)
        for each in reports
        for name, value in each.user_properties
        if name == FACT
    ]
