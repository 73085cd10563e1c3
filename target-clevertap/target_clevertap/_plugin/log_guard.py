# Source: tap-clevertap/tap_clevertap/_plugin/log_guard.py; copies: `make vendor`
"""The last guard of the terminal: no log line has a character that controls it.

Messages escape names from outside with `shown`; this catches a message that forgot to.
"""

from __future__ import annotations

import logging

from typing_extensions import override

from .shown import visible

KEEPS_LINES = {"keeps_lines": True}
"""The `extra` of a message with several lines, such as a rule to paste."""
FORMATTER = logging.Formatter()


class GuardedRecord(logging.LogRecord):
    """A log record with every character of message and stack trace visible."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # as logging calls it
        if self.exc_info and self.exc_info[0]:
            self.exc_text = in_lines(FORMATTER.formatException(self.exc_info))

    @override
    def getMessage(self) -> str:
        # On one line, unless the message keeps its lines.
        message = super().getMessage()
        return in_lines(message) if getattr(self, "keeps_lines", False) else visible(message)


def in_lines(text: str) -> str:
    """Return text with unchanged line ends, and every other character visible."""
    return "\n".join(map(visible, text.split("\n")))


def guard_logs() -> None:
    """Guard all log records of this process, with any formatter and handler."""
    logging.setLogRecordFactory(GuardedRecord)
