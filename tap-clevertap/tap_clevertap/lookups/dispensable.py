"""When a request that keeps failing is given up, where a stream can do without its answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

ALONE_SECONDS = 60.0
"""Of a request that fails while others are answered."""
ALL_ALONE_SECONDS = 600.0
"""Of all such requests together; the others of them are then tried twice only."""
OUTAGE_SECONDS = 900.0
"""Without an answer to any request."""


@dataclass
class Dispensable:
    """Requests of which a stream can do without some; any thread may call it.

    - One that CleverTap answers with 5xx, while it answers others, is given up soon.
    - While it answers none, there is an outage, and all wait for its end.
    """

    _left: float = ALL_ALONE_SECONDS
    _answered_at: float | None = None
    _failing_since: float | None = None
    """The first failure after the last answer."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_answer(self, now: float) -> None:
        """Note that CleverTap answered one of the requests.

        Args:
            now: Monotonic, in seconds.
        """
        with self._lock:
            self._answered_at, self._failing_since = now, None

    def gives_up(self, since: float, now: float) -> bool:
        """Return whether a request that failed again is given up.

        Args:
            since: Its first failure.
            now: Monotonic, in seconds.
        """
        with self._lock:
            if self._failing_since is None:
                self._failing_since = now
            if self._answered_at is not None and self._answered_at > since:
                patience = ALONE_SECONDS if self._left > 0 else 0.0
                is_over = since < now and now - since >= patience
            else:
                is_over = since < now and now - self._failing_since >= OUTAGE_SECONDS
            self._left -= (now - since) * is_over
            return is_over
