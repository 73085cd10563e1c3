"""What the first lines of a JSON file are: an event's name, a row of events or one of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.files.columns import EVENT_NAME, TIME
from tap_clevertap.files.formats.json_rows import read_object
from tap_clevertap.files.profile_records import IDENTIFIERS, is_profile_name
from tap_clevertap.records.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

OF_EVENTS = frozenset((TIME, EVENT_NAME, "profile", "deviceInfo", "eventProps", "event_props"))
OF_PROFILES = frozenset(
    ("identity", "all_identities", "clevertapId", "clevertapIds", "subscriptionGroups", "MSG-push")
)
TEXT_OF_EVENTS = tuple(f'"{name}"'.encode() for name in (TIME, EVENT_NAME))
TEXT_OF_PROFILES = tuple(f'"{name}"'.encode() for name in sorted(IDENTIFIERS))


def is_name(lines: Iterable[bytes], columns: Mapping[str, str]) -> bool:
    """Return whether the first line is the name of an event, and no row.

    A name is text, which may be JSON. Even an object is one if it has nothing of an event, and the
    second line is an event. A line with a row in it is none, such as a list of rows.

    Args:
        lines: The first two that are not blank, or fewer.
        columns: As in `ReadOptions`.
    """
    first, second = [*lines, b"", b""][:2]
    if not first.startswith(b"{"):
        return bool(first) and not _holds_row(first)
    return not _is_event(first, columns) and _is_event(second, columns)


def is_of_events(lines: Iterable[bytes], columns: Mapping[str, str]) -> bool:
    """Return whether the first lines are those of a file of events."""
    some = [*lines]
    return is_name(some, columns) or any(_is_event(line, columns) for line in some[:1])


def is_of_profiles(lines: Iterable[bytes], columns: Mapping[str, str]) -> bool:
    """Return whether one of the first lines of a file that is not of events is a profile."""
    return any(_is_profile(line, columns) for line in lines)


def _is_event(line: bytes, columns: Mapping[str, str]) -> bool:
    try:
        row = read_object(line)
    except BadRowError:  # a broken row, or the head of a long one
        return _holds_row(line)
    names = {columns.get(name, name).partition(".")[0] for name in row}
    return _has_event(names)


def _holds_row(line: bytes) -> bool:
    return b"{" in line and any(text in line for text in TEXT_OF_EVENTS)


def _is_profile(line: bytes, columns: Mapping[str, str]) -> bool:
    try:
        row = read_object(line)
    except BadRowError:
        return line.startswith(b"{") and any(text in line for text in TEXT_OF_PROFILES)
    return any(is_profile_name(columns.get(name, name)) for name in row)


def _has_event(names: AbstractSet[str]) -> bool:
    """Tell an event from a profile, which may have a property of any name."""
    of_events = names & OF_EVENTS
    if names & OF_PROFILES:
        return TIME in names and len(of_events) > 1
    return bool(of_events)
