"""Closing what a run has open: every part is closed, also where another one cannot be."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Protocol


class Closable(Protocol):
    """What has to be closed."""

    def close(self) -> None:
        """Close it."""


def close_all(*parts: Closable | None) -> None:
    """Close parts in their order, and raise an error only after the last.

    Args:
        parts: None for one that a run does not have.
    """
    with ExitStack() as closing:
        for part in reversed(parts):
            if part is not None:
                closing.callback(part.close)
