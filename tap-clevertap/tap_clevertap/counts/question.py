"""One number that CleverTap counts: asked for, and polled until it is there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_clevertap._http.causes import Cause
from tap_clevertap.api.outcomes import (
    CursorLost,
    EventNotExportable,
    EventUnknown,
    NotReady,
    Success,
    TryAgain,
)
from tap_clevertap.api.retries import FIRST_CONTACT_TRIES, Retries, growing_pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.api.outcomes import Outcome

TRENDS = "counts/trends.json"
EVENTS = "counts/events.json"
USERS = "counts/profiles.json"
MOST_RESTARTS = 3
"""Times that a lost `req_id` is replaced."""

REFUSED = "CleverTap refuses it"
LATE = "CleverTap did not have it in time"
NOT_OF_EVENT = "CleverTap does not count this event"
OUT_OF_TIME = TryAgain("the run does not wait for it any longer")

SecondsLeft: TypeAlias = "Callable[[], float]"


@dataclass
class Question:
    """Asks for one count until CleverTap has it.

    - A thread of the reader calls `send_request`, and passes the outcome to `handle`.
    - Only one thread at a time uses it.

    Args:
        path: Of the endpoint.
        body: What is counted.
        patience: Seconds from the first response until the count is late.
        seconds_left: Returns the seconds that the run still waits for it.
    """

    path: str
    body: dict[str, Any]
    patience: float
    clock: Callable[[], float] = time.monotonic
    seconds_left: SecondsLeft = lambda: inf
    pause: float = 0.0
    """Seconds to wait before the next request."""
    content: bytes | None = None
    """The response with the count."""
    failure: str | None = None
    """Why there is no count."""
    sent_at: float | None = None
    """The time of the response by CleverTap's clock."""
    _req_id: str | None = None
    _waits_since: float | None = None
    _waits: int = 0
    _restarts: int = 0
    _retries: Retries = field(default_factory=Retries)

    @property
    def is_open(self) -> bool:
        """Whether a request is to be sent."""
        return self.content is None and self.failure is None

    def send_request(self, client: ExportClient) -> Outcome:
        """Send the next request: ask, or poll."""
        if self._timeout() <= 0:
            return OUT_OF_TIME
        if self._req_id is None:
            return client.ask_count(self.path, self.body, timeout=self._timeout)
        return client.poll_count(self.path, self._req_id, timeout=self._timeout)

    def handle(self, outcome: Outcome, client: ExportClient) -> None:
        """Read an outcome.

        A host that refuses the credentials, or does not answer, is not an error here: the
        exports are to report it, or else only counts are refused.
        """
        self.pause = 0.0
        if self._waits_since is None:
            # Not from the first request on: it may have waited long for a slot.
            timeout = min(client.request_timeout, self.patience)
            self._waits_since = self.clock() - (timeout if _is_timeout(outcome) else 0.0)
        if isinstance(outcome, Success):
            self.content, self.sent_at = outcome.content, outcome.sent_at
        elif isinstance(outcome, NotReady):
            self._retries.reset()
            self._req_id = outcome.req_id or self._req_id
            self._waits += 1
            self._wait(growing_pause(self._waits))
        elif isinstance(outcome, TryAgain):
            self._try_again(outcome, client)
        elif isinstance(outcome, CursorLost) and self._restarts < MOST_RESTARTS:
            self._req_id = None
            self._restarts += 1
            self._wait(growing_pause(self._restarts))
        elif isinstance(outcome, EventUnknown | EventNotExportable):
            self.failure = NOT_OF_EVENT
        else:
            self.failure = REFUSED

    def _timeout(self) -> float:
        return min(self.patience, self.seconds_left())

    def _try_again(self, outcome: TryAgain, client: ExportClient) -> None:
        if self._waited() >= self.patience:  # a request without a response may take all of it
            self.failure = LATE
            return
        pause = self._retries.pause(outcome, host=client.host, contacted=True)
        is_no_api = outcome.unreadable or not client.contacted
        if is_no_api and self._retries.tries >= FIRST_CONTACT_TRIES:
            self.failure = REFUSED
        else:
            self._wait(pause)

    def _waited(self) -> float:
        return self.clock() - (self._waits_since or 0.0)

    def _wait(self, pause: float) -> None:
        self.pause = pause
        if self._waited() + pause > self.patience or pause > self.seconds_left():
            self.failure = LATE


def _is_timeout(outcome: Outcome) -> bool:
    return isinstance(outcome, TryAgain) and outcome.cause is Cause.TIMEOUT
