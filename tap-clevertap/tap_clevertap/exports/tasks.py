"""What the reader asks CleverTap for: exports, the counts between them, and lookups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.api.outcomes import Outcome
    from tap_clevertap.counts.tasks import Counted, Recounted
    from tap_clevertap.exports.export import Page
    from tap_clevertap.lookups.lookup import Answer

    Result = Page | Counted | Recounted | Answer
    """What a task gives; it waits in the spool for the main thread."""


class Task(Protocol):
    """Requests that follow one another; only one thread at a time uses it."""

    @property
    def event_name(self) -> str:
        """The event that it is about."""

    @property
    def pause(self) -> float:
        """Seconds to wait before the next request."""

    def send_request(self, client: ExportClient) -> Outcome:
        """Send the next request."""

    def handle(self, outcome: Outcome, client: ExportClient) -> Result | None:
        """Return what an outcome gives, or None, and move to the next request."""
