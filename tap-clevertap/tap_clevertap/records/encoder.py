"""The fast path: a page of events straight to lines of output.

It writes what `records.event_record` makes of the same rows, without building what is passed on
unread: of a row only the properties are decoded, for the key; a user's block is decoded once for
all the rows that repeat it. A row with anything unusual goes the way of `records`; so does a whole
page of which one does not even decode.
"""

from __future__ import annotations

from binascii import hexlify
from datetime import datetime, timezone
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.api.outcomes import UNREADABLE, exact
from tap_clevertap.records.records import (
    KEY_BYTES,
    Origin,
    canonical,
    event_records,
    event_time,
    text,
    user_fields,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from tap_clevertap.output.bad_rows import BadRows

KNOWN_BLOCKS = 2048
"""Blocks of users, and of sessions, kept encoded: what comes again does so within some pages."""
KNOWN_MINUTES = 16_384
"""Minutes whose instant is kept: a week has 10,080, and windows of more days few rows."""
LAST_SECOND = 59
NULL, EMPTY = b"null", b"{}"
NOTHING = msgspec.Raw(NULL)

encode = msgspec.json.Encoder(decimal_format="number").encode


class Envelope(NamedTuple):
    """What stands around a record in its line."""

    before: bytes
    after: bytes


RECORD_ALONE = Envelope(b"", b"\n")


def record_message() -> Envelope:
    """Return what makes a record of now a message of the events stream."""
    now = datetime.now(timezone.utc).isoformat().encode()
    before = b'{"type":"RECORD","stream":"events","record":'
    return Envelope(before, b',"time_extracted":"%b"}\n' % now)


class UsualRow(msgspec.Struct, rename="camel", gc=False):
    """A row as CleverTap sends it; what is otherwise does not decode."""

    ts: int
    profile: msgspec.Raw = NOTHING
    event_props: msgspec.Raw = msgspec.field(default=NOTHING, name="event_props")
    session_props: msgspec.Raw = msgspec.field(default=NOTHING, name="session_props")
    object_id: None = None
    identity: None = None
    profile_data: None = None
    session_source: None = msgspec.field(default=None, name="session_source")


class User(NamedTuple):
    """A user's block as it is written: the object id, and all fields."""

    object_id: bytes
    fields: bytes


class Session(NamedTuple):
    """A session's block as it is written, and the field taken from it."""

    block: bytes
    source: bytes


class UnusualError(ValueError):
    """A row that is to be written with care."""


_decode_rows = msgspec.json.Decoder(list[UsualRow] | None).decode
_decode_raw_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode = msgspec.json.Decoder(float_hook=exact).decode


class Event(NamedTuple):
    """What the rows of one event have in common."""

    name: str
    hashed: bytes
    """What the fingerprint is a hash of, but for the row's object id, ts and properties."""

    line: bytes
    envelope: Envelope


class EventLines:
    """Writes the rows of pages; keeps what comes again in the pages of any event."""

    def __init__(
        self,
        *,
        account_id: str,
        zone: ZoneInfo,
        envelope: Callable[[], Envelope] = record_message,
    ) -> None:
        """Keep nothing yet.

        Args:
            account_id: The project's.
            zone: The project's.
            envelope: Returns what is around each record of a page.
        """
        self._account_id = account_id
        self._zone = zone
        self._envelope = envelope
        self._users: dict[bytes, User] = {}
        self._sessions: dict[bytes, Session] = {}
        self._minutes: dict[int, bytes] = {}

    def write(
        self,
        rows: bytes,
        number: Callable[[bytes], int | None],
        event_name: str,
        bad: BadRows,
    ) -> Iterator[bytes]:
        """Yield the lines of the rows of a page that are to be emitted.

        Args:
            rows: As sent.
            number: Returns the ordinal of a fingerprint, or None for a row to be left out.
            event_name: The event that the page is of.
            bad: Takes the rows that cannot become records.

        Raises:
            CleverTapError: If the rows are not a list, or a row is bad and ends the run.
        """
        event = self._event(event_name, self._envelope())
        origin = Origin(self._account_id, event_name, self._zone, bad)
        try:
            usual = _decode_rows(rows) or ()
        except UNREADABLE:
            yield from _write_with_care(rows, number, event, origin)
            return
        sent: list[msgspec.Raw] = []
        for position, row in enumerate(usual):
            try:
                line = self._line(row, number, event)
            except UNREADABLE:  # noqa: PERF203 - one odd row must not slow down its page
                sent = sent or _decode_raw_rows(rows)
                page_of_one = b"[%b]" % bytes(sent[position])
                yield from _write_with_care(page_of_one, number, event, origin)
            else:
                if line is not None:
                    yield line

    def _event(self, name: str, envelope: Envelope) -> Event:
        hashed = canonical([self._account_id, name]).replace(b"%", b"%%")
        line = (
            b'%b{"event_key":"%%b","event_name":%b,"event_time":"%%b%%02d+00:00","ts":%%d,'
            b'"occurrence":%%d,"event_props":%%b,"session_props":%%b,"session_source":%%b,%%b}%b'
        ) % (envelope.before, canonical(name).replace(b"%", b"%%"), envelope.after)
        return Event(name, hashed[:-1] + b",%b,%d,%b,%b]", line, envelope)

    def _line(
        self, row: UsualRow, number: Callable[[bytes], int | None], event: Event
    ) -> bytes | None:
        block = bytes(row.profile)
        user = self._users.get(block) or self._user(block)
        block = bytes(row.session_props)
        session = self._sessions.get(block) or self._session(block)
        props = canonical(_object(row.event_props))
        minute, second = divmod(row.ts, 100)
        start = self._minutes.get(minute) or self._minute(minute)
        if second > LAST_SECOND:
            raise UnusualError
        hashed = event.hashed % (
            user.object_id,
            row.ts,
            NULL if props == EMPTY else props,
            NULL if session.block == EMPTY else session.block,
        )
        fingerprint = blake2b(hashed, digest_size=KEY_BYTES).digest()
        ordinal = number(fingerprint)
        if ordinal is None:
            return None
        digest = blake2b(fingerprint + b"%d" % ordinal, digest_size=KEY_BYTES).digest()
        when = (start, second, row.ts, ordinal)
        return event.line % (hexlify(digest), *when, props, *session, user.fields)

    def _minute(self, minute: int) -> bytes:
        if len(self._minutes) >= KNOWN_MINUTES:
            self._minutes.clear()
        start = event_time(minute * 100, self._zone).removesuffix("00+00:00").encode()
        self._minutes[minute] = start
        return start

    def _user(self, block: bytes) -> User:
        if len(self._users) >= KNOWN_BLOCKS:
            self._users.clear()
        profile = _object(block) or {}
        object_id = canonical(profile.get("objectId"))
        user = self._users[block] = User(object_id, encode(user_fields(profile))[1:-1])
        return user

    def _session(self, block: bytes) -> Session:
        if len(self._sessions) >= KNOWN_BLOCKS:
            self._sessions.clear()
        props = _object(block)
        source = encode(text((props or {}).get("session_source")))
        session = self._sessions[block] = Session(canonical(props), source)
        return session


def _write_with_care(
    rows: bytes, number: Callable[[bytes], int | None], event: Event, origin: Origin
) -> Iterator[bytes]:
    for record in event_records(rows, number, origin):
        yield event.envelope.before + encode(record) + event.envelope.after


def _object(block: bytes | msgspec.Raw) -> dict[str, Any] | None:
    """Return an object or nothing.

    Raises:
        UnusualError: For anything else.
    """
    value = _decode(block)
    if value is None or type(value) is dict:
        return value
    raise UnusualError
