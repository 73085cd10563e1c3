"""The rows of a page, decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import msgspec

from tap_clevertap.records.exact_json import UNREADABLE_JSON, exact_number, repair_json

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]

NOT_AN_OBJECT = "is not an object, or its profile is not"


class BadRowSink(Protocol):
    """Receives what cannot become a record."""

    def collect(self, row: Any, reason: str) -> None:  # noqa: ANN401 - any JSON value
        """Keep one bad row, or raise an error that ends the run."""

    def refuse_page(self) -> NoReturn:
        """Raise an error that ends the run: the records of a page are not a list."""


class _ProfileBody(msgspec.Struct):
    """The response to the request of one profile."""

    record: Any = None


class Row(msgspec.Struct, rename="camel"):
    """One row of an events page, as sent."""

    profile: Record | None = None
    ts: Any = None
    event_props: Any = msgspec.field(default=None, name="event_props")
    session_props: Any = msgspec.field(default=None, name="session_props")
    object_id: Any = None
    identity: Any = None
    profile_data: Any = None
    session_source: Any = msgspec.field(default=None, name="session_source")


_decode_rows = msgspec.json.Decoder(list[Row] | None, float_hook=exact_number).decode
_decode_list = msgspec.json.Decoder(list[Any] | None, float_hook=exact_number).decode
_decode_profile = msgspec.json.Decoder(_ProfileBody, float_hook=exact_number).decode
_decode_profiles = msgspec.json.Decoder(list[Record] | None, float_hook=exact_number).decode


def read_rows(rows: memoryview | bytes, bad_rows: BadRowSink) -> list[Row]:
    """Return the rows of an events page; what is not a row goes to `bad_rows`."""
    decoded: list[Row] = _read(_decode_rows, Row, rows, bad_rows)
    return decoded


def read_profiles(rows: memoryview | bytes, bad_rows: BadRowSink) -> list[Record]:
    """Return the rows of a profiles page; what is not an object goes to `bad_rows`."""
    profiles: list[Record] = _read(_decode_profiles, Record, rows, bad_rows)
    return profiles


def read_profile(content: bytes) -> list[Record] | None:
    """Return the profile in a response, none for an unknown user; None if it has something else.

    Args:
        content: A JSON object with `record`. [SNIP]
    """
    try:
        record = _decode_profile(content).record
    except UNREADABLE_JSON:
        try:
            record = _decode_profile(repair_json(content)).record
        except UNREADABLE_JSON:
            return None
    found = record if isinstance(record, list) else [record] if record else []
    return found if all(isinstance(each, dict) for each in found) else None


def _read(
    decode: Callable[[memoryview | bytes], Any],
    kind: type,
    rows: memoryview | bytes,
    bad_rows: BadRowSink,
) -> Any:  # noqa: ANN401 - either decoder, either kind
    try:
        return decode(rows) or []
    except UNREADABLE_JSON:
        pass
    readable: list[Any] = []
    for row in _repaired_list(rows, bad_rows):
        try:
            readable.append(msgspec.convert(row, kind))
        except msgspec.ValidationError:  # noqa: PERF203 - one bad row does not spoil its page
            bad_rows.collect(row, NOT_AN_OBJECT)
    return readable


def rows_as_sent(rows: memoryview | bytes, bad_rows: BadRowSink) -> list[Any]:
    """Return the rows that `read_rows` returns, each with all its fields."""
    try:
        sent = _decode_list(rows) or []
    except UNREADABLE_JSON:  # of a field that no record has, too
        sent = _repaired_list(rows, bad_rows)
    return [row for row in sent if _is_row(row)]


def _repaired_list(rows: memoryview | bytes, bad_rows: BadRowSink) -> list[Any]:
    try:
        return _decode_list(repair_json(bytes(rows))) or []
    except UNREADABLE_JSON:
        bad_rows.refuse_page()


def _is_row(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    try:
        msgspec.convert(value, Row)
    except msgspec.ValidationError:
        return False
    return True
