"""The fast path: a page of events directly to lines of output.

The lines are those of `events.event_record`. Of each row only the properties are decoded, for its
key; blocks of users and sessions are encoded once for the rows that repeat them. An uncommon row,
and a page that does not decode, are encoded the slow way by `events`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from itertools import compress, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.records.blocks import (
    KNOWN_BLOCKS,
    KNOWN_HOURS,
    Known,
    encode_session,
    encode_user,
)
from tap_clevertap.records.event_time import starts_of_minutes
from tap_clevertap.records.events import PageContext, event_records
from tap_clevertap.records.exact_json import (
    UNREADABLE_JSON,
    canonical_json,
    canonical_lines,
    encode_json,
    exact_number,
)
from tap_clevertap.records.keys import NULL, event_key, fingerprint, fingerprint_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.events import EventStream, Number
    from tap_clevertap.records.rows import BadRowSink

ROWS_AT_A_TIME = 500
"""About 300 kB of lines: few writes, and little memory."""
SECONDS = [b"%02d" % second for second in range(60)]
ABSENT = msgspec.Raw(NULL)
UNCOMMON = (IndexError, *UNREADABLE_JSON)
"""Raised for a row that must be encoded the slow way; IndexError for minute or second 60."""


class Envelope(NamedTuple):
    """The bytes around a record in its line."""

    before: bytes
    after: bytes


RECORD_ALONE = Envelope(b"", b"\n")


def record_message(stream: str) -> Envelope:
    """Return the envelope of a RECORD message of a stream, extracted now."""
    now = datetime.now(timezone.utc).isoformat().encode()
    before = b'{"type":"RECORD","stream":%b,"record":' % encode_json(stream)
    return Envelope(before, b',"time_extracted":"%b"}\n' % now)


class CommonRow(msgspec.Struct, rename="camel", gc=False):
    """A row as CleverTap usually sends it; any other does not decode."""

    ts: int
    profile: msgspec.Raw = ABSENT
    event_props: dict[str, Any] | None = msgspec.field(default=None, name="event_props")
    session_props: msgspec.Raw = msgspec.field(default=ABSENT, name="session_props")
    object_id: None = None
    identity: None = None
    profile_data: None = None
    session_source: None = msgspec.field(default=None, name="session_source")


_decode_rows = msgspec.json.Decoder(list[CommonRow] | None, float_hook=exact_number).decode
_decode_raw_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


class PageTemplate(NamedTuple):
    """What all rows of one page share."""

    context: PageContext
    number: Number
    envelope: Envelope
    fingerprint_prefix: bytes
    line: bytes


class EventEncoder:
    """Encodes the rows of pages, and keeps blocks that repeat in the pages of any event.

    - Only the main thread uses it.
    - `encode` raises what `bad_rows` raises for a bad row or page, and nothing else.

    Args:
        account_id: The project's.
        zone: The project's.
        envelope: Returns the envelope of each record of a page, by the stream of the page.
        rows_at_a_time: The most lines that `encode` yields at a time.
    """

    def __init__(
        self,
        *,
        account_id: str,
        zone: ZoneInfo,
        envelope: Callable[[str], Envelope] = record_message,
        rows_at_a_time: int = ROWS_AT_A_TIME,
    ) -> None:
        self._account_id = account_id
        self._zone = zone
        self._envelope = envelope
        self._rows_at_a_time = rows_at_a_time
        self._users = Known(encode_user, KNOWN_BLOCKS)
        self._sessions = Known(encode_session, KNOWN_BLOCKS)
        self._hours = Known(partial(starts_of_minutes, zone=zone), KNOWN_HOURS)

    def encode(
        self, rows: bytes, number: Number, event: EventStream, bad_rows: BadRowSink
    ) -> Iterator[list[bytes]]:
        """Yield the lines of the records of a page, some at a time.

        Args:
            rows: A JSON list, as sent.
            number: Numbers rows, or tells to leave them out.
            event: Of the page, and the stream of its records.
            bad_rows: Receives the rows that cannot become records.
        """
        page = self._template(event, number, bad_rows)
        try:
            common = _decode_rows(rows) or []
        except UNREADABLE_JSON:
            yield from self._encode_uncommon(rows, page)
            return
        sent: list[msgspec.Raw] = []
        for start in range(0, len(common), self._rows_at_a_time):
            part = slice(start, start + self._rows_at_a_time)
            try:
                lines = self._lines(common[part], page)
            except UNCOMMON:
                sent = sent or _decode_raw_rows(rows)
                lines = list(self._one_by_one(sent[part], page))
            yield lines

    def _encode_uncommon(self, rows: bytes, page: PageTemplate) -> Iterator[list[bytes]]:
        lines = _encode_slowly(rows, page)
        while some := list(islice(lines, self._rows_at_a_time)):
            yield some

    def _template(self, event: EventStream, number: Number, bad_rows: BadRowSink) -> PageTemplate:
        envelope = self._envelope(event.stream)
        line = (
            b'%b{"event_key":"%%b","event_name":%b,"event_time":"%%b%%b+00:00","ts":%%b,'
            b'"occurrence":%%d,"event_props":%%b,%%b,%%b%b}%b'
        ) % (
            envelope.before,
            canonical_json(event.name).replace(b"%", b"%%"),
            b"" if event.columns is None else b"%b",
            envelope.after,
        )
        context = PageContext(self._account_id, event.name, self._zone, bad_rows, event.columns)
        prefix = fingerprint_prefix(self._account_id, event.name)
        return PageTemplate(context, number, envelope, prefix, line)

    def _lines(self, rows: Sequence[CommonRow], page: PageTemplate) -> list[bytes]:
        """Return the lines of rows; an uncommon one raises `UNCOMMON` before any is numbered."""
        users, sessions, hours = self._users, self._sessions, self._hours
        prefix, template = page.fingerprint_prefix, page.line
        fingerprints, row_hours = [], []
        parts: list[tuple[bytes, ...]] = []
        all_props = canonical_lines([row.event_props for row in rows]).split(b"\n")
        for row, props in zip(rows, all_props, strict=False):  # the last line feed ends the text
            user = users[bytes(row.profile)]
            session = sessions[bytes(row.session_props)]
            minutes, second = divmod(row.ts, 100)
            hour, minute = divmod(minutes, 100)
            ts = b"%d" % row.ts
            fingerprints.append(fingerprint(prefix, user.object_id, ts, props, session.props))
            row_hours.append(hour)
            parts.append(
                (hours[hour][minute], SECONDS[second], ts, props, session.fields, user.fields)
            )
        ordinals = page.number(fingerprints, row_hours)
        if (columns := page.context.columns) is not None:
            is_kept = [ordinal is not None for ordinal in ordinals]
            encoded = columns.encode([row.event_props for row in compress(rows, is_kept)])
            kept = compress(parts, is_kept)
            parts = [(*part, more) for part, more in zip(kept, encoded, strict=True)]
            fingerprints = [*compress(fingerprints, is_kept)]
            ordinals = [*compress(ordinals, is_kept)]
        return [
            template % (event_key(hashed, ordinal).encode(), start, second, ts, ordinal, *blocks)
            for hashed, ordinal, (start, second, ts, *blocks) in zip(
                fingerprints, ordinals, parts, strict=True
            )
            if ordinal is not None
        ]

    def _one_by_one(self, rows: Iterable[msgspec.Raw], page: PageTemplate) -> Iterator[bytes]:
        """Yield the lines of rows of which some are uncommon."""
        for row in rows:
            page_of_one = b"[%b]" % bytes(row)
            try:
                lines = self._lines(_decode_rows(page_of_one) or [], page)
            except UNCOMMON:
                yield from _encode_slowly(page_of_one, page)
            else:
                yield from lines


def _encode_slowly(rows: bytes, page: PageTemplate) -> Iterator[bytes]:
    before, after = page.envelope
    for record in event_records(rows, page.number, page.context):
        yield before + encode_json(record) + after
