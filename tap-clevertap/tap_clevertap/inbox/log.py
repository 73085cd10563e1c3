"""The log of the receiver: one line a minute at most while it works, another when it fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections import Counter

    from tap_clevertap.inbox.metrics import ReceiverCounts

LINE_SECONDS = 60.0
SHOWN = ("stored", "repeated", "conflicting")


class ReceiverLog:
    """Says now and then what was received, and at once that messages cannot be stored.

    Args:
        logger: Gets the lines.
        inbox_id: Of the inbox at the start.
    """

    def __init__(self, logger: logging.Logger, inbox_id: str) -> None:
        self._logger = logger
        self._inbox_id = inbox_id
        self._line_at = time.monotonic()
        self._fault_at = self._recovery_at = -LINE_SECONDS
        self._said: dict[str, int] = {}
        self._is_failing = False

    def not_stored(self, why: str) -> None:
        """Say that a message cannot be stored, if that was not said in the last minute."""
        now = time.monotonic()
        self._is_failing = True
        if now - self._fault_at >= LINE_SECONDS:
            self._fault_at = now
            self._logger.error("messages are answered with 503: %s", why)

    def failed(self, error: Exception) -> None:
        """Say that an answer failed, if nothing else failed in the last minute."""
        now = time.monotonic()
        if now - self._fault_at >= LINE_SECONDS:
            self._fault_at = now
            message = "an answer failed with %s; report it to the makers of tap-clevertap"
            self._logger.error(message, type(error).__name__)

    def stored(self, inbox_id: str) -> None:
        """Say that messages are stored again, or in another inbox than before."""
        now = time.monotonic()
        if self._is_failing and now - self._recovery_at >= LINE_SECONDS:
            self._recovery_at = now
            self._logger.info("messages are stored again")
        self._is_failing = False
        if inbox_id != self._inbox_id:
            self._inbox_id = inbox_id
            message = "inbox_path: there is another inbox now; pipelines read it from its start"
            self._logger.warning(message)

    def line_if_due(self, counts: ReceiverCounts) -> None:
        """Say what was received since the last line, if that is a minute ago and there is any."""
        if time.monotonic() - self._line_at >= LINE_SECONDS:
            self.line(counts)

    def line(self, counts: ReceiverCounts) -> None:
        """Say what was received since the last line, if there is any."""
        self._line_at = time.monotonic()
        now = _totals(counts.counts, counts.refused)
        news = {what: number - self._said.get(what, 0) for what, number in now.items()}
        self._said = now
        parts = [f"{number:,} {what}" for what, number in news.items() if number]
        if parts:
            self._logger.info("messages: %s", ", ".join(parts))


def _totals(counts: Counter[tuple[str, str]], refused: Counter[str]) -> dict[str, int]:
    totals = dict.fromkeys(SHOWN, 0)
    for (what, _), number in counts.items():
        if what in totals:
            totals[what] += number
    return {**totals, **{f"refused ({reason})": number for reason, number in refused.items()}}
