"""One reject: a record that is not delivered, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_clevertap.records.record_status import RecordStatus
    from target_clevertap.singer.origin import Origin


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is not delivered, as it came in, and why."""

    origin: Origin
    raw: bytes
    """The record's JSON, byte by byte as it came in."""

    status: RecordStatus
    """With a code, which every reject has."""

    place: int = 0
    """In its batch: of one user's records the later has to come later in the file."""
