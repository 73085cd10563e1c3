"""The limits of the receiver, and the bytes that it may hold in memory."""

from __future__ import annotations

import resource

MOST_BODY_BYTES = 10 << 20
MOST_HEAD_BYTES = 64 << 10
"""Of a request's first line and headers."""
MOST_HELD_BYTES = 256 << 20
"""Of all requests that arrive or wait; each message is at most 10 MB of them."""
MOST_CONNECTIONS = 2_000
MOST_PIPELINED = 1_000
"""Requests that one connection sends without waiting for answers."""
OTHER_FILES = 64
"""Files of the process that are no connections."""
REQUEST_SECONDS = 10.0
"""For a request to arrive."""
ANSWER_SECONDS = 4.5
"""For a message to be stored: CleverTap waits 5 seconds. [U:webhooks-overview]"""
IDLE_SECONDS = 75
"""For the next request of a connection."""
LINGER_SECONDS = 1.0
"""In which a refused client may read why, while the rest of its request is thrown away."""
DRAIN_SECONDS = 15
"""For requests in flight after SIGTERM; none may take longer to arrive and to be answered."""


class Budget:
    """Bytes that the receiver holds in memory; only its main thread uses it.

    Args:
        most: More are refused.
    """

    def __init__(self, most: int = MOST_HELD_BYTES) -> None:
        self._most = most
        self.held = 0

    @property
    def is_exceeded(self) -> bool:
        """Whether no more may be taken."""
        return self.held > self._most

    def take(self, size: int) -> None:
        """Count bytes that are held from now on."""
        self.held += size

    def give(self, size: int) -> None:
        """Count bytes that are not held any more."""
        self.held -= size


def most_connections() -> int:
    """Return how many connections the system lets this process have."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(MOST_CONNECTIONS, files - OTHER_FILES))
