"""Rows that were deleted at the source, as taps and loaders mark them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clevertap.records.moments import is_zero_date
from target_clevertap.records.names import is_never_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

TRUE_TEXTS = frozenset(("true", "t", "yes", "y", "1"))
"""How databases and CSV files write true."""

UNSET_TEXTS = frozenset(("", "null", "none", "nan", "nat", "<na>", "false", "f", "no", "n", "0"))
"""How databases, CSV files and pandas write that there is nothing, and false."""

DIFFGEN_COLUMN = "_sdc_diffgen_ts_created"
"""plinxore-tap-diffgen adds it along with its `is_deleted`; a table's own `is_deleted` is data."""


def is_set(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a mark holds something: neither null nor empty, NaN, false or zero."""
    if isinstance(value, str):
        return value.strip().casefold() not in UNSET_TEXTS and not is_zero_date(value)
    is_nan = isinstance(value, (float, Decimal)) and math.isnan(value)
    return bool(value) and not is_nan


def is_true(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a mark holds true, as a boolean, as the number 1 or as text."""
    if isinstance(value, str):
        return value.strip().casefold() in TRUE_TEXTS
    return isinstance(value, (int, float, Decimal)) and value == 1


MARKS: Mapping[str, Callable[[Any], bool]] = {
    "_sdc_deleted_at": is_set,
    "_ab_cdc_deleted_at": is_set,
    "_fivetran_deleted": is_true,
}
"""Marks by their column in lower case: the time of the deletion by log-based taps and SDK loaders,
the same by Airbyte's CDC sources, a boolean by Fivetran."""


class Deletions:
    """Tells which records of a stream are rows that were deleted at the source.

    Columns are looked at when they are first seen: a record may bring a mark that its SCHEMA does
    not list.
    """

    def __init__(self) -> None:
        """Know no column yet."""
        self._known: set[str] = set()
        self._marks: list[tuple[str, Callable[[Any], bool]]] = []

    def marks(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record is a row that was deleted at the source."""
        if not self._known.issuperset(record):
            self._known.update(record)
            self._marks = [*_marks_among(self._known)]
        if not self._marks:
            return False
        return any(is_marked(record.get(column)) for column, is_marked in self._marks)


def _marks_among(columns: Iterable[str]) -> Iterable[tuple[str, Callable[[Any], bool]]]:
    by_lower = [(column, _spelled(column)) for column in columns]
    is_diffgen = any(lower == DIFFGEN_COLUMN for _, lower in by_lower)
    for column, lower in by_lower:
        if lower in MARKS:
            yield column, MARKS[lower]
        elif is_diffgen and lower == "is_deleted":
            yield column, is_true


def _spelled(column: str) -> str:
    """Return a column as MARKS has it: some loaders write two underscores before it."""
    lower = column.lower()
    return f"_{lower.lstrip('_')}" if is_never_sent(lower) else lower
