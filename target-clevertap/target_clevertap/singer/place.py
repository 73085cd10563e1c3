"""Where a message or a row came from, for messages about it."""

from __future__ import annotations

from typing import NamedTuple

from typing_extensions import override


class InputPlace(NamedTuple):
    """A line of the input, or of a file that the input names."""

    line: int
    """From 1."""

    source: str = "the input"

    @override
    def __str__(self) -> str:
        return f"line {self.line} of {self.source}"
