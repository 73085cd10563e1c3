"""Entries: records as they are on their way to CleverTap."""

from __future__ import annotations

from enum import IntEnum
from zlib import crc32

import msgspec

NAME_BYTES = 16


class NamedBy(IntEnum):
    """What is in a record's ledger name in addition to its content."""

    KEY = 0
    """The key alone names it, whatever its content."""

    CONTENT = 1
    """Its content does: it holds a time."""

    BOOKMARK = 2
    NUMBER = 3
    """How often an equal one came before it."""

    NOTHING = 4
    """`equal_rows` decides whether an equal one is new or was sent again."""


class ProfileChange(msgspec.Struct, frozen=True, gc=False):
    """What the ledger is to know of a profile once it is delivered; hashes of 64 bits."""

    user: int
    row: int | None = None
    """Of the record as it came in; None where nothing is to be compared with that."""

    sent: int | None = None
    """Of the profile without its time; None where the ledger is to know none of this user."""


class Entry(msgspec.Struct, frozen=True, gc=False):
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

    named_by: NamedBy = NamedBy.CONTENT
    change: ProfileChange | None = None
    """Of a profile, where a run sends only those that changed; None in any other run."""


def lane_of(user: str, lanes: int) -> int:
    """Return the lane of a user: of equal ones the same, in this run and any other."""
    return crc32(user.encode()) % lanes
