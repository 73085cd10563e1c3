"""The fast path: a page of events directly to lines of output.

The lines are those of `events.event_record`. Of each row only the properties are decoded, for its
key; blocks of users and sessions are encoded once for the rows that repeat them. An uncommon row,
and a page that does not decode, are encoded the slow way by `events`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.records.blocks import (
    KnownBlocks,
    encode_session,
    encode_user,
)
from tap_clevertap.records.event_lines import EventLines, EventValues, kept
from tap_clevertap.records.event_time import SECONDS_OF_HOUR, KnownMinutes
from tap_clevertap.records.events import PageContext, event_records
from tap_clevertap.records.exact_json import (
    UNREADABLE_JSON,
    canonical_lines,
    encode_json,
    lines_in,
)
from tap_clevertap.records.keys import NULL, event_fingerprints, fingerprint_prefix
from tap_clevertap.records.lines import Envelope, Lines, record_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.events import EventStream, Number
    from tap_clevertap.records.rows import BadRowSink

ROWS_AT_A_TIME = 500
"""About 300 kB of lines: few writes, and little memory."""
USER_BYTES = 10 * 1024 * 1024
"""Of the blocks of users that are kept: some 8,000 with a dozen properties."""
SESSION_BYTES = 4 * 1024 * 1024
ABSENT = msgspec.Raw(NULL)
UNCOMMON = (KeyError, InvalidOperation, *UNREADABLE_JSON)
"""Raised for a row that must be encoded the slow way: KeyError for a minute or second that is not
one, InvalidOperation for a number that no decimal holds."""


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


_decode_rows = msgspec.json.Decoder(list[CommonRow] | None, float_hook=Decimal).decode
_decode_raw_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


class PageTemplate(NamedTuple):
    """What all rows of one page share."""

    context: PageContext
    number: Number
    envelope: Envelope
    fingerprint_prefix: bytes
    lines: EventLines


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
        self._users = KnownBlocks(encode_user, USER_BYTES)
        self._sessions = KnownBlocks(encode_session, SESSION_BYTES)
        self._minutes = KnownMinutes(zone)

    def encode(
        self, rows: memoryview | bytes, number: Number, event: EventStream, bad_rows: BadRowSink
    ) -> Iterator[Lines]:
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
        except UNCOMMON:
            yield from self._encode_uncommon(rows, page)
            return
        sent: list[msgspec.Raw] = []
        for start in range(0, len(common), self._rows_at_a_time):
            part = slice(start, start + self._rows_at_a_time)
            try:
                lines = self._lines(common[part], page)
            except UNCOMMON:
                sent = sent or _decode_raw_rows(rows)
                lines = Lines.of(self._one_by_one(sent[part], page))
            if lines:
                yield lines

    def _encode_uncommon(self, rows: memoryview | bytes, page: PageTemplate) -> Iterator[Lines]:
        lines = _encode_slowly(rows, page)
        while some := Lines.of(islice(lines, self._rows_at_a_time)):
            yield some

    def _template(self, event: EventStream, number: Number, bad_rows: BadRowSink) -> PageTemplate:
        envelope = self._envelope(event.stream)
        context = PageContext(self._account_id, event.name, self._zone, bad_rows, event.columns)
        prefix = fingerprint_prefix(self._account_id, event.name)
        return PageTemplate(context, number, envelope, prefix, EventLines(event.name, envelope))

    def _lines(self, rows: Sequence[CommonRow], page: PageTemplate) -> Lines:
        """Return the lines of rows; an uncommon one raises `UNCOMMON` before any is numbered."""
        users, sessions = self._users, self._sessions
        stamps = [b"%d" % row.ts for row in rows]
        times = self._minutes.times(stamps)
        object_ids, of_users = zip(*[users[bytes(row.profile)] for row in rows], strict=True)
        hashed, of_sessions = zip(
            *[sessions[bytes(row.session_props)] for row in rows], strict=True
        )
        props = lines_in(canonical_lines([row.event_props for row in rows]))
        fingerprints = event_fingerprints(
            page.fingerprint_prefix, object_ids, stamps, props, hashed
        )
        ordinals = page.number(fingerprints, [row.ts // SECONDS_OF_HOUR for row in rows])
        values = EventValues(*(fingerprints, times, stamps, props, of_sessions, of_users))
        more = None
        if page.context.columns is not None:
            blocks = [row.event_props for row in kept(rows, ordinals)]
            more = page.context.columns.encode(blocks)
        return page.lines.write(values, ordinals, more)

    def _one_by_one(self, rows: Iterable[msgspec.Raw], page: PageTemplate) -> Iterator[bytes]:
        """Yield the lines of rows of which some are uncommon."""
        for row in rows:
            page_of_one = b"[%b]" % bytes(row)
            try:
                lines = self._lines(_decode_rows(page_of_one) or [], page)
            except UNCOMMON:
                yield from _encode_slowly(page_of_one, page)
            else:
                if lines:
                    yield lines.content


def _encode_slowly(rows: memoryview | bytes, page: PageTemplate) -> Iterator[bytes]:
    before, after = page.envelope
    for record in event_records(rows, page.number, page.context):
        yield before + encode_json(record) + after
