"""The log on a terminal: one line a message, and no character that controls the terminal."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from typing_extensions import override

from tap_clevertap.shown import visible


class VisibleRecord(logging.LogRecord):
    """A log record whose text holds names from outside, perhaps, and shows all their characters.

    Messages show names by `shown`; this is for a place that forgets to, for the SDK's own
    messages, and for what an exception's text quotes. It holds for all formatters, also for
    those of JSON, as Meltano prints what it reads from them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - of the class
        super().__init__(*arguments, **options)
        if self.exc_info:
            lines = "".join(traceback.format_exception(*self.exc_info)).splitlines()
            self.exc_text = "\n".join(map(visible, lines))

    @override
    def getMessage(self) -> str:
        return visible(super().getMessage())


def show_all_characters() -> None:
    """Have all messages of the process shown so."""
    logging.setLogRecordFactory(VisibleRecord)
