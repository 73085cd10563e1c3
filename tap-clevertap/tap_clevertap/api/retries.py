"""How often and how long a request that fails is sent again."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import backoff

from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_clevertap.api.outcomes import TryAgain

RETRY_PATIENCE = 900.0
"""Seconds that one request may keep failing in passing ways before the run stops."""
FIRST_CONTACT_TRIES = 4
"""Tries before a host that never answered as CleverTap does is given up."""
LONGEST_PAUSE = 60.0
LONGEST_FLOOR = 10.0
"""Of pauses for which CleverTap names a shorter time: a place in flight is free soon."""
SILENT_PAUSE = 10.0
"""Seconds; of a longer one the log says why the run stands still."""

logger = logging.getLogger("tap-clevertap")


@dataclass
class Retries:
    """How long one request has been failing, and how long to wait before the next try."""

    clock: Callable[[], float] = time.monotonic
    tries: int = 0
    failing_since: float | None = None

    def pause(self, failure: TryAgain, *, host: str, contacted: bool) -> float:
        """Return the seconds to wait: grown and jittered, or what CleverTap named if that is more.

        Raises:
            CleverTapError: If the patience is used up, or the host never answered as CleverTap.
        """
        now = self.clock()
        self.failing_since = now if self.failing_since is None else self.failing_since
        self.tries += 1
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
        seconds = growing_pause(self.tries)
        if failure.after is not None:
            # One that is over, or none at all, must not have the request sent on and on.
            seconds = min(max(failure.after, min(seconds, LONGEST_FLOOR)), RETRY_PATIENCE)
        if seconds > SILENT_PAUSE:
            logger.warning("%s: %s; trying again in %.0f s", host, failure.reason, seconds)
        return seconds

    def reset(self) -> None:
        """Forget the failures, after a success."""
        self.tries, self.failing_since = 0, None


def growing_pause(tries: int, *, first: float = 0.5) -> float:
    """Return a jittered pause in seconds, doubled with each try up to a minute."""
    full = min(LONGEST_PAUSE, first * 2.0 ** min(tries - 1, 10))
    return full / 2 + float(backoff.full_jitter(full / 2))
