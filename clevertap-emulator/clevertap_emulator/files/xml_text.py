"""XML files: an element for each event, its properties as entries [U]."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from clevertap_emulator.files.json_lines import ROWS_AT_A_TIME
from clevertap_emulator.files.rows import Blocks, keep, unique_of
from clevertap_emulator.files.values import listed, plain_text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import Users
    from clevertap_emulator.files.values import JsonObject

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NO_NAME = re.compile(r"[^\w.-]")
SPECIAL = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
ESCAPES = {code: "?" for code in range(32) if chr(code) not in "\t\n"} | SPECIAL
"""What XML cannot hold is `?`."""
BLOCKS = ("eventProps", "sessionProps")


class XmlEvents:
    """Writes events as XML."""

    def __init__(self, users: Users, columns: ChosenColumns, *, has_root: bool) -> None:
        self._columns = columns
        self._users = users
        self._blocks = Blocks()
        self._has_root = has_root
        self._usual = XmlFile(users, self._blocks, columns, "")

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""
        file = self._usual
        if self._columns.are_chosen:
            file = XmlFile(self._users, self._blocks, self._columns, key)
        rows = (file.element(name, event) for event in events)
        yield from document(rows, "Events" if self._has_root else None)


class XmlFile:
    """The elements of one file; what users and templates have in common is made once."""

    def __init__(self, users: Users, blocks: Blocks, columns: ChosenColumns, key: str) -> None:
        self._users = users
        self._blocks = blocks
        self._columns = columns
        self._key = key
        self._of_users: dict[tuple[int, int], dict[str, str]] = {}
        self._of_templates: dict[int, dict[str, str]] = {}

    def element(self, name: str, event: StoredEvent) -> str:
        """Return the element of an event."""
        place = event.person, event.device
        user = self._of_users.get(place) or self._user(place)
        fixed = self._of_templates.get(id(event.template)) or self._template(event)
        members = {"ts": str(event.ts), "eventName": escaped(name), **user, **fixed}
        if event.unique:
            members["eventProps"] = fixed.get("eventProps", "") + self._entries(
                "eventProps", unique_of(event)
            )
        if self._columns.are_chosen:
            members = self._columns.flat(members, self._key)
        return f"<Event>{''.join([element(name, members[name]) for name in members])}</Event>\n"

    def _user(self, place: tuple[int, int]) -> dict[str, str]:
        user = self._columns.user(self._users.row(*place))
        profile = dict(user.profile)
        if identities := profile.get("all_identities"):
            profile["all_identities"] = listed(identities, user.number)
        blocks = {"profile": profile, "deviceInfo": user.device}
        found = {
            name: _content(self._columns.block(name, block, self._key))
            for name, block in blocks.items()
        }
        if user.control_group is not None:
            found["controlGroupName"] = escaped(user.control_group)
        return keep(self._of_users, place, found)

    def _template(self, event: StoredEvent) -> dict[str, str]:
        values = (self._blocks.fixed(event), self._blocks.session(event))
        found = {
            block: self._entries(block, value)
            for block, value in zip(BLOCKS, values, strict=True)
            if value
        }
        self._of_templates[id(event.template)] = found
        return found

    def _entries(self, block: str, value: JsonObject) -> str:
        kept = texts(self._columns.kept(block, value))
        return entries_of(self._columns.block(block, kept, self._key))


def document(elements: Iterable[str], root: str | None) -> Iterator[bytes]:
    """Yield a file of elements, within a root element if it has a name."""
    yield (DECLARATION + (f"<{root}>\n" if root else "")).encode()
    remaining = iter(elements)
    while some := [*islice(remaining, ROWS_AT_A_TIME)]:
        yield "".join(some).encode()
    if root:
        yield f"</{root}>\n".encode()


def element(name: str, content: str) -> str:
    """Return an element; what no name of an element may have is `_`."""
    tag = name if name.isalnum() else NO_NAME.sub("_", name)
    return f"<{tag}>{content}</{tag}>"


def entries_of(block: Mapping[str, str]) -> str:
    """Return an entry for each property."""
    return "".join(
        f"<entry><key>{escaped(name)}</key><value>{escaped(text)}</value></entry>"
        for name, text in block.items()
    )


def escaped(text: str) -> str:
    """Return text with what has a meaning in XML escaped."""
    return text.translate(ESCAPES)


def _content(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return "".join([element(name, _content(each)) for name, each in value.items()])
    return escaped(plain_text(value) or "")
