"""The folder of export files in one run: its listing, and what the streams learnt of files."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from tap_clevertap.files.ends import FileEnd, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.store import FileInfo, FileStore


class ExportFolder:
    """What the streams of export files share, so that each file is listed and told once.

    - Only the main thread uses it. The listing raises a `StoreError` if there is none.

    Args:
        store: Of the files.
    """

    def __init__(self, store: FileStore) -> None:
        self.store = store
        self.now = datetime.now(timezone.utc)
        """When the run began."""
        self._ends: dict[FileInfo, FileEnd] = {}
        self._reported: set[str] = set()

    @cached_property
    def listing(self) -> Sequence[FileInfo]:
        """All files, sorted by key."""
        return [*self.store.list()]

    def is_news(self, fault: str) -> bool:
        """Return whether no stream has reported a fault, and note that one does now."""
        is_new = fault not in self._reported
        self._reported.add(fault)
        return is_new

    def learn(self, end: FileEnd) -> None:
        """Note what came of a file."""
        self._ends[end.info] = end

    def known_end(self, info: FileInfo, kind: Kind) -> FileEnd | None:
        """Return what came of a file that need not be opened for rows of a kind, or None."""
        end = self._ends.get(info)
        if end is None or end.kind == kind:
            return None
        return end if end.kind is None else FileEnd(info, Outcome.OTHER_KIND, end.kind)
