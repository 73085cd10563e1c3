"""Faults of a rule, and the one line that lists all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_clevertap._plugin.shown import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_LISTED = 12
"""Faults that one message lists; the others are counted."""

LONGEST_PATH = 120
"""Characters of a name within the path of a setting."""


class Fault(NamedTuple):
    """One thing that is wrong with a rule."""

    text: str
    """What is wrong, and what to do."""

    key: str = ""
    """The key of the rule that is wrong; empty where the fault is in the whole rule."""


def all_in_one_line(where: str, faults: Sequence[Fault]) -> str:
    """Return one line with all faults.

    Args:
        where: The setting that the faults are in, or the stream.
        faults: At least one.
    """
    if len(faults) == 1:
        ((text, key),) = faults
        return f"{where}.{key}: {text}" if key else f"{where}: {text}"
    listed = "; ".join(
        f"({number}) {key}: {text}" if key else f"({number}) {text}"
        for number, (text, key) in enumerate(faults[:MOST_LISTED], 1)
    )
    more = len(faults) - MOST_LISTED
    return f"{where}: {len(faults)} faults: {listed}{f'; and {more} more' if more > 0 else ''}"


def rule_path(stream: str) -> str:
    """Return the path of a stream's rule in the settings, for messages."""
    return f"streams.{visible(stream[:LONGEST_PATH])}"
