# Source: tap-clevertap/tap_clevertap/_plugin/signals.py; copies: `make vendor`
"""Signals that ask the process to end.

The first one asks. A terminal's Ctrl-C, `timeout` and systemd signal the whole process group, and
Meltano then sends SIGTERM to its plugins: what follows within some seconds is the same wish. A
later signal ends the process at once.
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
SAME_WISH_SECONDS = 5.0
"""A person who presses Ctrl-C again after this has waited long enough."""


class EndRequest:
    """The first signal that asked this process to end, if one did."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.at = 0.0
        """When it came, on the monotonic clock."""

    @staticmethod
    def listen(handler: Callable[[int, FrameType | None], None]) -> None:
        """Have a handler called for SIGINT, SIGTERM and SIGHUP, which then calls `take`.

        SIGHUP stays ignored in a process that was started so, as `nohup` does.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for each in SIGNALS:
            if each is signal.SIGHUP and signal.getsignal(each) is signal.SIG_IGN:
                continue
            signal.signal(each, handler)

    def take(self, number: int) -> bool:
        """Note a signal, and return whether it is the first; a late one does not return."""
        if self.number is None:
            self.number, self.at = number, time.monotonic()
            return True
        if time.monotonic() - self.at > SAME_WISH_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        return False

    @staticmethod
    def ignore_more() -> None:
        """Let no signal change the exit status of a process that has done all its work."""
        if threading.current_thread() is threading.main_thread():
            for each in SIGNALS:
                signal.signal(each, signal.SIG_IGN)
