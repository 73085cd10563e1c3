"""Which segments of a ledger are merged next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.ledger.pending import MOST_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FAN_IN = 16
"""Segments of a level that are merged into one of the next. A name is written once for each level.
All segments of all levels are searched for a name that looks known."""
LEVELS = 5
"""With a hundred thousand names in the lowest segments, the highest ones have six billion."""
FILTERED_FROM = 1
"""Names of merged segments count as new to the saved filter, unless it holds all of them. From this
level on there are too many to be read when a run starts."""
DAYS_OF_SPAN = 8
"""The part of `ledger_days` that one segment may span: a segment is forgotten as a whole."""


class Segment(NamedTuple):
    """Sorted names in the file."""

    id: int
    level: int
    names: int
    """How many; of one that is being merged into others, how many it had."""

    first_day: int
    last_day: int
    """When its first and its last name were delivered, in days since 1970."""

    is_filtered: bool
    """Whether the filter in the file holds its names."""

    into: int | None = None
    """The segment that it is being merged into."""

    done: int | None = None
    """Of one that others are being merged into: the prefix of names that are all in it by now."""

    is_forgotten: bool = False
    """Whether it is older than `ledger_days`, and its blocks are being deleted."""


def next_merge(segments: Iterable[Segment], ledger_days: int) -> list[Segment]:
    """Return the segments to merge next, oldest first; none where none is due.

    Args:
        segments: All of them.
        ledger_days: After which names are forgotten; 0 is never.
    """
    known = list(segments)
    busy = {each.level for each in known if each.done is not None}
    for level in range(LEVELS - 1):
        if level + 1 in busy:
            continue
        idle = [each for each in known if each.level == level and _is_idle(each)]
        if len(idle) >= FAN_IN and (group := _group(sorted(idle), ledger_days)):
            return group
    return []


def needs_saved_filter(group: Sequence[Segment]) -> bool:
    """Tell whether the filter has to be saved before segments are merged."""
    return any(each.level >= FILTERED_FROM and not each.is_filtered for each in group)


def is_filtered(segment: Segment, segments: Iterable[Segment]) -> bool:
    """Tell whether the saved filter holds a segment's names: also where it is being made."""
    if segment.done is None:
        return segment.is_filtered
    return all(each.is_filtered for each in segments if each.into == segment.id)


def level_for(names: int) -> int:
    """Return the level of a segment of so many names."""
    level = 0
    while MOST_NAMES * FAN_IN**level < names and level < LEVELS - 1:
        level += 1
    return level


def _is_idle(segment: Segment) -> bool:
    return segment.into is None and segment.done is None and not segment.is_forgotten


def _group(idle: Sequence[Segment], ledger_days: int) -> list[Segment]:
    """Return the oldest neighbors that may be merged: up to as many as one merge takes."""
    longest = max(1, ledger_days // DAYS_OF_SPAN) if ledger_days else None
    for first in range(len(idle) - 1):
        group = list(idle[first : first + FAN_IN])
        while longest is not None and len(group) > 1 and _span(group) > longest:
            group.pop()
        if len(group) > 1:
            return group
    return []


def _span(group: Sequence[Segment]) -> int:
    return max(each.last_day for each in group) - min(each.first_day for each in group) + 1
