"""The table of what the runs with partners moved."""

from __future__ import annotations

import json

PROPERTY = "moved"


def report(record_property, pair, *, rows_in, rows_out, equal, seconds):
    """Add a row to the table that stands at the end of the run."""
    row = [pair, f"{rows_in:,}", f"{rows_out:,}", "yes" if equal else "NO", f"{seconds:.1f}"]
    record_property(PROPERTY, json.dumps(row))


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
