"""Why a record cannot be encoded, and which of its columns is to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import values
from target_clevertap.records.errors import RecordRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.records.record_status import Code

UNENCODABLE: dict[type[Exception], tuple[Code, str]] = {
    UnicodeEncodeError: ("text_invalid", "holds half of a surrogate pair, or no UTF-8"),
    RecursionError: ("too_deep", "is nested too deeply"),
}


def refusal_of(record: Mapping[str, Any], error: Exception) -> RecordRefusedError:
    """Return the refusal of a record.

    Args:
        record: That cannot be encoded.
        error: One of UNENCODABLE, which it raised.
    """
    code, reason = UNENCODABLE[type(error)]
    return RecordRefusedError(code, f"{_place_of(record, type(error))} {reason}")


def _place_of(record: Mapping[str, Any], fault: type[Exception]) -> str:
    """Return which column it is that cannot be encoded."""
    for column, value in record.items():
        try:
            values.encode({column: value})
        except fault:  # noqa: PERF203 - of one record that is refused
            return f"column {shown(column)}"
    return "the record"
