"""What a run read of export files, as a receipt has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_clevertap.files.ends import Outcome

if TYPE_CHECKING:
    from tap_clevertap.files.ends import FileEnd


@dataclass
class FilesResult:
    """What a stream read of export files; files are named by their keys."""

    read: int = 0
    """Files that were read to their end."""
    rows: int = 0
    """Records of these, and of those that turned out to be unread."""
    bad_rows: int = 0
    """Rows that were set aside."""
    empty: list[str] = field(default_factory=list)
    """Files that were read to their end, and have no row."""
    other_kind: int = 0
    """Files of which the other stream reads the rows."""
    unread: dict[str, str] = field(default_factory=dict)
    """Files that cannot be read, with the reason."""
    changed: list[str] = field(default_factory=list)
    """Files that changed while they were read."""
    replaced: list[str] = field(default_factory=list)
    """Files that an earlier run read, and that are others now."""
    late_days: list[str] = field(default_factory=list)
    """Days whose files were all read again, because some of them came late or may be others."""
    odd_runs: list[str] = field(default_factory=list)
    """Runs of an export that are missing, or much smaller than former ones."""

    def take(self, end: FileEnd) -> None:
        """Add what came of a file."""
        self.rows += end.rows
        self.bad_rows += end.bad_rows
        if end.outcome is Outcome.READ:
            self.read += 1
            if end.is_empty:
                self.empty.append(end.info.key)
        elif end.outcome is Outcome.OTHER_KIND:
            self.other_kind += 1
        elif end.outcome is Outcome.UNREAD:
            self.unread[end.info.key] = end.reason
        elif end.outcome is Outcome.CHANGED:
            self.changed.append(end.info.key)

    @property
    def has_gap(self) -> bool:
        """Whether rows are missing that the next run may find."""
        return bool(self.changed)

    def as_json(self, stream: str) -> dict[str, Any]:
        """Return the part of a receipt in JSON."""
        return {
            "stream": stream,
            "read": self.read,
            "rows": self.rows,
            "skipped_rows": self.bad_rows,
            "empty": self.empty,
            "other_kind": self.other_kind,
            "unread": [{"file": key, "reason": why} for key, why in self.unread.items()],
            "changed": self.changed,
            "replaced": self.replaced,
            "late_days": self.late_days,
            "odd_runs": self.odd_runs,
        }
