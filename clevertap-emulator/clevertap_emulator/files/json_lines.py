"""JSON files of events: the bare event name, then an object in each line [U:export-format]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import NULL, to_json
from clevertap_emulator.files.rows import Rows, keep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clevertap_emulator.data.events import EventTemplate, StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import EventFileRow, UserRow, Users

ROWS_AT_A_TIME = 5_000
SESSION_KEY = "sessionProps"
UserKey = tuple[int, int]


class JsonEvents:
    """Writes events as JSON lines."""

    def __init__(self, users: Users, columns: ChosenColumns, session_key: str) -> None:
        self._columns = columns
        self._rows = Rows(users)
        self._session_key = session_key
        self._lines = JsonRows(users, session_key)

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""
        yield name.encode() + b"\n"
        for start in range(0, len(events), ROWS_AT_A_TIME):
            some = events[start : start + ROWS_AT_A_TIME]
            rows = self._chosen(key, name, some) if self._columns.are_chosen else None
            yield b"\n".join([*(rows or self._lines.rows(name, some)), b""])

    def _chosen(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        columns = self._columns
        for row in self._rows.of(name, events):
            members = members_of(columns.row(row))
            members[self._session_key] = members.pop(SESSION_KEY)
            yield to_json(columns.nested(members, key))


class JsonRows:
    """Makes the JSON of rows from what was encoded before."""

    def __init__(self, users: Users, session_key: str = SESSION_KEY) -> None:
        self._users = users
        self._session_key = session_key
        self._user_texts: dict[UserKey, bytes] = {}
        self._template_texts: dict[int, tuple[EventTemplate, bytes, bytes]] = {}

    def rows(self, name: str, events: Sequence[StoredEvent]) -> list[bytes]:
        """Return an object for each event."""
        named = to_json(name)
        return [self._row(named, event) for event in events]

    def _row(self, name: bytes, event: StoredEvent) -> bytes:
        user = self._user_texts.get((event.person, event.device)) or self._user(event)
        known = self._template_texts.get(id(event.template)) or self._template(event.template)
        return b'{"ts":%d,"eventName":%b,%b%b%b%b}' % (
            *(event.ts, name, user),
            *(known[1], event.unique, known[2]),
        )

    def _user(self, event: StoredEvent) -> bytes:
        user = self._users.row(event.person, event.device)
        return keep(self._user_texts, (event.person, event.device), to_json(_of_user(user))[1:-1])

    def _template(self, template: EventTemplate) -> tuple[EventTemplate, bytes, bytes]:
        # The template is kept as well, so that no other one gets its id.
        found = self._template_texts[id(template)] = (
            template,
            *template_texts(template, self._session_key),
        )
        return found


def members_of(row: EventFileRow) -> dict[str, Any]:
    """Return a row as an object, by its documented names."""
    members = {"ts": row.ts, "eventName": row.name, **_of_user(row.user)}
    if row.props is not None:
        members["eventProps"] = row.props
    return {**members, "sessionProps": row.session or {}}


def _of_user(user: UserRow) -> dict[str, Any]:
    members: dict[str, Any] = {"profile": user.profile, "deviceInfo": user.device}
    if user.control_group is not None:
        members["controlGroupName"] = user.control_group
    return members


def template_texts(template: EventTemplate, session_key: str) -> tuple[bytes, bytes]:
    """Return the JSON before and after the unique property of an event."""
    opening, closing = template.props
    session = b"{}" if template.session == NULL else template.session
    after = b"%b,%b:%b" % (closing, to_json(session_key), session)
    if opening == NULL:  # absent, or null
        return (b',"eventProps":null' if len(session) % 2 else b""), after
    return b',"eventProps":' + opening, after
