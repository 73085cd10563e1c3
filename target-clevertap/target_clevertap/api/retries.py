"""One request until its outcome is certain: tries, pauses, and when to give up."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from target_clevertap.api.outcomes import Answered, NotProcessed, RequestRefused, Unknown
from target_clevertap.delivery.in_flight import NamesInFlight
from target_clevertap.errors import CleverTapError, UploadStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from threading import Event

    from target_clevertap._http.connections import Prepared
    from target_clevertap.api.client import Client
    from target_clevertap.api.concurrency import ConcurrencyLimit
    from target_clevertap.delivery.summary import Summary
    from target_clevertap.ledger.ledger import Ledger

TRIES_UNREACHED = 3
TRIES_UNREADABLE = 3
TRIES_UNKNOWN = 10
PATIENCE_SECONDS = 900.0
LONGEST_THROTTLED_SECONDS = 5.0
"""CleverTap limits what is in flight, not what is sent in a minute: places come free soon."""


class _Doubts(threading.local):
    """How many requests in a row of a lane had no certain outcome; each lane has its own."""

    count = 0
    pauses: Iterator[float] | None = None


class StoppedError(CleverTapError):
    """The run is ending: what has no certain end yet comes again with the next one."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What all uploads of a run share; may be used from any thread."""

    client: Client
    ledger: Ledger | None
    concurrency: ConcurrencyLimit
    summary: Summary
    stopping: Event
    answered: Event
    """Set with the first answer: a host that never gave one is likely the wrong host."""

    resend: bool
    """Whether a request of unknown outcome is sent again."""

    pauses: Callable[[], Iterator[float]]
    stops_when_all_rejected: bool = True
    _doubts: _Doubts = field(default_factory=_Doubts)
    _in_flight: NamesInFlight = field(default_factory=NamesInFlight)

    def send(
        self, payloads: Sequence[bytes], doubt: Callable[[], int]
    ) -> Answered | RequestRefused | Unknown:
        """Send one request until its outcome is certain, or unknown and not to be sent again.

        Args:
            payloads: The encoded records.
            doubt: Called each time CleverTap may have taken them without saying so; returns how
                often that was so of one of them, in other requests too.

        Raises:
            StoppedError: When the run is ending.
            UploadStopped: When no more tries are worth it.
        """
        began = time.monotonic()
        tries: Counter[tuple[type, bool]] = Counter()
        doubts = 0
        # before a permit is taken: one that waits for this process holds up the others
        request = self.client.prepared(payloads)
        for pause in self.pauses():
            outcome = self._post(request)
            if isinstance(outcome, (Answered, RequestRefused)):
                self.answered.set()
                self._doubts.count, self._doubts.pauses = 0, None
                return outcome
            if isinstance(outcome, Unknown):
                doubts = doubt()
                if not self.resend and (outcome.readable or self.answered.is_set()):
                    self._doubt(outcome)
                    return outcome
            seconds = time.monotonic() - began
            tries[kind := _kind(outcome)] += 1
            self._give_up_if_hopeless(outcome, tries[kind], doubts, seconds)
            self.pause(_seconds(pause, outcome))
        raise AssertionError  # the pauses never end

    def take(self, names: AbstractSet[bytes]) -> None:
        """Wait until no other lane is sending one of these names, and keep others from it.

        Raises:
            StoppedError: When the run is ending.
        """
        if names and not self._in_flight.take(names, self.stopping):
            _stop()

    def release(self, names: AbstractSet[bytes]) -> None:
        """Let other lanes send these names, as what became of them is written down."""
        if names:
            self._in_flight.release(names)

    def pause(self, seconds: float) -> None:
        """Wait before another try.

        Raises:
            StoppedError: When the run is ending.
        """
        self._wait(seconds)
        self.summary.count(retried=1)

    def _wait(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            _stop()

    def _post(self, request: Prepared) -> Answered | RequestRefused | NotProcessed | Unknown:
        with self.concurrency.permit() as began:
            if self.stopping.is_set():
                _stop()
            outcome = self.client.upload(request)
            if isinstance(outcome, Unknown) or (
                isinstance(outcome, NotProcessed) and outcome.throttled
            ):
                self.concurrency.slow_down(began)
            elif isinstance(outcome, Answered):
                self.concurrency.succeeded()
        return outcome

    def _doubt(self, outcome: Unknown) -> None:
        """Slow down, and then stop, where request after request would only fill the rejects."""
        doubts = self._doubts
        doubts.count += 1
        if doubts.count >= TRIES_UNKNOWN:
            message = (
                f"{self.client.host} gave no certain answer to {doubts.count} requests in a row "
                f"({outcome.reason}); run again"
            )
            raise UploadStopped(message)
        doubts.pauses = doubts.pauses or self.pauses()
        self._wait(_seconds(next(doubts.pauses), outcome))

    def _give_up_if_hopeless(
        self, outcome: NotProcessed | Unknown, tries: int, doubts: int, seconds: float
    ) -> None:
        host = self.client.host
        if isinstance(outcome, NotProcessed):
            was_reached = outcome.throttled or self.answered.is_set()
            hopeless = tries >= TRIES_UNREACHED and not was_reached
            message = f"{outcome.reason}; check region, api_url and the network"
        elif outcome.readable or doubts >= TRIES_UNKNOWN:
            hopeless = doubts >= TRIES_UNKNOWN
            message = (
                f"{host} gave no certain answer in {doubts} tries ({outcome.reason}); run again"
            )
        else:
            hopeless = tries >= TRIES_UNREADABLE or not self.resend
            message = f"{host} gives {outcome.reason}, as no API of CleverTap does: check api_url"
        if hopeless or seconds > PATIENCE_SECONDS:
            raise UploadStopped(message)


def _kind(outcome: NotProcessed | Unknown) -> tuple[type, bool]:
    is_special = outcome.throttled if isinstance(outcome, NotProcessed) else outcome.readable
    return type(outcome), is_special


def _seconds(pause: float, outcome: NotProcessed | Unknown) -> float:
    if isinstance(outcome, NotProcessed) and outcome.throttled:
        pause = min(pause, LONGEST_THROTTLED_SECONDS)
    return min(max(pause, outcome.retry_after or 0), PATIENCE_SECONDS)


def _stop() -> NoReturn:
    message = "the run is ending"
    raise StoppedError(message)
