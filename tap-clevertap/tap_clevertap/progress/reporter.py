"""Report the progress of a run, in a thread of its own: it goes on while the target is slow."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from tap_clevertap.progress.figures import Figures, Rate, progress_line

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("tap-clevertap")

LOG_SECONDS = 30.0
"""Between two lines of the log."""
TERMINAL_SECONDS = 0.5
"""Between two states of the moving line."""
END_SECONDS = 1.0
"""For the thread to end: the terminal may be blocked."""


class ProgressReporter:
    """Shows how far the run is.

    - A stream sets `figures`, a function that returns them; another thread calls it, so it only
      reads what one step changes.
    - The main thread calls `start` while it reads, and `stop` at the end. After a signal another
      thread may call `stop`.
    """

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_started = False
        self._stream = ""
        self._rate = Rate()
        self.figures: Callable[[], Figures] = Figures

    def start(self) -> None:
        """Start the thread, if it was not; without one, nothing is shown."""
        if self._is_started:
            return
        self._is_started = True
        thread = threading.Thread(target=self._work, name="progress", daemon=True)
        with suppress(RuntimeError):  # the system starts no more threads
            thread.start()
            self._thread = thread

    def stop(self) -> None:
        """Leave the last line, and end the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(END_SECONDS)

    def _work(self) -> None:
        if not is_terminal():
            self._show_each(LOG_SECONDS, partial(logger.info, "%s"))
            return
        from tap_clevertap.progress.terminal import moving_line  # noqa: PLC0415 - only then

        with moving_line() as line:
            self._show_each(TERMINAL_SECONDS, line.show)
            self._show(line.show)

    def _show_each(self, seconds: float, show: Callable[[str], None]) -> None:
        while not self._ended.wait(seconds):
            self._show(show)

    def _show(self, show: Callable[[str], None]) -> None:
        figures = self.figures()
        if figures.stream != self._stream:
            self._stream, self._rate = figures.stream, Rate()
        rate = self._rate.per_second(figures.rows, time.monotonic())
        if figures.stream:
            show(progress_line(figures, rate))


def is_terminal() -> bool:
    """Return whether a line can move: on a terminal that goes back in a line, without records."""
    if os.environ.get("TERM") in {None, "", "dumb"}:
        return False
    with suppress(AttributeError, OSError, ValueError):  # closed, or none
        return sys.stderr.isatty() and not sys.stdout.isatty()
    return False
