"""Drift: where getSchema, earlier columns and the rows of an event differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.receipt.receipt import DriftResult

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from tap_clevertap.typed.columns import TypedColumns
    from tap_clevertap.typed.given_columns import Comparison

MOST_NAMES_SHOWN = 5


def drift_result(compared: Comparison, columns: TypedColumns) -> DriftResult:
    """Return the drift of an event, counted."""
    return DriftResult(
        len(compared.new),
        len(compared.vanished),
        columns.misfits.total(),
        len(columns.undeclared),
    )


def drift_text(compared: Comparison, columns: TypedColumns) -> str:
    """Return the drift of an event for the log, on one line; empty text if there is none."""
    has_column = {each.property for each in columns.columns}
    added = [name for name in compared.new if name in has_column]
    waiting = [name for name in compared.new if name not in has_column]
    parts = []
    if added:
        parts.append(f"new in getSchema: {_names(added)}")
    if waiting:
        parts.append(f"new in getSchema, but not in the catalog: {_names(waiting)}")
    if compared.vanished:
        parts.append(f"no longer in getSchema: {_names(compared.vanished)}")
    if columns.misfits:
        parts.append(f"values that do not fit their type: {_counts(columns.misfits)}")
    if columns.undeclared:
        parts.append(f"in rows, but not in getSchema: {_counts(columns.undeclared)}")
    text = "; ".join(parts)
    advice = "; discover again to get new columns" if waiting else ""
    return f"its properties differ ({text}); event_props has all values{advice}" if text else ""


def _names(names: Sequence[str]) -> str:
    known = [name for name in names if name]
    listed = [shown(name) for name in known[:MOST_NAMES_SHOWN]]
    more = len(names) - len(listed)
    if not listed:
        return f"{more} properties" if more > 1 else "1 property"
    return ", ".join(listed) + (f" and {more} more" if more else "")


def _counts(rows: Counter[str]) -> str:
    listed = [f"{shown(name)} {count}" for name, count in rows.most_common(MOST_NAMES_SHOWN)]
    more = len(rows) - len(listed)
    return ", ".join(listed) + (f" and {more} more" if more else "")
