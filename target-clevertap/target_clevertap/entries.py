"""Entries: records as they are on their way to CleverTap."""

from __future__ import annotations

import zlib
from enum import IntEnum

import msgspec

NAME_BYTES = 16


class ToldBy(IntEnum):
    """What in its name tells a record from another one with the same content."""

    KEY = 0
    """The key alone names it, whatever its content."""

    CONTENT = 1
    """Its content does: it holds a time."""

    BOOKMARK = 2
    NUMBER = 3
    """How often an equal one came before it."""

    NOTHING = 4
    """Whether an equal one is new or was sent again is for `equal_rows` to say."""


class Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A record on its way to CleverTap."""

    payload: bytes
    """The encoded CleverTap record."""

    user: str
    """The user key: records of equal users keep their order."""

    counts_again: bool
    """Whether sending it twice counts twice."""

    name: bytes | None
    """Its name in the ledger; None where sending it twice does no harm."""

    raw: bytes
    """The record as it came in."""

    former: bytes | None = None
    """The name that an earlier release gave it; None where the ledger holds none of these."""

    told_by: ToldBy = ToldBy.CONTENT


class Parcel(msgspec.Struct, array_like=True, gc=False):
    """Entries of one stream and one lane, in their order."""

    lane: int
    stream: str
    entries: list[Entry] = []
    request_bytes: int = 0
    """What the entries add to a request."""

    held_bytes: int = 0
    """What the entries hold in memory."""

    def add(self, entry: Entry) -> None:
        """Put an entry after the others."""
        size = len(entry.payload)
        self.entries.append(entry)
        self.request_bytes += size + 1
        self.held_bytes += size + len(entry.raw)

    def split(self, count: int) -> tuple[Parcel, Parcel]:
        """Return the first entries, and the others."""
        if count >= len(self.entries):
            return self, Parcel(self.lane, self.stream)
        head, tail = (
            Parcel(self.lane, self.stream, part)
            for part in (self.entries[:count], self.entries[count:])
        )
        sizes = sum(len(entry.payload) for entry in head.entries)
        head.request_bytes = sizes + len(head.entries)
        head.held_bytes = sizes + sum(len(entry.raw) for entry in head.entries)
        tail.request_bytes = self.request_bytes - head.request_bytes
        tail.held_bytes = self.held_bytes - head.held_bytes
        return head, tail


def lane_of(user: str, lanes: int) -> int:
    """Return the lane of a user: of equal ones the same, in this run and any other."""
    return zlib.crc32(user.encode()) % lanes
