"""Rows of export files as readers give them, without a store, a run or records."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.readers import reader_of
from tap_clevertap.files.rows import ReadOptions
from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONE = ZoneInfo("Asia/Kolkata")


@dataclass
class KeptRows:
    """Keeps the bad rows, or refuses the first."""

    skip: bool = True
    has_good: bool = False
    rows: list[tuple[int, object, str]] = field(default_factory=list)

    def collect(self, number: int, sent: object, reason: str) -> None:
        """Keep one, or raise its reason."""
        if not self.skip:
            message = f"line {number}: a row {reason}"
            raise UnreadFileError(message)
        self.rows.append((number, sent, reason))


class ReadEvent(NamedTuple):
    """One row of events, its blocks decoded again."""

    number: int
    name: str
    ts: bytes
    object_id: str | None
    user: dict[str, Any]
    props: dict[str, Any] | None
    session: dict[str, Any] | None


def kind_in(file_format: str, content: bytes, columns: Mapping[str, str] | None = None) -> str:
    """Return what the rows of a file are; check that this leaves it at its start."""
    file = BufferedReader(BytesIO(content), 1 << 20)
    kind = reader_of(file_format).kind_of(file, columns or {})
    assert file.read() == content
    return kind


def events_in(
    file_format: str,
    content: bytes,
    columns: Mapping[str, str] | None = None,
    bad_rows: KeptRows | None = None,
    *,
    is_packed: bool = True,
) -> list[ReadEvent]:
    """Return the rows of a file of events; a bad one is refused if it is not to be kept."""
    bad_rows = bad_rows or KeptRows(skip=False)
    options = ReadOptions(ZONE, columns or {}, bad_rows, is_packed=is_packed)
    parts = reader_of(file_format).event_rows(BytesIO(content), options)
    return [_event(*row) for part in parts for row in zip(*part[:6], strict=True)]


def profiles_in(
    file_format: str,
    content: bytes,
    columns: Mapping[str, str] | None = None,
    bad_rows: KeptRows | None = None,
    *,
    is_packed: bool = True,
) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows of a file of profiles; a bad one is refused if it is not to be kept."""
    bad_rows = bad_rows or KeptRows(skip=False)
    options = ReadOptions(ZONE, columns or {}, bad_rows, is_packed=is_packed)
    parts = reader_of(file_format).profile_rows(BytesIO(content), options)
    return [row for part in parts for row in part]


def _event(
    number: int,
    name: str,
    ts: bytes,
    user: tuple[bytes, bytes],
    props: dict[str, Any] | None,
    session: tuple[bytes, bytes],
) -> ReadEvent:
    object_id, fields = user
    return ReadEvent(
        number,
        name,
        ts,
        msgspec.json.decode(object_id),
        {k: v for k, v in msgspec.json.decode(b"{%b}" % fields).items() if v is not None},
        json.loads(canonical_json(props), parse_float=Decimal),
        msgspec.json.decode(b"{%b}" % session[1])["session_props"],
    )
