"""The retry policy: how long to wait after a failed request, and when to give up."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import backoff

from tap_clevertap._http.causes import Cause
from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_clevertap.api.outcomes import TryAgain

RETRY_PATIENCE = 900.0
"""Seconds of transient failures of one request before the run stops."""
FIRST_CONTACT_TRIES = 4
"""Tries of a host that has never responded as CleverTap does."""
LONGEST_PAUSE = 60.0
LONGEST_FLOOR = 10.0
"""Seconds that a pause grows to although Retry-After is shorter: a slot is free soon."""
SILENT_PAUSE = 10.0
"""Seconds; the log has the reason of a longer pause, and each request without a response."""

logger = logging.getLogger("tap-clevertap")


@dataclass
class Retries:
    """The transient failures of one request.

    - `pause` is called after each failure, and raises a `CleverTapError` to give up.
    - `reset` is called after a success. Only the thread that sends the request calls both.
    """

    clock: Callable[[], float] = time.monotonic
    tries: int = 0
    failing_since: float | None = None

    def pause(self, failure: TryAgain, *, host: str, contacted: bool) -> float:
        """Return the seconds to wait before the next try.

        The pause grows with each try and has jitter. A longer Retry-After replaces it.

        Args:
            failure: Of the last try.
            host: As messages show it.
            contacted: Whether the host has ever responded as CleverTap does.

        Raises:
            CleverTapError: If the request failed for too long, or the host is not CleverTap's.
        """
        self.tries += 1
        self._check_patience(failure, host=host, contacted=contacted)
        seconds = growing_pause(self.tries)
        if failure.after is not None:
            # At least the floor: a Retry-After of 0 must not make a busy loop.
            seconds = min(max(failure.after, min(seconds, LONGEST_FLOOR)), RETRY_PATIENCE)
        if seconds > SILENT_PAUSE or failure.cause is Cause.TIMEOUT:
            logger.warning("%s: %s; trying again in %.0f s", host, failure.reason, seconds)
        return seconds

    def _check_patience(self, failure: TryAgain, *, host: str, contacted: bool) -> None:
        now = self.clock()
        self.failing_since = now if self.failing_since is None else self.failing_since
        if not contacted and self.tries >= FIRST_CONTACT_TRIES:
            message = (
                f"{host}: no CleverTap API answers there ({failure.reason}); "
                "check region and api_url"
            )
            raise CleverTapError(message)
        if now - self.failing_since > RETRY_PATIENCE:
            message = (
                f"{host}: a request kept failing for {RETRY_PATIENCE:.0f} s ({failure.reason}); "
                "run again later to continue from the last closed day"
            )
            raise CleverTapError(message)

    def reset(self) -> None:
        """Forget the failures."""
        self.tries, self.failing_since = 0, None


def growing_pause(tries: int, *, first: float = 0.5) -> float:
    """Return a pause in seconds: doubled with each try, up to a minute, with jitter."""
    full = min(LONGEST_PAUSE, first * 2.0 ** min(tries - 1, 10))
    return full / 2 + float(backoff.full_jitter(full / 2))
