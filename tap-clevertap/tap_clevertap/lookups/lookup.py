"""One request that one response answers, as a task of the reader."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tap_clevertap.api.outcomes import (
    NotReady,
    Refused,
    Success,
    TryAgain,
    Unauthorized,
)
from tap_clevertap.api.retries import Retries, growing_pause
from tap_clevertap.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.api.outcomes import Outcome

MOST_UNREADABLE = 4
"""Responses in a row that are not of the API: it has no such path, where others of it respond."""
LATE = Refused("it was still in progress", "raise not_ready_patience, or run again later")
OTHER = Refused("its response is for another kind of request")


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a lookup, or why there is none."""

    lookup: Lookup
    content: bytes = b""
    """The body."""
    refused: Refused | None = None
    rows: bytes = b""
    ended: bool = True
    skipped: None = None


@dataclass(eq=False)
class Lookup:
    """Sends one request until CleverTap answers it.

    - A reader thread calls `send_request`, and passes the outcome to `handle`.
    - Only one thread at a time uses it.

    Args:
        method: `GET` or `POST`.
        target: The path, from the root.
        params: Of the URL, not yet encoded.
        body: Sent as JSON.
        about: What the stream knows it by.
        patience: Seconds that it may be in progress.
    """

    event_name: ClassVar[str] = ""
    method: str
    target: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    about: Any = None
    patience: float = 0.0
    clock: Callable[[], float] = time.monotonic
    pause: float = 0.0
    """Seconds to wait before the next request."""
    _unreadable: int = 0
    _waits: int = 0
    _not_ready_since: float | None = None
    _retries: Retries = field(default_factory=Retries)

    def send_request(self, client: ExportClient) -> Outcome:
        """Send the request."""
        return client.look_up(self.method, self.target, self.params, self.body)

    def handle(self, outcome: Outcome, client: ExportClient) -> Answer | None:
        """Return the answer, or None if the request is to be sent again.

        Raises:
            CredentialsError: On a 401.
            CleverTapError: If it failed for too long, or no CleverTap API answers at the host.
        """
        self.pause = 0.0
        is_unreadable = isinstance(outcome, TryAgain) and outcome.unreadable
        self._unreadable = self._unreadable + 1 if is_unreadable else 0
        if isinstance(outcome, Success):
            return Answer(self, outcome.content)
        if isinstance(outcome, Unauthorized):
            raise CredentialsError(client.host)
        if isinstance(outcome, NotReady):
            return self._wait_until_ready()
        if isinstance(outcome, TryAgain):
            if self._unreadable >= MOST_UNREADABLE and client.contacted:
                return Answer(self, refused=Refused(outcome.reason))
            self.pause = self._retries.pause(outcome, host=client.host, contacted=client.contacted)
            return None
        return Answer(self, refused=outcome if isinstance(outcome, Refused) else OTHER)

    def _wait_until_ready(self) -> Answer | None:
        self._retries.reset()
        now = self.clock()
        since = self._not_ready_since = self._not_ready_since or now
        if now - since >= self.patience:
            return Answer(self, refused=LATE)
        self._waits += 1
        self.pause = growing_pause(self._waits)
        return None
