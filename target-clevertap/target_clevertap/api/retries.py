"""One request until its outcome is certain: tries, pauses, and when to give up."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import backoff

from target_clevertap.api.responses import Answered, NotProcessed, RequestRefused, Unknown
from target_clevertap.errors import StoppedError, UploadStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from target_clevertap._http.connections import Prepared
    from target_clevertap.api.client import Client
    from target_clevertap.api.concurrency import ConcurrencyLimit
    from target_clevertap.api.responses import Outcome
    from target_clevertap.delivery.summary import Summary

TRIES_UNREACHED = 3
TRIES_UNREADABLE = 3
TRIES_UNKNOWN = 10
PATIENCE_SECONDS = 900.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_THROTTLED_SECONDS = 5.0
"""CleverTap limits what is in flight, not what is sent in a minute: places come free soon."""

Retryable: TypeAlias = NotProcessed | Unknown
"""Outcomes after which a request may be sent again."""


CAUSES: dict[tuple[type, bool], str] = {
    (NotProcessed, True): "throttled",
    (NotProcessed, False): "not_reached",
    (Unknown, True): "unknown",
    (Unknown, False): "unreadable",
}
"""Why a request is sent again: a word for each kind of outcome."""


def growing_pauses() -> Iterator[float]:
    """Yield seconds to pause before each next try: exponential backoff with full jitter."""
    pauses = backoff.expo(factor=FIRST_PAUSE_SECONDS, max_value=LONGEST_PAUSE_SECONDS)
    next(pauses)  # the library's generators begin with a value that is not a pause
    while True:
        yield backoff.full_jitter(next(pauses))


class _UnknownInARow(threading.local):
    """How many requests in a row of a lane had an unknown outcome; each lane has its own."""

    count = 0
    pauses: Iterator[float] | None = None


@dataclass(frozen=True, slots=True)
class Retrier:
    """Sends requests again until their outcome is certain; the one policy of all lanes.

    - May be used from any thread. A thread sends one request at a time.
    - A request is prepared before it waits for its place among those in flight.
    - `stop` ends all waiting: whatever waits or is about to send raises `StoppedError`.
    """

    client: Client
    concurrency: ConcurrencyLimit
    summary: Summary
    """Counts the requests that are sent again."""

    stopping: Event
    answered: Event
    """Set with the first response of CleverTap's: a host that never gave one is likely wrong."""

    resend: bool
    """Whether a request of unknown outcome is sent again."""

    pauses: Callable[[], Iterator[float]]
    """Seconds to wait before each next try."""

    _unknown_in_a_row: _UnknownInARow = field(default_factory=_UnknownInARow)

    def send(
        self, payloads: Sequence[bytes], count_unknown: Callable[[], int]
    ) -> Answered | RequestRefused | Unknown:
        """Send one request until its outcome is certain, or unknown and not to be sent again.

        Args:
            payloads: The encoded records.
            count_unknown: Called after each try of unknown outcome; returns how many such tries
                one of the records has had, in other requests too.

        Raises:
            StoppedError: When the run is ending.
            UploadStopped: When no more tries are worth it.
        """
        began = time.monotonic()
        tries: Counter[tuple[type, bool]] = Counter()
        unknown_tries = 0
        # before it takes a place: one that waits for this process would hold up the others
        request, size = self.client.prepared(payloads), sum(map(len, payloads))
        for pause in self.pauses():
            outcome = self._post(request, size)
            if isinstance(outcome, (Answered, RequestRefused)):
                self.answered.set()
                self._unknown_in_a_row.count, self._unknown_in_a_row.pauses = 0, None
                return outcome
            if isinstance(outcome, Unknown):
                unknown_tries = count_unknown()
                if not self.resend and (outcome.readable or self.answered.is_set()):
                    self._slow_down_after(outcome)
                    return outcome
            seconds = time.monotonic() - began
            tries[kind := _kind(outcome)] += 1
            self._give_up_if_hopeless(outcome, tries[kind], unknown_tries, seconds)
            self.pause(_seconds(pause, outcome), CAUSES[kind])
        raise AssertionError  # the pauses never end

    def stop(self) -> None:
        """End all waiting, and send nothing more."""
        self.stopping.set()
        self.concurrency.close()

    def pause(self, seconds: float, cause: str) -> None:
        """Wait before another try.

        Args:
            seconds: To wait.
            cause: A word for why there is another.

        Raises:
            StoppedError: When the run is ending.
        """
        self._wait(seconds)
        self.summary.count_retry(cause)

    def _wait(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise StoppedError

    def _post(self, request: Prepared, size: int) -> Outcome:
        with self.concurrency.slot() as began:
            if self.stopping.is_set():
                raise StoppedError
            with self.summary.requests.request(self.client.request_kind, size) as sent:
                outcome = self.client.upload(request)
                is_throttled = isinstance(outcome, NotProcessed) and outcome.throttled
                sent.is_throttled = is_throttled
            if isinstance(outcome, Unknown) or is_throttled:
                self.concurrency.slow_down(began)
            elif isinstance(outcome, Answered):
                self.concurrency.succeeded()
        return outcome

    def _slow_down_after(self, outcome: Unknown) -> None:
        """Slow down, and then stop, where request after request would only fill the rejects."""
        in_a_row = self._unknown_in_a_row
        in_a_row.count += 1
        if in_a_row.count >= TRIES_UNKNOWN:
            message = (
                f"{self.client.host}: the outcome of {in_a_row.count} requests in a row is unknown "
                f"({outcome.reason}); run again"
            )
            raise UploadStopped(message)
        in_a_row.pauses = in_a_row.pauses or self.pauses()
        self._wait(_seconds(next(in_a_row.pauses), outcome))

    def _give_up_if_hopeless(
        self, outcome: Retryable, tries: int, unknown_tries: int, seconds: float
    ) -> None:
        host = self.client.host
        if isinstance(outcome, NotProcessed):
            was_reached = outcome.throttled or self.answered.is_set()
            hopeless = tries >= TRIES_UNREACHED and not was_reached
            message = f"{outcome.reason}; check region, api_url and the network"
        elif outcome.readable or self.answered.is_set() or unknown_tries >= TRIES_UNKNOWN:
            # after CleverTap's own responses, an unreadable one is a fault that passes
            hopeless = unknown_tries >= TRIES_UNKNOWN
            message = (
                f"{host}: the outcome is unknown after {unknown_tries} tries ({outcome.reason}); "
                "run again"
            )
        else:
            hopeless = tries >= TRIES_UNREADABLE or not self.resend
            message = f"{host}: not a response of CleverTap's API ({outcome.reason}); check api_url"
        if hopeless or seconds > PATIENCE_SECONDS:
            raise UploadStopped(message)


def _kind(outcome: Retryable) -> tuple[type, bool]:
    is_special = outcome.throttled if isinstance(outcome, NotProcessed) else outcome.readable
    return type(outcome), is_special


def _seconds(pause: float, outcome: Retryable) -> float:
    if isinstance(outcome, NotProcessed) and outcome.throttled:
        pause = min(pause, LONGEST_THROTTLED_SECONDS)
    return min(max(pause, outcome.retry_after or 0), PATIENCE_SECONDS)
