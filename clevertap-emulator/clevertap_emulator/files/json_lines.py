"""JSON files of events: the bare event name, then an object in each line [U:export-format]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import NULL, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clevertap_emulator.data.events import EventTemplate, StoredEvent
    from clevertap_emulator.files.rows import Users

ROWS_AT_A_TIME = 5_000


class JsonEvents:
    """Writes events as JSON lines."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._user_texts: dict[tuple[int, int], bytes] = {}
        self._template_texts: dict[int, tuple[EventTemplate, bytes, bytes]] = {}

    def content(self, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""
        yield name.encode() + b"\n"
        named = to_json(name)
        for start in range(0, len(events), ROWS_AT_A_TIME):
            some = events[start : start + ROWS_AT_A_TIME]
            yield b"".join([self._line(named, event) for event in some])

    def _line(self, name: bytes, event: StoredEvent) -> bytes:
        user = self._user_texts.get((event.person, event.device)) or self._user(event)
        known = self._template_texts.get(id(event.template)) or self._template(event.template)
        return b'{"ts":%d,"eventName":%b,%b%b%b%b}\n' % (
            *(event.ts, name, user),
            *(known[1], event.unique, known[2]),
        )

    def _user(self, event: StoredEvent) -> bytes:
        user = self._users.row(event.person, event.device)
        members: dict[str, Any] = {"profile": user.profile, "deviceInfo": user.device}
        if user.control_group is not None:
            members["controlGroupName"] = user.control_group
        text = to_json(members)[1:-1]
        self._user_texts[event.person, event.device] = text
        return text

    def _template(self, template: EventTemplate) -> tuple[EventTemplate, bytes, bytes]:
        # The template is kept as well, so that no other one gets its id.
        found = self._template_texts[id(template)] = (template, *template_texts(template))
        return found


def template_texts(template: EventTemplate) -> tuple[bytes, bytes]:
    """Return the JSON before and after the unique property of an event."""
    opening, closing = template.props
    session = b"{}" if template.session == NULL else template.session
    after = b'%b,"sessionProps":%b' % (closing, session)
    if opening == NULL:  # absent, or null
        return (b',"eventProps":null' if len(session) % 2 else b""), after
    return b',"eventProps":' + opening, after
