"""Entries: records as they are on their way to CleverTap."""

from __future__ import annotations

import zlib
from hashlib import blake2b

import msgspec

NAME_BYTES = 16


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


def record_name(stream: str, keys: bytes, payload: bytes) -> bytes:
    """Return what the ledger knows a record by.

    Args:
        stream: Its stream, as it came in.
        keys: The encoded values of its primary key.
        payload: The encoded CleverTap record; it holds no time of arrival.
    """
    content = b"%b\0%b\0%b" % (stream.encode(), keys, payload)
    return blake2b(content, digest_size=NAME_BYTES).digest()
