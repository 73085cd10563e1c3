"""What came of files."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.store import FileInfo


class Outcome(Enum):
    """What came of a file."""

    READ = "read"
    OTHER_KIND = "other kind"
    """It has events where profiles are read, or the other way round."""
    UNREAD = "unread"
    CHANGED = "changed"
    """It changed while it was read, so that the next run reads it."""


class FileEnd(NamedTuple):
    """What came of a file."""

    info: FileInfo
    outcome: Outcome
    kind: Kind | None = None
    """None if that could not be told."""
    rows: int = 0
    """Records that it gave."""
    bad_rows: int = 0
    """Rows that were set aside."""
    reason: str = ""
    """What is wrong with it, and what to do."""
    is_empty: bool = False
    """Whether it has not one row of its kind."""
