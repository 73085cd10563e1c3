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
from tap_clevertap.lookups.dispensable import ALONE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_clevertap.api.client import ExportClient
    from tap_clevertap.api.outcomes import Outcome
    from tap_clevertap.lookups.dispensable import Dispensable

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
        dispensable: Decides when a 5xx counts as refused; without it, that becomes an error.
    """

    event_name: ClassVar[str] = ""
    method: str
    target: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    about: Any = None
    patience: float = 0.0
    dispensable: Dispensable | None = None
    clock: Callable[[], float] = time.monotonic
    pause: float = 0.0
    """Seconds to wait before the next request."""
    _unreadable: int = 0
    _waits: int = 0
    _not_ready_since: float | None = None
    _failing_since: float | None = None
    """Of a dispensable request, with 5xx."""
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
        if self.dispensable is not None and not isinstance(outcome, TryAgain):
            self.dispensable.note_answer(self.clock())
        if isinstance(outcome, Success):
            return Answer(self, outcome.content)
        if isinstance(outcome, Unauthorized):
            raise CredentialsError(client.host)
        if isinstance(outcome, NotReady):
            return self._wait_until_ready()
        if isinstance(outcome, TryAgain):
            return self._try_again(outcome, client)
        return Answer(self, refused=outcome if isinstance(outcome, Refused) else OTHER)

    def _try_again(self, failure: TryAgain, client: ExportClient) -> Answer | None:
        if self._unreadable >= MOST_UNREADABLE and client.contacted:
            return Answer(self, refused=Refused(failure.reason))
        if self._is_given_up(failure):
            return Answer(self, refused=Refused(failure.reason))
        pause = self._retries.pause(failure, host=client.host, contacted=client.contacted)
        self.pause = pause if self.dispensable is None else min(pause, ALONE_SECONDS)
        return None

    def _is_given_up(self, failure: TryAgain) -> bool:
        if self.dispensable is None or not failure.answered or failure.cause is not None:
            self._failing_since = None  # for no reason of its own: the limit, or the network
            return False
        now = self.clock()
        self._failing_since = now if self._failing_since is None else self._failing_since
        return self.dispensable.gives_up(self._failing_since, now)

    def _wait_until_ready(self) -> Answer | None:
        self._retries.reset()
        self._failing_since = None
        now = self.clock()
        since = self._not_ready_since = self._not_ready_since or now
        if now - since >= self.patience:
            return Answer(self, refused=LATE)
        self._waits += 1
        self.pause = growing_pause(self._waits)
        return None
