"""What a run did with files: those that it published, and what they could not hold."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from target_clevertap.import_files.publication import PublishedFile


class FileFigures:
    """Counts files; may be used from any thread."""

    def __init__(self) -> None:
        """Begin to count."""
        self._files: list[PublishedFile] = []
        self._empty = 0
        self._lock = threading.Lock()

    def count_file(self, file: PublishedFile) -> None:
        """Add a file that is out."""
        with self._lock:
            self._files.append(file)

    def count_empty(self, texts: int) -> None:
        """Add empty texts of events that were left out."""
        with self._lock:
            self._empty += texts

    @property
    def files(self) -> list[PublishedFile]:
        """The files that are out, in their order."""
        with self._lock:
            return [*self._files]

    @property
    def empty(self) -> int:
        """How many empty texts of events were left out."""
        with self._lock:
            return self._empty

    def as_json(self) -> dict[str, Any]:
        """Return the figures for a report."""
        return {
            "published": [
                {"name": file.name, "rows": file.rows, "bytes": file.size} for file in self.files
            ],
            "empty_texts_left_out": self.empty,
        }
