"""Stored events: fragments of JSON, which a page concatenates."""

from __future__ import annotations

import msgspec

NULL = b"null"
_encode = msgspec.json.Encoder().encode


class EventTemplate(msgspec.Struct, frozen=True, gc=False):
    """An event without its time, its user and its one unique property.

    Generated events share a few hundred templates. `before` and `after` are the text around the
    unique property, in two orders of keys; `props` is the same for `event_props` alone.
    """

    before: tuple[bytes, bytes]
    after: tuple[bytes, bytes]
    props: tuple[bytes, bytes]
    session: bytes
    takes_unique: bool = False


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One event: wall-clock stamp, user number, device number, unique property, the rest."""

    ts: int
    person: int
    device: int
    unique: bytes
    template: EventTemplate


def to_json(value: object) -> bytes:
    """Return a value as JSON."""
    return _encode(value)


def make_template(
    properties: list[tuple[str, bytes]], session: bytes | None, *, unique: bool = False
) -> EventTemplate:
    """Build the template of an event with properties.

    Args:
        properties: Name and JSON of each.
        session: `session_props` as JSON; None if absent.
        unique: A unique property goes next to them.
    """
    gap = b"," if unique and properties else b""
    members = [_encode(name) + b":" + value for name, value in properties]
    forth, back = b",".join(members), b",".join(reversed(members))
    tail = b"" if session is None else b',"session_props":' + session
    return EventTemplate(
        before=(b',"event_props":{' + forth + gap, tail + b',"event_props":{'),
        after=(b"}" + tail, gap + back + b"}"),
        props=(b"{" + forth + gap, b"}"),
        session=NULL if session is None else session,
        takes_unique=unique,
    )


def make_bare_template(props: bytes | None, session: bytes | None) -> EventTemplate:
    """Build the template of an event whose `event_props` is absent (None) or exactly this text."""
    head = b"" if props is None else b',"event_props":' + props
    tail = b"" if session is None else b',"session_props":' + session
    return EventTemplate(
        before=(head + tail, tail + head),
        after=(b"", b""),
        props=(NULL if props is None else props, b""),
        session=NULL if session is None else session,
    )
