"""The number of requests of a run."""

from __future__ import annotations

import threading

EXPORTS = "exports"
PAGES = "pages"
COUNTS = "counts"
RETRIES = "retries"


class RequestCounts:
    """Counts requests by kind; any thread may call it.

    - `exports` were sent to open an export, `pages` to read a page, `counts` to ask for a count or
      poll it. Each try is one request.
    - `retries` had a transient failure, so the same request was sent again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = {EXPORTS: 0, PAGES: 0, COUNTS: 0, RETRIES: 0}

    def add(self, kind: str) -> None:
        """Count one request."""
        with self._lock:
            self._counts[kind] += 1

    def by_kind(self) -> dict[str, int]:
        """Return the numbers."""
        with self._lock:
            return dict(self._counts)
