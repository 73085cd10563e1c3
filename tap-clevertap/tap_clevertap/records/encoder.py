"""The fast path: a page of events directly to lines of output.

The lines are those of `events.event_record`. Blocks that no field needs decoded are copied. Of each
row only the properties are decoded, for its key; a user's block is decoded once for all rows that
repeat it. An uncommon row, and a page that does not decode, are encoded the slow way by `events`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.records.event_time import LAST_MINUTE, starts_of_minutes
from tap_clevertap.records.events import PageContext, event_records, user_fields
from tap_clevertap.records.exact_json import (
    UNREADABLE_JSON,
    canonical_json,
    encode_json,
    exact_number,
)
from tap_clevertap.records.keys import NULL, event_key, fingerprint, fingerprint_prefix
from tap_clevertap.records.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.rows import BadRowSink

KNOWN_BLOCKS = 8192
"""Encoded blocks of users, and of sessions, that are kept, of some 1.5 kB each."""
KNOWN_HOURS = 1024
"""Hours whose minutes are kept: more than a month, of some 4 kB each."""
LAST_SECOND = 59
ABSENT = msgspec.Raw(NULL)


class Envelope(NamedTuple):
    """The bytes around a record in its line."""

    before: bytes
    after: bytes


RECORD_ALONE = Envelope(b"", b"\n")


def record_message() -> Envelope:
    """Return the envelope of a RECORD message of the events stream, extracted now."""
    now = datetime.now(timezone.utc).isoformat().encode()
    before = b'{"type":"RECORD","stream":"events","record":'
    return Envelope(before, b',"time_extracted":"%b"}\n' % now)


class CommonRow(msgspec.Struct, rename="camel", gc=False):
    """A row as CleverTap usually sends it; any other does not decode."""

    ts: int
    profile: msgspec.Raw = ABSENT
    event_props: msgspec.Raw = msgspec.field(default=ABSENT, name="event_props")
    session_props: msgspec.Raw = msgspec.field(default=ABSENT, name="session_props")
    object_id: None = None
    identity: None = None
    profile_data: None = None
    session_source: None = msgspec.field(default=None, name="session_source")


class EncodedUser(NamedTuple):
    """A user's block, encoded: the object id, and all fields."""

    object_id: bytes
    fields: bytes


class EncodedSession(NamedTuple):
    """A session's block, encoded, and the field that is copied from it."""

    block: bytes
    source: bytes


class UncommonRowError(ValueError):
    """A row must be encoded the slow way."""


_decode_rows = msgspec.json.Decoder(list[CommonRow] | None).decode
_decode_raw_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode = msgspec.json.Decoder(float_hook=exact_number).decode


class LineTemplate(NamedTuple):
    """The bytes that all rows of one event share."""

    fingerprint_prefix: bytes
    line: bytes
    envelope: Envelope


class EventEncoder:
    """Encodes the rows of pages, and keeps blocks that repeat in the pages of any event.

    - Only the main thread uses it.
    - `encode` raises what `bad_rows` raises for a bad row or page, and nothing else.

    Args:
        account_id: The project's.
        zone: The project's.
        envelope: Returns the envelope of each record of a page.
    """

    def __init__(
        self,
        *,
        account_id: str,
        zone: ZoneInfo,
        envelope: Callable[[], Envelope] = record_message,
    ) -> None:
        self._account_id = account_id
        self._zone = zone
        self._envelope = envelope
        self._users: dict[bytes, EncodedUser] = {}
        self._sessions: dict[bytes, EncodedSession] = {}
        self._hours: dict[int, list[bytes]] = {}

    def encode(
        self,
        rows: bytes,
        number: Callable[[bytes], int | None],
        event_name: str,
        bad_rows: BadRowSink,
    ) -> Iterator[bytes]:
        """Yield a line for each record of a page.

        Args:
            rows: A JSON list, as sent.
            number: Returns the ordinal of a fingerprint, or None for a row to leave out.
            event_name: Of the page.
            bad_rows: Receives the rows that cannot become records.
        """
        template = self._template(event_name, self._envelope())
        context = PageContext(self._account_id, event_name, self._zone, bad_rows)
        try:
            common = _decode_rows(rows) or ()
        except UNREADABLE_JSON:
            yield from _encode_slowly(rows, number, template, context)
            return
        sent: list[msgspec.Raw] = []
        for position, row in enumerate(common):
            try:
                line = self._line(row, number, template)
            except UNREADABLE_JSON:  # noqa: PERF203 - one uncommon row must not slow down its page
                sent = sent or _decode_raw_rows(rows)
                page_of_one = b"[%b]" % bytes(sent[position])
                yield from _encode_slowly(page_of_one, number, template, context)
            else:
                if line is not None:
                    yield line

    def _template(self, event_name: str, envelope: Envelope) -> LineTemplate:
        line = (
            b'%b{"event_key":"%%b","event_name":%b,"event_time":"%%b%%02d+00:00","ts":%%b,'
            b'"occurrence":%%d,"event_props":%%b,"session_props":%%b,"session_source":%%b,%%b}%b'
        ) % (envelope.before, canonical_json(event_name).replace(b"%", b"%%"), envelope.after)
        return LineTemplate(fingerprint_prefix(self._account_id, event_name), line, envelope)

    def _line(
        self, row: CommonRow, number: Callable[[bytes], int | None], template: LineTemplate
    ) -> bytes | None:
        block = bytes(row.profile)
        user = self._users.get(block) or self._user(block)
        block = bytes(row.session_props)
        session = self._sessions.get(block) or self._session(block)
        props = canonical_json(_object(row.event_props))
        rest, second = divmod(row.ts, 100)
        hour, minute = divmod(rest, 100)
        if second > LAST_SECOND or minute > LAST_MINUTE:
            raise UncommonRowError
        start = (self._hours.get(hour) or self._starts_of_minutes(hour))[minute]
        ts = b"%d" % row.ts
        hashed = fingerprint(template.fingerprint_prefix, user.object_id, ts, props, session.block)
        ordinal = number(hashed)
        if ordinal is None:
            return None
        key = event_key(hashed, ordinal).encode()
        return template.line % (key, start, second, ts, ordinal, props, *session, user.fields)

    def _starts_of_minutes(self, hour: int) -> list[bytes]:
        if len(self._hours) >= KNOWN_HOURS:
            self._hours.clear()
        starts = self._hours[hour] = starts_of_minutes(hour, self._zone)
        return starts

    def _user(self, block: bytes) -> EncodedUser:
        if len(self._users) >= KNOWN_BLOCKS:
            self._users.clear()
        profile = _object(block) or {}
        object_id = canonical_json(profile.get("objectId"))
        user = EncodedUser(object_id, encode_json(user_fields(profile))[1:-1])
        self._users[block] = user
        return user

    def _session(self, block: bytes) -> EncodedSession:
        if len(self._sessions) >= KNOWN_BLOCKS:
            self._sessions.clear()
        props = _object(block)
        source = encode_json(as_text((props or {}).get("session_source")))
        session = self._sessions[block] = EncodedSession(canonical_json(props), source)
        return session


def _encode_slowly(
    rows: bytes,
    number: Callable[[bytes], int | None],
    template: LineTemplate,
    context: PageContext,
) -> Iterator[bytes]:
    for record in event_records(rows, number, context):
        yield template.envelope.before + encode_json(record) + template.envelope.after


def _object(block: bytes | msgspec.Raw) -> dict[str, Any] | None:
    """Return a decoded object, or None for null.

    Raises:
        UncommonRowError: For anything else.
    """
    value = _decode(block)
    if value is None or type(value) is dict:
        return value
    raise UncommonRowError
