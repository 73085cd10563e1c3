"""Recognises rows that were deleted at the source, by the marks of taps and loaders."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clevertap.records.moments import is_zero_date
from target_clevertap.records.names import is_never_sent
from target_clevertap.records.words import TRUE_WORDS, UNSET_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DIFFGEN_COLUMN = "_sdc_diffgen_ts_created"
"""plinxore-tap-diffgen adds it with its `is_deleted`; without it, `is_deleted` is data."""


def is_set(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a mark is set: not null, empty, NaN, false or zero."""
    if isinstance(value, str):
        return value.strip().casefold() not in UNSET_WORDS and not is_zero_date(value)
    is_nan = isinstance(value, (float, Decimal)) and math.isnan(value)
    return bool(value) and not is_nan


def is_true(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a mark is true, as a boolean, as the number 1 or as text."""
    if isinstance(value, str):
        return value.strip().casefold() in TRUE_WORDS
    return isinstance(value, (int, float, Decimal)) and value == 1


MARKS: Mapping[str, Callable[[Any], bool]] = {
    "_sdc_deleted_at": is_set,
    "_ab_cdc_deleted_at": is_set,
    "_fivetran_deleted": is_true,
}
"""Marks by their column in lower case. Log-based taps, SDK loaders and Airbyte's CDC sources write
the time of the deletion, Fivetran a boolean."""


class Deletions:
    """Recognises the deleted rows of a stream.

    A record may have a mark that its SCHEMA does not list, so the columns of records count.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._marks: list[tuple[str, Callable[[Any], bool]]] = []

    def may_mark(self, columns: Iterable[str]) -> bool:
        """Whether a record of these columns may be a row that was deleted at the source."""
        if not self._known.issuperset(columns):
            self._known.update(columns)
            self._marks = [*_marks_among(self._known)]
        return bool(self._marks)

    def marks(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is a row that was deleted at the source."""
        return self.may_mark(record) and any(
            is_marked(record.get(column)) for column, is_marked in self._marks
        )

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """Return the values of a record's marks: they tell one deletion from another."""
        self.may_mark(record)
        return [record.get(column) for column, _ in self._marks]


def _marks_among(columns: Iterable[str]) -> Iterable[tuple[str, Callable[[Any], bool]]]:
    by_lower = [(column, _normalized(column)) for column in columns]
    is_diffgen = any(lower == DIFFGEN_COLUMN for _, lower in by_lower)
    for column, lower in by_lower:
        if lower in MARKS:
            yield column, MARKS[lower]
        elif is_diffgen and lower == "is_deleted":
            yield column, is_true


def _normalized(column: str) -> str:
    """Return a column as in MARKS: some loaders start it with two underscores."""
    lower = column.lower()
    return f"_{lower.lstrip('_')}" if is_never_sent(lower) else lower
