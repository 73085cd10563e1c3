"""Records of what the project has apart from events and users: rows of lists and reports.

Only some keys of these rows are documented. Each known one has a field; the others, and values of
another type than expected, are in `details`, as sent.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.records.exact_json import UNREADABLE_JSON, exact_number, repair_json
from tap_clevertap.records.values import as_list, as_text, as_texts
from tap_clevertap.records.written_values import read_date, read_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_clevertap.records.rows import Record

REST = "details"
"""The field of everything without a field of its own."""
LATEST_SECOND = 10**11
"""Epochs above it are in milliseconds: it is in the year 5138."""

MOST_DIGITS = 19
"""Of a whole number; a decimal with a large exponent would take hours."""
_day_with_time = re.compile(r"[0-9]{8}(?:[0-9]{2}){2,3}").fullmatch
"""yyyymmddHHMM, also with seconds."""

_decode = msgspec.json.Decoder(dict[str, Any], float_hook=exact_number).decode


@dataclass(frozen=True, slots=True)
class SentField:
    """Where a field comes from.

    Args:
        read: Returns the value in the type of the field, or None.
        sent: The key in the row, and other spellings of it.
    """

    read: Callable[[Any], Any]
    sent: tuple[str, ...]


def read_body(content: bytes) -> Record | None:
    """Return the JSON object of a response; None if it is something else."""
    try:
        return _decode(content)
    except UNREADABLE_JSON:
        pass
    try:
        return _decode(repair_json(content))
    except UNREADABLE_JSON:
        return None


def rows_of(body: Record, name: str) -> list[Record] | None:
    """Return the rows of a list in a response; None if they are something else.

    A plain text is the name of what it stands for. A list without rows may be absent, as `records`
    of an export are [LEA].
    """
    listed = body.get(name)
    rows = [{"name": each} if isinstance(each, str) else each for each in as_list(listed) or []]
    return rows if all(isinstance(each, dict) for each in rows) else None


def list_record(row: Record, columns: Mapping[str, SentField]) -> Record:
    """Return the record of a row."""
    record: Record = {}
    rest = dict(row)
    for field, column in columns.items():
        name = next((each for each in column.sent if row.get(each) is not None), None)
        record[field] = None if name is None else column.read(row[name])
        if name is not None and record[field] is not None:
            del rest[name]
    record[REST] = {name: value for name, value in rest.items() if value is not None} or None
    return record


def as_whole(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    """Return a whole number, also from text or a decimal without a fraction; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        is_whole = value.adjusted() < MOST_DIGITS and value == value.to_integral_value()
        return int(value) if is_whole else None
    with suppress(ValueError):
        return read_whole(value.strip()) if isinstance(value, str) else None
    return None


def as_day(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a day as an ISO date: from yyyymmdd, with or without a time, or ISO; else None."""
    text = str(value).strip() if isinstance(value, int | str) else ""
    with suppress(ValueError):
        return read_date(text[:8] if _day_with_time(text) else text).date().isoformat()
    return None


def as_instant(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a time in UTC: from an epoch, or ISO with an offset; else None."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(value, str):
            moment = read_date(value)
            return moment.astimezone(timezone.utc).isoformat() if moment.tzinfo else None
        epoch = as_whole(value)
        if epoch is not None:
            seconds = epoch / 1000 if abs(epoch) > LATEST_SECOND else epoch
            return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
    return None


def _column(read: Callable[[Any], Any], *sent: str) -> SentField:
    return SentField(read, sent)


def _objects(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    rows = as_list(value) or []
    return [each if isinstance(each, dict) else {"name": as_text(each)} for each in rows]


PROPERTY = {
    "name": _column(as_text, "name"),
    "type": _column(as_text, "dataType", "type"),
    "status": _column(as_text, "status"),
}
"""A property may have its origin, such as `Custom`, in `type`, and its type in `dataType`."""
EVENT_TYPE = {
    **PROPERTY,
    "type": _column(as_text, "type", "dataType"),
    "properties": _column(_objects, "properties", "eventProperties"),
}
CAMPAIGN = {
    "id": _column(as_whole, "id"),
    "name": _column(as_text, "name"),
    "scheduled_on": _column(as_text, "scheduled_on"),
    "status": _column(as_text, "status"),
}
RESULT = {"sent": _column(as_whole, "sent"), "clicked": _column(as_whole, "clicked")}
MESSAGE = {
    "message_id": _column(as_whole, "message id", "message_id"),
    "message_name": _column(as_text, "message_name", "message name"),
    "start_date": _column(as_day, "start_date", "start date"),
    "channel": _column(as_text, "channel"),
    "delivery": _column(as_text, "delivery"),
    "message_type": _column(as_text, "message_type", "message type"),
    "status": _column(as_text, "status"),
    "labels": _column(as_texts, "labels", "label"),
    "sent": _column(as_whole, "sent"),
    "viewed": _column(as_whole, "viewed"),
    "clicked": _column(as_whole, "clicked"),
}
CATEGORY_GROUP = {
    "key": _column(as_whole, "key"),
    "name": _column(as_text, "name"),
    "description": _column(as_text, "description"),
    "channels": _column(as_texts, "channels"),
    "created_on": _column(as_instant, "created_on"),
    "updated_on": _column(as_instant, "updated_on"),
}
CONTENT_BLOCK = {
    "id": _column(as_text, "id"),
    "name": _column(as_text, "name"),
    "type": _column(as_text, "type"),
    "content": _column(as_text, "content"),
    "created_at": _column(as_instant, "createdAt"),
    "created_by": _column(as_text, "createdBy"),
    "updated_at": _column(as_instant, "updatedAt"),
    "updated_by": _column(as_text, "updatedBy"),
}
