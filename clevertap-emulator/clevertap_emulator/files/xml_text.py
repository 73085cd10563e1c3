"""XML files: an element for each event, its properties as entries [U]."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from clevertap_emulator.files.json_lines import ROWS_AT_A_TIME, members_of
from clevertap_emulator.files.rows import Rows
from clevertap_emulator.files.values import listed, plain_text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import EventFileRow, Users

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NO_NAME = re.compile(r"[^\w.-]")
PROPERTIES = ("eventProps", "sessionProps")


class XmlEvents:
    """Writes events as XML."""

    def __init__(self, users: Users, columns: ChosenColumns, *, has_root: bool) -> None:
        self._columns = columns
        self._rows = Rows(users)
        self._has_root = has_root

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file, some rows at a time."""
        rows = (self._element(row, key) for row in self._rows.of(name, events))
        yield from document(rows, "Events" if self._has_root else None)

    def _element(self, row: EventFileRow, key: str) -> str:
        members = members_of(self._columns.row(row))
        if identities := row.user.profile.get("all_identities"):
            profile = {**members["profile"], "all_identities": listed(identities, row.user.number)}
            members["profile"] = {name: profile[name] for name in members["profile"]}
        for block in PROPERTIES:
            members[block] = texts(members.get(block)) or None
        named = self._columns.nested(members, key)
        entries = {self._columns.name(block) for block in PROPERTIES}
        parts = [
            element(name, entries_of(value) if name in entries else _content(value))
            for name, value in named.items()
            if value is not None
        ]
        return f"<Event>{''.join(parts)}</Event>\n"


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
    tag = NO_NAME.sub("_", name)
    return f"<{tag}>{content}</{tag}>"


def entries_of(block: Mapping[str, str]) -> str:
    """Return an entry for each property."""
    return "".join(
        f"<entry><key>{written(name)}</key><value>{written(text)}</value></entry>"
        for name, text in block.items()
    )


def written(text: str) -> str:
    """Return text with what has a meaning in XML escaped; what XML cannot hold is `?`."""
    kept = "".join(letter if letter in "\t\n\r" or letter >= " " else "?" for letter in text)
    return escape(kept, {"\r": "&#13;"})


def _content(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return "".join(element(name, _content(each)) for name, each in value.items())
    return written(plain_text(value) or "")
