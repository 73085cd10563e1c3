# Source: tap-clevertap/tap_clevertap/_plugin/signals.py; copies: `make vendor`
"""Signals that ask the process to end.

The first signal is the request. Ctrl-C, `timeout` and systemd signal the whole process group, and
Meltano then sends SIGTERM to its plugins: signals in the next seconds are the same request. A later
signal ends the process at once.
"""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAME_REQUEST_SECONDS = 5.0
"""A person who presses Ctrl-C again after this has waited long enough."""


class EndRequest:
    """The first signal that asked this process to end.

    - The main thread calls `listen`; the handler calls `take`. Any thread may read `number`.
    - `take` does not return for a late signal: it ends the process.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.at = 0.0
        """The time of the signal, on the monotonic clock."""

    @staticmethod
    def listen(handler: Callable[[int, FrameType | None], None]) -> None:
        """Set a handler for SIGINT, SIGTERM and SIGHUP; it must call `take`.

        SIGHUP stays ignored in a process that was started with `nohup`.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for each in SIGNALS:
            if each is signal.SIGHUP and signal.getsignal(each) is signal.SIG_IGN:
                continue
            signal.signal(each, handler)

    def take(self, number: int) -> bool:
        """Note a signal, and return whether it is the first; a late one ends the process."""
        if self.number is None:
            self.number, self.at = number, time.monotonic()
            return True
        if time.monotonic() - self.at > SAME_REQUEST_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        return False

    @staticmethod
    def ignore_more() -> None:
        """Ignore further signals, so that they do not change the exit status of a finished run."""
        if threading.current_thread() is threading.main_thread():
            for each in SIGNALS:
                signal.signal(each, signal.SIG_IGN)
