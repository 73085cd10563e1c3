"""When the next STATE message is due."""

from __future__ import annotations

import time

STATE_SECONDS = 1.0
"""Between two STATE messages: with hundreds of events each of them is large."""
BATCHES_STATE_SECONDS = 60.0
"""The same with batch files, because each STATE message ends the open files."""


class StateCadence:
    """Limits how often a stream writes its state.

    - The stream calls `mark_changed` when days close, and `mark_written` after each state.
    - Only the main thread uses it; nothing is raised.
    """

    def __init__(self) -> None:
        self._written_at = time.monotonic()
        self._has_changed = False

    def mark_changed(self) -> None:
        """Note that days were closed."""
        self._has_changed = True

    def mark_written(self) -> None:
        """Note that the state was written."""
        self._has_changed = False

    def is_due(self, *, has_batches: bool) -> bool:
        """Return whether a changed state may be written; it then counts as written now."""
        seconds = BATCHES_STATE_SECONDS if has_batches else STATE_SECONDS
        now = time.monotonic()
        if not self._has_changed or now - self._written_at < seconds:
            return False
        self._written_at = now
        return True
