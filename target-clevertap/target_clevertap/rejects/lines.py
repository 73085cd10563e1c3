"""The lines of a rejects file: what each is, and what it says of its reject."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from target_clevertap.records.exact_json import UNREADABLE, decode_value
from target_clevertap.singer.lenient_json import UnreadableError, read_leniently

MAYBE_TAKEN = ("uncertain", "unmatched")
"""Codes of records that CleverTap may have: to send them again may double events."""


class _Message(msgspec.Struct, gc=False):
    type: str
    stream: str
    record: msgspec.Raw = msgspec.Raw()
    code: Any = None
    reason: Any = None
    rejected_at: Any = None
    stream_alias: Any = None
    bookmark_properties: Any = None


_decode = msgspec.json.Decoder(_Message).decode


@dataclass(frozen=True, slots=True)
class RejectLine:
    """One line; what is no reject and no SCHEMA has neither code nor kind."""

    number: int
    """In the file, from 1 on."""

    text: bytes
    """Without its end."""

    kind: str = ""
    """`SCHEMA`, `REJECT`, or empty for anything else."""

    stream: str = ""
    """As the record came in."""

    alias: str | None = None
    code: str = ""
    reason: str = ""
    """May hold values of the record."""

    rejected_at: str = ""
    record: bytes = b""
    bookmarks: tuple[str, ...] = ()
    """Of a SCHEMA: the columns by which its tap continues."""

    @property
    def name(self) -> str:
        """The name its rule is under."""
        return self.alias or self.stream

    def decoded(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the record; None where it cannot be read."""
        try:
            return decode_value(self.record)
        except UNREADABLE:
            pass
        try:
            return read_leniently(self.text)[1]
        except UnreadableError:
            return None


def read_line(number: int, line: bytes) -> RejectLine:
    """Return what a line is.

    Args:
        number: In the file.
        line: With or without its end.
    """
    text = line.strip()
    try:
        message = _decode(text)
    except UNREADABLE:
        return _read_leniently(number, text)
    if message.type == "SCHEMA":
        return RejectLine(
            number, text, "SCHEMA", message.stream, bookmarks=_names(message.bookmark_properties)
        )
    return _reject(number, text, message)


def _read_leniently(number: int, text: bytes) -> RejectLine:
    """Return the line of a record with values that the fast reader refuses, such as NaN."""
    try:
        line, _ = read_leniently(text)
        code = json.loads(bytes(line.code)) if line.code else None
    except (UnreadableError, ValueError):
        return RejectLine(number, text)
    message = _Message(line.type, line.stream or "", line.record, code)
    message.rejected_at, message.stream_alias = line.rejected_at, line.stream_alias
    return _reject(number, text, message)


def _reject(number: int, text: bytes, message: _Message) -> RejectLine:
    is_code = isinstance(message.code, (int, str)) and not isinstance(message.code, bool)
    if message.type != "RECORD" or not (is_code and message.record):
        return RejectLine(number, text)
    alias = message.stream_alias
    return RejectLine(
        *(number, text, "REJECT", message.stream),
        alias=alias if isinstance(alias, str) else None,
        code=str(message.code),
        reason=message.reason if isinstance(message.reason, str) else "",
        rejected_at=message.rejected_at if isinstance(message.rejected_at, str) else "",
        record=bytes(message.record),
    )


def _names(given: object) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()
