"""What is known of names, and what a lane claims of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class NameState(IntEnum):
    """What the ledger knows of a name; the numbers are in its file."""

    DELIVERED = 1
    """CleverTap has the record."""

    HELD = 2
    """It is in the rejects file, and only a replay sends it again."""

    INTENT = 3
    """A run ended while it was on its way."""

    USED_UP = 4
    """It was delivered, but a record of today's naming has used it up."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Names that are about to be sent, and what was known of those that need not be."""

    id: int | None
    """None when nothing is to be sent."""

    known: dict[bytes, int]
    """States, by name."""

    size: int = 0
    """How many names are to be sent."""


@dataclass(frozen=True, slots=True)
class Former:
    """What an earlier release called a record."""

    name: bytes
    is_of_one: bool = False
    """Whether the record's name tells it from equal ones, which the former name did not."""
