"""Ports for servers that are told one, and may listen much later."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

PORTS = range(20_000, 30_000)
"""Systems give none of these to whoever asks for any port, as all other servers of the tests do."""
TRIES = 100


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    for port in random.SystemRandom().sample(PORTS, TRIES):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    message = f"{TRIES} ports from {PORTS[0]} to {PORTS[-1]} are all taken"
    raise AssertionError(message)
