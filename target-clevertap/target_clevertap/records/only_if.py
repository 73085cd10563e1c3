"""Holds back rows whose column of a rule's `only_if` is not true: consent is never guessed."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clevertap.records.numbers import read_number
from target_clevertap.records.words import TRUE_WORDS, UNSET_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

YES = TRUE_WORDS | {"on"}
NO = UNSET_WORDS | {"off"}


class OnlyIf:
    """Tells which rows are sent by the column that a rule names."""

    def __init__(self, column: str) -> None:
        """Tell by a column.

        Args:
            column: After stream maps.
        """
        self.column = column
        self.unreadable = 0
        """Rows so far that hold neither true nor false there; they are held back, too."""

    def sends(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record may be sent: its column is true."""
        found = read_flag(record.get(self.column))
        if found is None:
            self.unreadable += 1
        return found is True

    def sent_of(self, records: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the indexes of the records that may be sent."""
        return [index for index, record in enumerate(records) if self.sends(record)]


def read_flag(value: Any) -> bool | None:  # noqa: ANN401 - any JSON value
    """Return whether a value is true; None where it is neither true nor false.

    Null, NaN and empty text are false.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str):
        text = value.strip().casefold()
        if text in YES or text in NO:
            return text in YES
        value = read_number(text)
    if not isinstance(value, (int, float, Decimal)):
        return None
    if value == 0 or (not isinstance(value, int) and math.isnan(value)):
        return False  # an integer may be too large for `isnan`
    return True if value == 1 else None
