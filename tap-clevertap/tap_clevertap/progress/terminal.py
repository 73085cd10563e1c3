"""The moving line on a terminal, which log lines do not cut."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm
from tqdm.utils import disp_trim

if TYPE_CHECKING:
    from collections.abc import Iterator

GONE = (OSError, ValueError)
"""Raised when the terminal is gone, or standard error is closed."""
COLUMNS = 80
"""Of a terminal that does not report them."""


class MovingLine:
    """One line on standard error, written again and again, and as wide as the terminal at most.

    tqdm clears it before a log line, and measures wide characters. It sends no escape code.
    """

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None

    def show(self, text: str) -> None:
        """Show a text instead of the one before."""
        with suppress(*GONE):
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or COLUMNS
            if self._bar is None:
                self._bar = tqdm(bar_format="{desc}", file=sys.stderr, leave=True)
            self._bar.set_description_str(disp_trim(text, columns - 1))

    def close(self) -> None:
        """Leave the last text, and begin a new line."""
        with suppress(*GONE):
            if self._bar is not None:
                self._bar.close()


@contextmanager
def moving_line() -> Iterator[MovingLine]:
    """Show a line while log lines are written above it."""
    tqdm.monitor_interval = 0  # without a thread of its own
    tqdm.set_lock(threading.RLock())  # by default also one between processes
    line = MovingLine()
    with logging_redirect_tqdm():
        try:
            yield line
        finally:
            line.close()
