# Source: tap-clevertap/tap_clevertap/_plugin/log_guard.py; copies: `make vendor`
"""The last guard of the terminal: no log line holds a character that controls one.

Names from outside are shown escaped where a message is made; this is for a place that forgot it.
"""

from __future__ import annotations

import logging

from typing_extensions import override

from .shown import visible

KEEPS_LINES = {"keeps_lines": True}
"""The `extra` of a message that has several lines on purpose, such as a rule to paste."""
FORMATTER = logging.Formatter()


class GuardedRecord(logging.LogRecord):
    """A log record whose message, and stack trace, are shown with every character visible."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # as logging calls it
        if self.exc_info and self.exc_info[0]:
            self.exc_text = in_lines(FORMATTER.formatException(self.exc_info))

    @override
    def getMessage(self) -> str:
        # On one line, unless it is to have several.
        message = super().getMessage()
        return in_lines(message) if getattr(self, "keeps_lines", False) else visible(message)


def in_lines(text: str) -> str:
    """Return text with its line ends as they are, and every other character visible."""
    return "\n".join(map(visible, text.split("\n")))


def guard_logs() -> None:
    """Have all log records of this process guarded, whatever formats and writes them."""
    logging.setLogRecordFactory(GuardedRecord)
